package engineio

import (
	"net/http"

	"socketio/internal/ws"
)

// Deflate configures the compression of messages over WebSockets, permessage-deflate
// of RFC 7692. The zero value of each field is its default.
//
// What it is good for depends on the messages: text of a kilobyte and more becomes a
// third to a fifth of its size, and takes some ten microseconds longer for each
// kilobyte, on both ends. HTTPCompression is the same for long-polling.
type Deflate struct {
	// Enable accepts the offer of a client to compress, as browsers make it, or makes
	// it to a server.
	Enable bool

	// Threshold is from how many bytes on a message is compressed, 1,024 by default.
	// Any message that the client has compressed is accepted.
	Threshold int

	// Level is the effort, from 1 to 9. With 0, the default, it is the least, and no
	// memory is kept for it; at other levels about a megabyte is, for each processor.
	Level int

	// ContextTakeover lets a message refer back to those before it on the same
	// connection. That makes small messages that are alike smaller, if Threshold lets
	// them be compressed at all. It costs up to 8 KiB for each connection, 36 KiB if
	// the client cannot be told to refer back less far, and a broadcast is compressed
	// for each of its receivers. Without it, nothing is kept for a connection, and a
	// broadcast is compressed once.
	ContextTakeover bool
}

// check says what is wrong with the options.
func (d Deflate) check() error {
	switch {
	case d.Threshold < 0:
		return protocolError("Deflate.Threshold is negative")
	case d.Level < 0 || d.Level > 9:
		return protocolError("Deflate.Level is none from 0 to 9")
	}
	return nil
}

// deflater returns what negotiates, nil if nothing is to be compressed.
func (d Deflate) deflater() *ws.Deflater {
	if !d.Enable {
		return nil
	}
	orElse(&d.Threshold, 1024)
	return ws.NewDeflater(ws.DeflateOptions{
		Threshold: d.Threshold, Level: d.Level, ContextTakeover: d.ContextTakeover,
	})
}

// extensions is the header that extensions of WebSocket are negotiated with.
const extensions = "Sec-Websocket-Extensions"

// negotiate agrees with the client on compression, and says so in the response's
// header, where nobody else may. It is nil if there is to be none.
func (s *Server) negotiate(h http.Header, r *http.Request) *ws.Compression {
	delete(h, extensions)
	if s.deflate == nil {
		return nil
	}
	answer, agreed := s.deflate.Accept(r.Header[extensions])
	if agreed != nil {
		h[extensions] = []string{answer}
	}
	return agreed
}
