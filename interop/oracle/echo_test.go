package oracle

import (
	"bytes"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	coder "github.com/coder/websocket"
	gorilla "github.com/gorilla/websocket"

	"socketio/internal/ws"
)

// echoServer serves a WebSocket endpoint that sends each message back. The query
// parameter limit is how many bytes a message may have.
func echoServer(t *testing.T, echo func(w http.ResponseWriter, r *http.Request, limit int64)) (address string) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limit, err := strconv.ParseInt(r.FormValue("limit"), 10, 64)
		if err != nil {
			t.Error(err)
			return
		}
		echo(w, r, limit)
	}))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// echoOurs answers with what the parser says and nothing of the layers above it.
func echoOurs(w http.ResponseWriter, r *http.Request, limit int64) {
	if refusal := ws.Check(r); refusal != nil {
		http.Error(w, refusal.Reason, refusal.Status)
		return
	}
	conn, early, err := ws.Accept(w, r, nil, nil)
	if err != nil {
		return
	}
	defer conn.Close()
	e := echoer{conn: conn, parser: ws.Parser{Limit: int(limit)}}
	if err := e.next(early); err == nil {
		err = e.run()
		if closed, ok := errors.AsType[*ws.CloseError](err); ok {
			conn.Write(ws.AppendClose(nil, closed.Code, closed.Reason, false))
		}
	}
}

type echoer struct {
	conn   net.Conn
	parser ws.Parser
}

// run echoes until the connection, or the parser, returns an error.
func (e *echoer) run() error {
	buffer := make([]byte, 1<<10)
	for {
		space := e.parser.Space()
		if space == nil {
			n, err := e.conn.Read(buffer)
			if err != nil {
				return err
			}
			if err := e.next(buffer[:n]); err != nil {
				return err
			}
			continue
		}
		n, err := e.conn.Read(space)
		if err != nil {
			return err
		}
		m, err := e.parser.Filled(n)
		if err != nil {
			return err
		}
		if err := e.answer(m); err != nil {
			return err
		}
	}
}

func (e *echoer) next(b []byte) error {
	for len(b) > 0 {
		m, n, err := e.parser.Next(b)
		if err != nil {
			return err
		}
		if err := e.answer(m); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// answer echoes m; a close frame is an error that says what it said.
func (e *echoer) answer(m ws.Message) error {
	var err error
	switch m.Op {
	case ws.OpText, ws.OpBinary:
		_, err = e.conn.Write(ws.AppendFrame(nil, m.Op, m.Data))
	case ws.OpPing:
		_, err = e.conn.Write(ws.AppendFrame(nil, ws.OpPong, m.Data))
	case ws.OpClose:
		said := ws.ParseClose(bytes.Clone(m.Data))
		err = &said
	default: // a pong asks for nothing
	}
	return err
}

func echoCoder(w http.ResponseWriter, r *http.Request, limit int64) {
	c, err := coder.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer c.CloseNow()
	c.SetReadLimit(limit)
	for {
		kind, data, err := c.Read(r.Context())
		if err != nil {
			return
		}
		if err := c.Write(r.Context(), kind, data); err != nil {
			return
		}
	}
}

func echoGorilla(w http.ResponseWriter, r *http.Request, limit int64) {
	var upgrader gorilla.Upgrader
	c, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer c.Close()
	c.SetReadLimit(limit)
	for {
		kind, data, err := c.ReadMessage()
		if err != nil {
			return
		}
		if err := c.WriteMessage(kind, data); err != nil {
			return
		}
	}
}
