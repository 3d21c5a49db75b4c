package oracle

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	coder "github.com/coder/websocket"
	gorilla "github.com/gorilla/websocket"

	"socketio/engineio"
)

// compressible is what is compressed: what repeats itself near, far, and not at all.
func compressible() []string {
	var far strings.Builder
	for i := range 6000 {
		fmt.Fprintf(&far, "%d ", i*i%7919)
	}
	return []string{"short", strings.Repeat("near ", 1000), far.String() + far.String(), "κόσμε", strings.Repeat("near ", 1000), ""}
}

// compressing is the address of our server, which echoes and compresses all that it can.
func compressing(t *testing.T, takeover bool) string {
	srv := engineio.NewServer(func(c *engineio.Conn) {
		for {
			m, err := c.Receive(t.Context())
			if err != nil || c.Send(m) != nil {
				return
			}
		}
	}, &engineio.Options{Deflate: engineio.Deflate{Enable: true, Threshold: 1, ContextTakeover: takeover}})
	web := httptest.NewServer(srv)
	t.Cleanup(func() {
		srv.Close()
		web.Close()
	})
	return "ws" + strings.TrimPrefix(web.URL, "http") + "/socket.io/?EIO=4&transport=websocket"
}

func TestOtherClientsUnderstandWhatIsCompressed(t *testing.T) {
	for _, takeover := range []bool{false, true} {
		url := compressing(t, takeover)
		for mode, name := range map[coder.CompressionMode]string{
			coder.CompressionContextTakeover: "coder, takeover", coder.CompressionNoContextTakeover: "coder, no takeover",
		} {
			t.Run(fmt.Sprintf("%s, ours %v", name, takeover), func(t *testing.T) {
				c, resp, err := coder.Dial(t.Context(), url, &coder.DialOptions{CompressionMode: mode, CompressionThreshold: 1})
				if err != nil {
					t.Fatal(err)
				}
				defer c.CloseNow()
				wantExtension(t, resp)
				c.SetReadLimit(1e6)
				roundTrips(t,
					func(text string) error { return c.Write(t.Context(), coder.MessageText, []byte(text)) },
					func() (string, error) { _, b, err := c.Read(t.Context()); return string(b), err })
			})
		}
		if takeover {
			continue // gorilla has none
		}
		t.Run("gorilla", func(t *testing.T) {
			c, resp, err := (&gorilla.Dialer{EnableCompression: true}).Dial(url, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			wantExtension(t, resp)
			roundTrips(t,
				func(text string) error { return c.WriteMessage(gorilla.TextMessage, []byte(text)) },
				func() (string, error) { _, b, err := c.ReadMessage(); return string(b), err })
		})
	}
}

func wantExtension(t *testing.T, resp *http.Response) {
	t.Helper()
	if got := resp.Header.Get("Sec-WebSocket-Extensions"); !strings.HasPrefix(got, "permessage-deflate") {
		t.Fatalf("agreed on %q", got)
	}
}

// roundTrips sends each text as an Engine.IO message and wants it back.
func roundTrips(t *testing.T, send func(string) error, receive func() (string, error)) {
	t.Helper()
	if _, err := receive(); err != nil { // the open packet
		t.Fatal(err)
	}
	for i, text := range compressible() {
		if err := send("4" + text); err != nil {
			t.Fatal(err)
		}
		if got, err := receive(); err != nil || got != "4"+text {
			t.Fatalf("text %d: %d bytes %.40q and %v, want %d", i, len(got), got, err, len(text)+1)
		}
	}
}

func TestOtherServersUnderstandWhatIsCompressed(t *testing.T) {
	servers := map[string]http.HandlerFunc{
		"coder": func(w http.ResponseWriter, r *http.Request) {
			c, err := coder.Accept(w, r, &coder.AcceptOptions{CompressionMode: coder.CompressionContextTakeover, CompressionThreshold: 1})
			if err != nil {
				t.Error(err)
				return
			}
			defer c.CloseNow()
			c.SetReadLimit(1e6)
			c.Write(r.Context(), coder.MessageText, []byte(open))
			for {
				kind, b, err := c.Read(r.Context())
				if err != nil || c.Write(r.Context(), kind, b) != nil {
					return
				}
			}
		},
		"gorilla": func(w http.ResponseWriter, r *http.Request) {
			c, err := (&gorilla.Upgrader{EnableCompression: true}).Upgrade(w, r, nil)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			c.WriteMessage(gorilla.TextMessage, []byte(open))
			for {
				kind, b, err := c.ReadMessage()
				if err != nil || c.WriteMessage(kind, b) != nil {
					return
				}
			}
		},
	}
	for name, server := range servers {
		for _, takeover := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, ours %v", name, takeover), func(t *testing.T) {
				s := httptest.NewServer(server)
				defer s.Close()
				c, err := engineio.Dial(t.Context(), s.URL, &engineio.DialOptions{
					Transports: []string{engineio.WebSocket},
					Deflate:    engineio.Deflate{Enable: true, Threshold: 1, ContextTakeover: takeover},
				})
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				for i, text := range compressible() {
					if err := c.Send(engineio.Message{Data: []byte(text)}); err != nil {
						t.Fatal(err)
					}
					if m, err := c.Receive(t.Context()); err != nil || string(m.Data) != text {
						t.Fatalf("text %d: %d bytes %.40q and %v, want %d", i, len(m.Data), m.Data, err, len(text))
					}
				}
			})
		}
	}
}

// open is the packet that a server of Engine.IO begins with.
const open = `0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`
