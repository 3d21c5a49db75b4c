package msgpack

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"time"
)

// The extension types that mean something. The first is the npm package's own, which
// uses it for several things and tells them apart by the header; the other one is
// MessagePack's.
const (
	typeJavaScript = 0
	typeTimestamp  = -1
)

// extension appends the JSON of the value of an extension type.
func (d *decoder) extension() error {
	fixed, header, size := extensionHeader(d.rest)
	switch {
	case header == 0:
		return d.fail("an unknown kind of value")
	case header > len(d.rest) || size > uint64(len(d.rest)-header):
		return d.fail("the message is cut short")
	}
	kind := int8(d.rest[header-1])
	content := d.rest[header:][:size]
	var err error
	switch {
	case kind == typeJavaScript && fixed && size == 1:
		d.text = append(d.text, "null"...) // undefined
	case kind == typeJavaScript && fixed && size == 8:
		d.date(time.UnixMilli(int64(binary.BigEndian.Uint64(content))))
	case kind == typeJavaScript && !fixed:
		err = d.binary(content) // an ArrayBuffer
	case kind == typeTimestamp && (size == 4 || size == 8 || size == 12):
		d.date(timestamp(content))
	default:
		d.text = strconv.AppendInt(append(d.text, '['), int64(kind), 10)
		d.text = append(d.text, ',')
		err = d.binary(content)
		d.text = append(d.text, ']')
	}
	d.rest = d.rest[uint64(header)+size:]
	return err
}

// extensionHeader returns whether b begins with one of the headers of a fixed size, how
// long the header is, and the size that it tells of what follows. The last byte of the
// header is the type. The header's length is 0 if there is none; it may be more than
// there is of b.
func extensionHeader(b []byte) (fixed bool, header int, size uint64) {
	switch lead := b[0]; lead {
	case 0xd4, 0xd5, 0xd6, 0xd7, 0xd8:
		return true, 2, 1 << (lead - 0xd4)
	case 0xc7, 0xc8, 0xc9:
		header = 2 + 1<<(lead-0xc7)
		for _, c := range b[1:min(len(b), header-1)] {
			size = size<<8 | uint64(c)
		}
	}
	return false, header, size
}

// timestamp decodes the three forms of MessagePack's timestamp.
func timestamp(b []byte) time.Time {
	switch len(b) {
	case 4:
		return time.Unix(int64(binary.BigEndian.Uint32(b)), 0)
	case 8:
		both := binary.BigEndian.Uint64(b)
		return time.Unix(int64(both&(1<<34-1)), int64(both>>34))
	}
	return time.Unix(int64(binary.BigEndian.Uint64(b[4:])), int64(binary.BigEndian.Uint32(b)))
}

// maxDate is how far from 1970 a Date of JavaScript may be, in seconds.
const maxDate = 8_640_000_000_000

// date appends t as JavaScript prints it, except that it keeps what is finer than
// milliseconds; null where there is no such Date.
func (d *decoder) date(t time.Time) {
	if t.Unix() > maxDate || t.Unix() < -maxDate {
		d.text = append(d.text, "null"...)
		return
	}
	t = t.UTC()
	layout := "-01-02T15:04:05.000Z"
	if t.Nanosecond()%int(time.Millisecond) != 0 {
		layout = "-01-02T15:04:05.999999999Z"
	}
	year := "%04d"
	if t.Year() < 0 || t.Year() > 9999 {
		year = "%+07d"
	}
	d.text = fmt.Appendf(append(d.text, '"'), year, t.Year())
	d.text = append(t.AppendFormat(d.text, layout), '"')
}
