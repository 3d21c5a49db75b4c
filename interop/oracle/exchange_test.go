package oracle

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// outcome is what a server has sent back.
type outcome struct {
	frames []frame // data frames and pongs
	code   int     // of the close frame: 0 if there was none, 1005 if it had no code
	reason string
}

type frame struct {
	first   byte
	payload string
}

func (o outcome) String() string {
	text := "["
	for _, f := range o.frames {
		text += fmt.Sprintf(" %#x:%d:%.30q", f.first, len(f.payload), f.payload)
	}
	return fmt.Sprintf("%s ] then code %d %q", text, o.code, o.reason)
}

// same says whether two servers have answered the same, but for the reasons
// their close frames give.
func (o outcome) same(other outcome) bool {
	return o.code == other.code && len(o.frames) == len(other.frames) && o.isBeginning(other)
}

// isBeginning says whether the other has answered at least the frames of o.
func (o outcome) isBeginning(other outcome) bool {
	if len(o.frames) > len(other.frames) {
		return false
	}
	for i, f := range o.frames {
		if f != other.frames[i] {
			return false
		}
	}
	return true
}

// exchange sends a server the bytes and then the end of the stream, and returns
// what it answers up to its own end, or its close frame.
func exchange(address string, input []byte, limit int) (outcome, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return outcome{}, err
	}
	defer conn.Close()
	// A server that does neither answer nor close is an error, not a long wait.
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return outcome{}, err
	}
	reader := bufio.NewReader(conn)
	if err := handshake(conn, reader, limit); err != nil {
		return outcome{}, err
	}
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		// A server may close before it has read everything.
		if _, err := conn.Write(input); err == nil {
			conn.(*net.TCPConn).CloseWrite()
		}
	}()
	got, err := readOutcome(reader)
	conn.Close()
	<-sent
	return got, err
}

func handshake(conn net.Conn, reader *bufio.Reader, limit int) error {
	_, err := fmt.Fprintf(conn, "GET /?limit=%d HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", limit)
	if err != nil {
		return err
	}
	resp, err := http.ReadResponse(reader, nil)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		return fmt.Errorf("handshake answered with %s", resp.Status)
	}
	return nil
}

func readOutcome(reader *bufio.Reader) (outcome, error) {
	var got outcome
	for {
		first, payload, err := readFrame(reader)
		if err != nil {
			if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
				return got, err
			}
			// The connection may also be reset, as there may be input left unread.
			return got, nil
		}
		if first != 0x88 {
			got.frames = append(got.frames, frame{first, string(payload)})
			continue
		}
		got.code = 1005
		if len(payload) >= 2 {
			got.code, got.reason = int(binary.BigEndian.Uint16(payload)), string(payload[2:])
		}
		return got, nil
	}
}

// readFrame is a parser of its own, which trusts the server.
func readFrame(reader io.Reader) (first byte, payload []byte, err error) {
	var head [8]byte
	if _, err := io.ReadFull(reader, head[:2]); err != nil {
		return 0, nil, err
	}
	first = head[0]
	size := uint64(head[1] & 0x7F)
	switch size {
	case 126:
		_, err = io.ReadFull(reader, head[:2])
		size = uint64(binary.BigEndian.Uint16(head[:]))
	case 127:
		_, err = io.ReadFull(reader, head[:])
		size = binary.BigEndian.Uint64(head[:])
	}
	if err != nil {
		return 0, nil, err
	}
	payload = make([]byte, size)
	_, err = io.ReadFull(reader, payload)
	return first, payload, err
}

// input builds what a client sends.
type input struct{ bytes.Buffer }

// frame adds a masked frame; first holds FIN, the RSV bits and the opcode.
func (in *input) frame(first byte, payload string) *input {
	switch n := len(payload); {
	case n < 126:
		return in.raw(first, 0x80|byte(n), nil, payload)
	case n < 1<<16:
		return in.raw(first, 0x80|126, binary.BigEndian.AppendUint16(nil, uint16(n)), payload)
	default:
		return in.raw(first, 0x80|127, binary.BigEndian.AppendUint64(nil, uint64(n)), payload)
	}
}

// raw adds a frame whose length is written as told.
func (in *input) raw(first, second byte, length []byte, payload string) *input {
	in.Write([]byte{first, second})
	in.Write(length)
	if second&0x80 == 0 {
		in.WriteString(payload)
		return in
	}
	key := []byte{0x5A, 0x00, 0xC3, 0xFF}
	in.Write(key)
	for i := range len(payload) {
		in.WriteByte(payload[i] ^ key[i%4])
	}
	return in
}
