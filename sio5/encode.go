package sio5

import "strconv"

// AppendHeader appends what comes before the JSON of p to dst: the type, the
// number of attachments for the binary types, the namespace unless it is "/",
// and the id. It checks nothing; a namespace must begin with a slash and hold no
// comma.
func AppendHeader(dst []byte, p Packet) []byte {
	dst = append(dst, '0'+byte(p.Type))
	if p.Type.hasAttachments() {
		count := p.AttachmentCount
		if count == 0 {
			count = len(p.Attachments)
		}
		dst = strconv.AppendInt(dst, int64(count), 10)
		dst = append(dst, '-')
	}
	if p.Namespace != "" && p.Namespace != root {
		dst = append(dst, p.Namespace...)
		dst = append(dst, ',')
	}
	if p.HasID {
		dst = strconv.AppendUint(dst, p.ID, 10)
	}
	return dst
}

// Append appends the text of p, its header and its Data, to dst. The attachments
// are messages of their own, to be sent right behind it.
func Append(dst []byte, p Packet) []byte {
	return append(AppendHeader(dst, p), p.Data...)
}
