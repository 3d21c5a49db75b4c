package engineio

import (
	"context"
	"encoding/json/v2"
	"net/http"
	"time"

	"socketio/eio4"
	"socketio/internal/ws"
)

// headStart is how long WebTransport has to open a session before a WebSocket is opened in
// its place: what blocks UDP does not say so.
const headStart = 2 * time.Second

// dialStream opens a session of WebTransport and its stream, and says on it which session of
// ours it is for (Engine.IO v4, "Handshake" and "Upgrade").
func (cl *client) dialStream(ctx context.Context) (*socket, error) {
	r, err := cl.streamRequest(ctx)
	if err != nil {
		return nil, err
	}
	cl.remember(r)
	nc, err := cl.options.DialStream(ctx, r.URL.String(), r.Header)
	if err != nil {
		return nil, err
	}
	opening := ws.Frame{Op: ws.OpText, Prefix: byte(eio4.Open)}
	if cl.conn.id != "" {
		opening.Data, _ = json.Marshal(struct { // a string can always be encoded
			SID string `json:"sid"`
		}{cl.conn.id})
	}
	config := cl.sockets
	config.Bare = true
	sock := &socket{conn: cl.conn, form: onStream}
	sock.Init(nc, &config, (*clientSocket)(sock))
	_ = sock.Write(opening) // an empty queue takes anything; what fails shows to the reader
	return sock, nil
}

// streamRequest is the request for a session. Of the query it has only what the program has
// put there: browsers have none, so no server asks for any.
func (cl *client) streamRequest(ctx context.Context) (*http.Request, error) {
	u := *cl.target
	u.Scheme = "https"
	query := u.Query()
	query.Del("EIO")
	query.Del("b64")
	u.RawQuery = query.Encode()
	r, err := http.NewRequestWithContext(ctx, http.MethodConnect, u.String(), nil)
	if err != nil {
		return nil, err
	}
	if cl.options.Header != nil {
		r.Header = cl.options.Header.Clone()
	}
	return r, nil
}
