package msgpack

// AppendValue appends one JSON value to dst as MessagePack. Each placeholder in it,
// {"_placeholder":true,"num":0}, becomes the attachment of that number, as a bin. Of numbers
// the shortest form is chosen, as JavaScript does. It does not keep its arguments. The error
// says that text is no JSON, or is nested too deep.
func AppendValue(dst, text []byte, attachments [][]byte) ([]byte, error) {
	return appendJSON(dst, text, attachments)
}

// ReadValue reads the first value of b. It appends to dst what that is in JSON, with a
// placeholder for each bin, whose bytes are the attachments, and returns what is behind the
// value. Text does not share memory with b; the attachments and rest do. The error is a
// *sio5.DecodeError, as of [Codec].
func ReadValue(dst, b []byte) (text []byte, attachments [][]byte, rest []byte, err error) {
	d := decoder{message: b, rest: b, text: dst}
	if err := d.value(0); err != nil {
		return dst, nil, b, err
	}
	return d.text, d.att, d.rest, nil
}
