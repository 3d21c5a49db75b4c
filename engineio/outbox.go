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
// that is the type, or 0 for binary data, with flags added; the data's length; the data.
type outbox struct {
	records []byte
	packets int
}

const (
	binaryRecord = 0

	// Flags, which no type has.
	plainRecord  = 0x80 // it is not to be compressed
	keepRecord   = 0x40 // it is not to be dropped, nor are those joined to it
	joinedRecord = 0x08 // it goes together with the one before it
	recordFlags  = plainRecord | keepRecord | joinedRecord
)

// admits says whether so much more fits within limit. An empty outbox takes
// anything.
func (o *outbox) admits(size, packets, limit int) bool {
	return o.packets == 0 || o.cost()+size+packetCost*packets <= limit
}

// cost is how much the outbox counts against its limit.
func (o *outbox) cost() int { return len(o.records) + packetCost*o.packets }

func (o *outbox) add(kind byte, data []byte) {
	o.records = append(o.records, kind)
	o.records = binary.AppendUvarint(o.records, uint64(len(data)))
	o.records = append(o.records, data...)
	o.packets++
}

func (o *outbox) addMessages(ms []Message) {
	for i := range ms {
		kind := byte(eio4.Message)
		if ms[i].Binary {
			kind = binaryRecord
		}
		if ms[i].Uncompressed {
			kind |= plainRecord
		}
		if ms[i].Keep {
			kind |= keepRecord
		}
		if i > 0 {
			kind |= joinedRecord
		}
		o.add(kind, ms[i].Data)
	}
}

// take removes the first record.
func (o *outbox) take(from []byte) (kind byte, plain bool, data, rest []byte) {
	size, n := binary.Uvarint(from[1:])
	end := 1 + n + int(size)
	return from[0] &^ recordFlags, from[0]&plainRecord != 0, from[1+n : end], from[end:]
}

// dropOldest drops messages, the oldest first and those that were sent together together,
// until so many bytes have made room or none is left that may be dropped. It returns
// how many they were.
func (o *outbox) dropOldest(bytes int) (dropped int) {
	var kept []byte
	rest := o.records
	for bytes > 0 && len(rest) > 0 {
		size, packets := o.group(rest)
		if rest[0]&(keepRecord|joinedRecord) != 0 { // of one that is joined the beginning has left
			kept = append(kept, rest[:size]...)
		} else {
			bytes -= size + packetCost*packets
			dropped += packets
		}
		rest = rest[size:]
	}
	o.packets -= dropped
	// What is kept moves up to the rest, which may be much longer.
	o.records = o.records[len(o.records)-len(rest)-len(kept):]
	copy(o.records, kept)
	return dropped
}

// group returns the size of the first record and those joined to it, and how many they are.
func (o *outbox) group(from []byte) (size, packets int) {
	rest := from
	for len(rest) > 0 && (packets == 0 || rest[0]&joinedRecord != 0) {
		_, _, _, rest = o.take(rest)
		packets++
	}
	return len(from) - len(rest), packets
}

// appendPayload removes as many packets as one poll may carry, and appends them,
// encoded for it, to body. The payload is plain if none of them may be compressed.
func (o *outbox) appendPayload(body []byte, form payloadForm) (payload []byte, plain bool) {
	packets := min(o.packets, pollPackets)
	body = slices.Grow(body, o.estimate(packets, form))
	from := o.records
	plain = true
	for i := range packets {
		kind, alsoPlain, data, rest := o.take(from)
		plain, from = plain && alsoPlain, rest
		if i > 0 && form == separated {
			body = append(body, eio4.Separator)
		}
		body = form.append(body, kind, data)
	}
	o.keep(from, packets)
	return body, plain
}

// holdsBinary says whether the next payload has binary data in it.
func (o *outbox) holdsBinary() bool {
	from := o.records
	for range min(o.packets, pollPackets) {
		kind, _, _, rest := o.take(from)
		if kind == binaryRecord {
			return true
		}
		from = rest
	}
	return false
}

// estimate is an upper bound for the size of a payload of the first packets.
func (o *outbox) estimate(packets int, form payloadForm) int {
	size, from := 0, o.records
	for range packets {
		_, _, data, rest := o.take(from)
		from = rest
		size += form.overhead() + base64.StdEncoding.EncodedLen(len(data))
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

// moveTo sends all that waits over a WebSocket: at once, since an empty queue takes
// any amount, and what has waited here may fill that queue to the brim.
func (o *outbox) moveTo(s *socket) error {
	if o.packets == 0 {
		return nil
	}
	frames := o.appendFrames(make([]ws.Frame, 0, o.packets), s)
	*o = outbox{}
	return s.Write(frames...)
}

// appendFrames appends all that waits as the WebSocket carries it.
func (o *outbox) appendFrames(frames []ws.Frame, s *socket) []ws.Frame {
	from := o.records
	for range o.packets {
		kind, plain, data, rest := o.take(from)
		f := ws.Frame{Op: ws.OpText, Prefix: kind, Data: data}
		if kind == binaryRecord {
			f = s.form.frame(data)
		}
		f.Plain, f.Keep = plain, true
		frames, from = append(frames, f), rest
	}
	return frames
}
