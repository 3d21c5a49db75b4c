package sio5

import (
	"bytes"
	"encoding/json/jsontext"
	"slices"
)

// span is a piece of the message.
type span struct{ start, end int }

// dataParts is where the parts of a packet's data lie in its message.
type dataParts struct {
	data span // empty if there is none
	name span // with its quotes, if it is a string
	args span
}

// checkData checks the JSON, which begins at b[i], by the rules of p's type.
func checkData(b []byte, i int, p *Packet) (dataParts, error) {
	if i == len(b) {
		return dataParts{}, checkNoData(b, p)
	}
	parts := dataParts{data: span{i, i}}
	var err error
	switch p.Type {
	case Connect, ConnectError:
		if c := b[i]; c != '{' && (c != '"' || p.Type == Connect) {
			return parts, fail(b, i, "not the data of a CONNECT or CONNECT_ERROR")
		}
		parts.data.end, err = scanValue(b, i, 0)
	case Disconnect:
		return parts, fail(b, i, "a DISCONNECT with data")
	case Event, BinaryEvent:
		err = scanEvent(b, i, &parts)
	case Ack, BinaryAck:
		err = scanAck(b, i, &parts)
	}
	if err != nil {
		return parts, err
	}
	if end := skipSpace(b, parts.data.end); end != len(b) {
		return parts, fail(b, end, "something after the JSON")
	}
	return parts, nil
}

// checkNoData checks that a packet of p's type may come without JSON.
func checkNoData(b []byte, p *Packet) error {
	switch p.Type {
	case Connect, Disconnect, ConnectError:
		return nil
	default:
		return fail(b, len(b), "no JSON array")
	}
}

// scanEvent reads the array of an event: its name and its arguments.
func scanEvent(b []byte, i int, parts *dataParts) error {
	if at(b, i) != '[' {
		return fail(b, i, "no JSON array")
	}
	i = skipSpace(b, i+1)
	c := at(b, i)
	if c != '"' && c != '-' && !isDigit(c) {
		return fail(b, i, "no event name")
	}
	end, err := scanValue(b, i, 1)
	if err != nil {
		return err
	}
	parts.name = span{i, end}
	if err = checkName(b, parts.name); err != nil {
		return err
	}
	i = skipSpace(b, end)
	switch at(b, i) {
	case ',':
		return scanArgs(b, skipSpace(b, i+1), parts)
	case ']':
		parts.args = span{i, i}
		parts.data.end = i + 1
		return nil
	}
	return fail(b, i, "neither comma nor bracket in a JSON array")
}

// checkName refuses the reserved event names.
func checkName(b []byte, name span) error {
	raw := b[name.start:name.end]
	if event := unquote(raw); len(event) <= maxReserved && raw[0] == '"' && Reserved(string(event)) {
		return fail(b, name.start, "a reserved event name")
	}
	return nil
}

// unquote returns the string that raw, a valid JSON string, means. Anything else
// it returns as it is.
func unquote(raw []byte) []byte {
	if raw[0] != '"' {
		return slices.Clip(raw)
	}
	plain := raw[1 : len(raw)-1 : len(raw)-1]
	if bytes.IndexByte(plain, '\\') < 0 {
		return plain
	}
	// The error only says that a lone surrogate has become U+FFFD.
	plain, _ = jsontext.AppendUnquote(nil, raw)
	return plain
}

// scanAck reads the array of an acknowledgement, all of it arguments.
func scanAck(b []byte, i int, parts *dataParts) error {
	if at(b, i) != '[' {
		return fail(b, i, "no JSON array")
	}
	i = skipSpace(b, i+1)
	if at(b, i) == ']' {
		parts.args = span{i, i}
		parts.data.end = i + 1
		return nil
	}
	return scanArgs(b, i, parts)
}

// scanArgs reads values, at least one, and the bracket that closes their array.
func scanArgs(b []byte, i int, parts *dataParts) error {
	parts.args.start = i
	for {
		end, err := scanValue(b, i, 1)
		if err != nil {
			return err
		}
		i = skipSpace(b, end)
		switch at(b, i) {
		case ',':
			i = skipSpace(b, i+1)
		case ']':
			parts.args.end = end
			parts.data.end = i + 1
			return nil
		default:
			return fail(b, i, "neither comma nor bracket in a JSON array")
		}
	}
}

// slice sets the slices of p to the parts of b.
func (parts *dataParts) slice(b []byte, p *Packet) {
	if parts.data.start == parts.data.end {
		return
	}
	p.Data = b[parts.data.start:parts.data.end:parts.data.end]
	if parts.args.start > 0 {
		p.Args = Args(b[parts.args.start:parts.args.end:parts.args.end])
	}
	if parts.name.start < parts.name.end {
		p.Event = unquote(b[parts.name.start:parts.name.end])
	}
}
