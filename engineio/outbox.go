package engineio

import (
	"encoding/base64"
	"encoding/binary"
	"slices"

	"socketio/eio4"
	"socketio/internal/ws"
)

const (
	// packetCost is what a packet counts in a queue besides its bytes.
	packetCost = 64

	// pollPackets is how many packets one poll may carry: a widespread client
	// refuses more.
	pollPackets = 16
)

// An outbox keeps the packets that wait for a GET, one behind the other: a byte
// that is the type, or 0 for binary data; the data's length; the data.
type outbox struct {
	records []byte
	packets int
}

const binaryRecord = 0

// admits says whether so much more fits within limit. An empty outbox takes
// anything.
func (o *outbox) admits(size, packets, limit int) bool {
	return o.packets == 0 || len(o.records)+size+packetCost*(o.packets+packets) <= limit
}

func (o *outbox) add(kind byte, data []byte) {
	o.records = append(o.records, kind)
	o.records = binary.AppendUvarint(o.records, uint64(len(data)))
	o.records = append(o.records, data...)
	o.packets++
}

func (o *outbox) addMessages(ms []Message) {
	for i := range ms {
		if ms[i].Binary {
			o.add(binaryRecord, ms[i].Data)
		} else {
			o.add(byte(eio4.Message), ms[i].Data)
		}
	}
}

// take removes the first record.
func (o *outbox) take(from []byte) (kind byte, data, rest []byte) {
	size, n := binary.Uvarint(from[1:])
	end := 1 + n + int(size)
	return from[0], from[1+n : end], from[end:]
}

// appendPayload removes as many packets as one poll may carry, and appends them,
// encoded for it, to body.
func (o *outbox) appendPayload(body []byte) []byte {
	packets := min(o.packets, pollPackets)
	body = slices.Grow(body, o.estimate(packets))
	from := o.records
	for i := range packets {
		var kind byte
		var data []byte
		kind, data, from = o.take(from)
		if i > 0 {
			body = append(body, eio4.Separator)
		}
		body = eio4.AppendText(body, eio4.Packet{Type: eio4.Type(kind), Binary: kind == binaryRecord, Data: data})
	}
	o.keep(from, packets)
	return body
}

// estimate is an upper bound for the size of a payload of the first packets.
func (o *outbox) estimate(packets int) int {
	size, from := 0, o.records
	for range packets {
		var data []byte
		_, data, from = o.take(from)
		size += 2 + base64.StdEncoding.EncodedLen(len(data))
	}
	return size
}

// keep makes rest what waits, after so many packets have left.
func (o *outbox) keep(rest []byte, left int) {
	o.packets -= left
	if o.packets == 0 {
		o.records = o.records[:0]
		if cap(o.records) > keepRecords {
			o.records = nil
		}
		return
	}
	o.records = append(o.records[:0], rest...)
}

// keepRecords is how large a buffer an empty outbox may hold on to.
const keepRecords = 512

// frameHeader is the size of an ordinary frame's header, with the packet's type.
const frameHeader = 5

// moveTo sends all that waits over a WebSocket: at once, since an empty queue takes
// any amount, and what has waited here may fill that queue to the brim.
func (o *outbox) moveTo(s *ws.Conn) error {
	if o.packets == 0 {
		return nil
	}
	frames := make([]byte, 0, len(o.records)+o.packets*frameHeader)
	from := o.records
	for range o.packets {
		var kind byte
		var data []byte
		kind, data, from = o.take(from)
		if kind == binaryRecord {
			frames = ws.AppendFrame(frames, ws.OpBinary, data)
			continue
		}
		frames = ws.AppendHeader(frames, ws.OpText, 1+len(data))
		frames = append(append(frames, kind), data...)
	}
	packets := o.packets
	*o = outbox{}
	return s.WriteEncoded(frames, packets)
}
