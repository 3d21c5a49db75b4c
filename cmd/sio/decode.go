package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json/jsontext"
	"errors"
	"flag"
	"fmt"
	"io"
	"regexp"
	"strings"

	"socketio/eio3"
	"socketio/eio4"
	"socketio/msgpack"
	"socketio/sio5"
)

func decodeCommand() command {
	return command{
		name: "decode", least: 0, most: 0,
		brief: "explain frames and polling payloads from standard input",
		about: `Each line is what one WebSocket frame carries, or one answer to a poll, as the developer
tools of browsers show them; of a payload the separator may be written \x1e. A line hex:TEXT
is a binary frame. Payloads of Engine.IO 3 are known by the length in front.

The exit code is 1 if something is invalid; it is told what and where.

  echo '42["chat","hello"]' | sio decode
  pbpaste | sio decode --json | jq .event`,
		bind: func(flags *flag.FlagSet) action {
			var d decoding
			flags.IntVar(&d.revision, "eio", 4, "frames are those of Engine.IO `REVISION`, 4 or 3")
			d.format.bind(flags)
			flags.BoolVar(&d.msgpack, "msgpack", false, "messages are those of socket.io-msgpack-parser")
			return d.run
		},
	}
}

// A decoding goes through lines and keeps what a packet's attachments belong to.
type decoding struct {
	revision int
	format   format
	msgpack  bool

	out     *output
	sockets sio5.Decoder
	due     int // attachments that belong to the last packet
	lines   int // read so far
	packets int
	invalid int
}

// A packetLine is what is written of one packet.
type packetLine struct {
	Packet      string         `json:"packet"`          // the type of Engine.IO
	Socket      string         `json:"socket,omitzero"` // the type of Socket.IO
	Namespace   string         `json:"namespace,omitzero"`
	ID          *uint64        `json:"id,omitzero"`
	Event       string         `json:"event,omitzero"`
	Data        jsontext.Value `json:"data,omitzero"`
	Attachments int            `json:"attachments,omitzero"` // that follow
	Bytes       []byte         `json:"attachment,omitzero"`
	Means       string         `json:"means,omitzero"`
	Line        int            `json:"line,omitzero"` // of an error
	Error       string         `json:"error,omitzero"`
}

func (d *decoding) run(_ context.Context, p *program, _ []string) error {
	if d.revision != 3 && d.revision != 4 {
		return usage("--eio %d: there are 3 and 4", d.revision)
	}
	d.out = p.output(d.format)
	lines := bufio.NewReader(p.stdin)
	for {
		line, err := lines.ReadString('\n')
		d.lines++
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			d.line(line)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	if d.sockets.Pending() {
		d.wrong(fmt.Errorf("%s missing at the end", count(d.due, "attachment")))
	}
	switch {
	case d.packets == 0:
		return errors.New("there was nothing to decode on standard input")
	case d.invalid > 0:
		return fmt.Errorf("%d of %s invalid", d.invalid, count(d.packets, "packet"))
	}
	return nil
}

// payload3 begins a payload of Engine.IO 3: the length of a packet, and its type.
var payload3 = regexp.MustCompile(`^\d+:[0-6b]`)

// line decodes one line.
func (d *decoding) line(line string) {
	if text, ok := strings.CutPrefix(line, "hex:"); ok {
		data, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
		if err != nil {
			d.packets++
			d.wrong(err)
			return
		}
		d.frame(data, true)
		return
	}
	if payload3.MatchString(line) {
		d.payload3(eio3.Payload(line))
		return
	}
	if d.revision == 3 {
		d.frame([]byte(line), false)
		return
	}
	d.payload4(eio4.Payload(strings.ReplaceAll(line, `\x1e`, string(rune(eio4.Separator)))))
}

// payload4 decodes a payload of Engine.IO 4, of which a frame is the shortest.
func (d *decoding) payload4(rest eio4.Payload) {
	for rest != nil {
		var p eio4.Packet
		var err error
		p, rest, err = rest.Next()
		d.packet(p, err)
	}
}

func (d *decoding) payload3(rest eio3.Payload) {
	for len(rest) > 0 {
		var p eio3.Packet
		var err error
		p, rest, err = rest.Next()
		d.packet(eio4.Packet{Type: eio4.Type(p.Type), Binary: p.Binary, Data: p.Data}, err)
	}
}

// frame decodes what one WebSocket frame carries.
func (d *decoding) frame(data []byte, binary bool) {
	if d.revision == 4 {
		p, err := eio4.Decode(data, binary)
		d.packet(p, err)
		return
	}
	p, err := eio3.Decode(data, binary)
	d.packet(eio4.Packet{Type: eio4.Type(p.Type), Binary: p.Binary, Data: p.Data}, err)
}

// wrong writes what is invalid.
func (d *decoding) wrong(err error) {
	d.invalid++
	d.out.put(packetLine{Packet: "invalid", Line: d.lines, Error: err.Error()}, fmt.Sprintf("invalid, in line %d: %v", d.lines, err))
}

// packet explains one packet of Engine.IO, and what is in it.
func (d *decoding) packet(p eio4.Packet, err error) {
	d.packets++
	if err != nil {
		d.wrong(err)
		return
	}
	line := packetLine{Packet: engineTypes[p.Type], Means: meaning(p)}
	if p.Type == eio4.Message {
		line, err = d.message(p)
	} else if p.Type == eio4.Open {
		line.Data = jsontext.Value(p.Data)
		line.Means, err = openMeaning(p.Data)
	}
	if err != nil {
		d.wrong(err)
		return
	}
	text := line.Packet + ": " + line.Means
	if line.Socket != "" {
		text = line.Socket + " " + line.Means
	}
	d.out.put(line, text)
}

var engineTypes = map[eio4.Type]string{
	eio4.Open: "open", eio4.Close: "close", eio4.Ping: "ping", eio4.Pong: "pong",
	eio4.Message: "message", eio4.Upgrade: "upgrade", eio4.Noop: "noop",
}

// meaning says what a packet is for that carries no message.
func meaning(p eio4.Packet) string {
	probe := string(p.Data) == "probe"
	switch p.Type {
	case eio4.Close:
		return "the session ends"
	case eio4.Ping:
		if probe {
			return "the client tries whether the new transport carries packets"
		}
		return "the heartbeat: is the other end still there?"
	case eio4.Pong:
		if probe {
			return "the new transport carries packets"
		}
		return "the answer to the heartbeat"
	case eio4.Upgrade:
		return "the client goes over to this transport for good"
	case eio4.Noop:
		return "nothing; it ends a poll that waits"
	default:
		return ""
	}
}

// openMeaning explains the handshake.
func openMeaning(data []byte) (string, error) {
	h, err := eio4.DecodeHandshake(data)
	if err != nil {
		return "", err
	}
	text := fmt.Sprintf("session %s, a ping every %v, to be answered within %v", h.SID, h.PingInterval, h.PingTimeout)
	if len(h.Upgrades) > 0 {
		text += ", can go over to " + strings.Join(h.Upgrades, ", ")
	}
	if h.MaxPayload > 0 {
		text += fmt.Sprintf(", takes messages of up to %d bytes", h.MaxPayload)
	}
	return text, nil
}

// message explains a packet of Socket.IO, or an attachment of one.
func (d *decoding) message(p eio4.Packet) (packetLine, error) {
	if d.msgpack {
		packet, _, err := msgpack.Codec{}.Decode(nil, p.Data)
		if err == nil {
			err = packet.Check()
		}
		return explain(packet), err
	}
	if !p.Binary {
		packet, _, err := d.sockets.Text(p.Data)
		d.due = packet.AttachmentCount
		return explain(packet), err
	}
	packet, complete, err := d.sockets.Binary(p.Data, false)
	if err != nil {
		return packetLine{}, err
	}
	d.due--
	line := packetLine{Packet: "message", Bytes: p.Data, Means: fmt.Sprintf("an attachment, %s; %d more to come", describeBytes(p.Data), d.due)}
	if complete {
		line.Means = fmt.Sprintf("an attachment, %s, which completes %s", describeBytes(p.Data), name(packet))
	}
	return line, nil
}

var socketTypes = map[sio5.Type]string{
	sio5.Connect: "CONNECT", sio5.Disconnect: "DISCONNECT", sio5.Event: "EVENT", sio5.Ack: "ACK",
	sio5.ConnectError: "CONNECT_ERROR", sio5.BinaryEvent: "BINARY_EVENT", sio5.BinaryAck: "BINARY_ACK",
}

// name is how a packet is called where another one refers to it.
func name(p sio5.Packet) string {
	if len(p.Event) > 0 {
		return fmt.Sprintf("%s %q", socketTypes[p.Type], p.Event)
	}
	return fmt.Sprintf("%s %d", socketTypes[p.Type], p.ID)
}

// explain puts a packet of Socket.IO in words.
func explain(p sio5.Packet) packetLine {
	line := packetLine{
		Packet: "message", Socket: socketTypes[p.Type], Namespace: p.Namespace, Event: string(p.Event),
		Data: jsontext.Value(p.Data), Attachments: p.AttachmentCount,
	}
	if p.HasID {
		line.ID = &p.ID
	}
	var words []string
	switch p.Type {
	case sio5.Connect:
		words = []string{connectMeaning(p.Data)}
	case sio5.Disconnect:
		words = []string{"leaves the namespace, or is sent out of it"}
	case sio5.ConnectError:
		words = []string{"the server refuses: " + string(p.Data)}
	case sio5.Ack, sio5.BinaryAck:
		words = append([]string{fmt.Sprintf("answers %d", p.ID)}, argumentsMeaning(p.Args)...)
	case sio5.Event, sio5.BinaryEvent:
		words = append([]string{fmt.Sprintf("%q", p.Event)}, argumentsMeaning(p.Args)...)
		if p.HasID {
			words = append(words, fmt.Sprintf("to be answered as %d", p.ID))
		}
	}
	if p.AttachmentCount > len(p.Attachments) {
		words = append(words, count(p.AttachmentCount, "attachment")+" to follow")
	}
	line.Means = "in " + p.Namespace + ": " + strings.Join(words, ", ")
	return line
}

func argumentsMeaning(args sio5.Args) []string {
	if args.Len() == 0 {
		return []string{"without arguments"}
	}
	return []string{"with " + string(args)}
}

// connectMeaning tells the two ends apart, which send the same type.
func connectMeaning(data []byte) string {
	switch {
	case len(data) == 0:
		return "the client wants to join"
	case strings.Contains(string(data), `"sid"`):
		return "the server lets the client in: " + string(data)
	default:
		return "the client wants to join, with auth " + string(data)
	}
}
