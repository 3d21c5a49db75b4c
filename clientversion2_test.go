package socketio

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"socketio/engineio"
)

// speaksVersion2 are options for a server of version 2.
func speaksVersion2(transports ...string) *ClientOptions {
	return &ClientOptions{DialOptions: engineio.DialOptions{EIO3: true, Transports: transports}}
}

func TestAClientTalksToAServerOfVersion2ByEachTransport(t *testing.T) {
	for name, list := range transports {
		t.Run(name, func(t *testing.T) {
			inBubble(t, letVersion2In(), func(r *rig) {
				r.srv.Handle("echo", func(_ context.Context, s *Socket, m *Message) error {
					var text string
					var data []byte
					if err := m.Decode(&text, &data); err != nil {
						return err
					}
					return s.EmitArgs("echo", text, map[string]any{"deep": data})
				})
				r.srv.OnAck("double", func(_ context.Context, _ *Socket, n int) (int, error) { return 2 * n, nil })
				r.srv.OnAck("ask me", func(ctx context.Context, s *Socket, q string) (string, error) {
					return s.EmitAck[string](ctx, "question", q)
				})
				c := r.goClient("", speaksVersion2(list...))
				echoed := make(chan string, 1)
				c.On("echo", func(_ context.Context, _ *ClientSocket, v Args2[string, map[string][]byte]) error {
					echoed <- v.A + string(v.B["deep"])
					return nil
				})
				c.OnAck("question", func(_ context.Context, _ *ClientSocket, q string) (string, error) { return q + "!", nil })
				c.EmitArgs("echo", "kept ", []byte("while away"))
				r.connect(c)
				if got := <-echoed; got != "kept while away" || c.ID() != sidV2 || c.Conn().Protocol() != 3 {
					t.Errorf("echo %q for %q in revision %d", got, c.ID(), c.Conn().Protocol())
				}
				if got, err := c.EmitAck[int](r.t.Context(), "double", 21); got != 42 || err != nil {
					t.Errorf("double: %d, %v", got, err)
				}
				if got, err := c.EmitAck[string](r.t.Context(), "ask me", "what"); got != "what!" || err != nil {
					t.Errorf("ask me: %q, %v", got, err)
				}
				time.Sleep(time.Hour) // it pings
				if !c.Connected() {
					t.Error("it was not kept alive")
				}
			})
		})
	}
}

func TestAuthIsAQueryForAServerOfVersion2(t *testing.T) {
	inBubble(t, letVersion2In(), func(r *rig) {
		asked := make(chan url.Values, 1)
		r.srv.OnConnect(func(_ context.Context, s *Socket) error { asked <- s.Handshake().URL.Query(); return nil })
		r.srv.Of("/admin").Use(func(_ context.Context, s *Socket) (context.Context, error) {
			var auth map[string]string
			if err := s.Handshake().DecodeAuth(&auth); err != nil || auth["token"] != "a b,&" || auth["age"] != "7" {
				return nil, &ConnectError{Message: fmt.Sprint(auth, err)}
			}
			return nil, nil
		})
		o := speaksVersion2(engineio.WebSocket)
		o.Auth = struct {
			Token string `json:"token"`
			Age   int    `json:"age"`
		}{"a b,&", 7}
		o.Query = url.Values{"token": {"own"}, "room": {"7"}}
		c := r.goClient("", o)
		admin := c.Of("/admin")
		r.connect(c)
		if got := (<-asked).Encode(); !strings.Contains(got, "age=7&room=7&token=own&token=a+b%2C%26") {
			t.Errorf("the URL's query is %s", got)
		}
		if want := "/admin#" + sidV2; admin.ID() != want {
			t.Errorf("id %q, want %q", admin.ID(), want)
		}
	})
}

func TestAuthThatIsNoObjectIsNoQuery(t *testing.T) {
	inBubble(t, letVersion2In(), func(r *rig) {
		o := speaksVersion2()
		o.Auth, o.Backoff.Attempts = "secret", -1
		if err := r.goClient("", o).Connect(r.t.Context()); err == nil || !strings.Contains(err.Error(), "to be an object") {
			t.Errorf("Connect: %v", err)
		}
	})
}

func TestRefusalsOfVersion2(t *testing.T) {
	for _, tt := range []struct{ name, packet, want string }{
		{"a message", `44"no entry"`, "no entry, <nil>"},
		{"the data of an error", `44{"code":401}`, ", map[code:401]"},
		{"data with a message", `44{"message":"no entry","code":401}`, "no entry, map[code:401 message:no entry]"},
		{"nothing", `44`, ", <nil>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, nil, func(r *rig) {
				c := r.clientOfV2(nil, func(c *engineio.Conn) { c.Send(engineio.Message{Data: []byte(tt.packet[1:])}) })
				refusal, ok := errors.AsType[*ConnectError](c.Connect(r.t.Context()))
				if !ok || fmt.Sprintf("%s, %v", refusal.Message, refusal.Data) != tt.want {
					t.Errorf("refused with %+v, want %s", refusal, tt.want)
				}
			})
		})
	}
}

// clientOfV2 returns a client of an Engine.IO server of revision 3 that says what greet lets
// it say.
func (r *rig) clientOfV2(o *ClientOptions, greet func(c *engineio.Conn)) *Client {
	if o == nil {
		o = speaksVersion2(engineio.WebSocket)
	}
	pipes := newPipes()
	serveEngine(r.t, pipes, engineio.NewServer(func(c *engineio.Conn) {
		c.Attach(deaf{})
		greet(c)
	}, &engineio.Options{EIO3: true}))
	transport := &http.Transport{DialContext: pipes.dial}
	o.HTTPClient, o.Logger = &http.Client{Transport: transport}, slog.New(slog.DiscardHandler)
	c := NewClient("http://in.memory", o)
	r.t.Cleanup(func() {
		c.Close()
		transport.CloseIdleConnections()
	})
	return c
}

// deaf is a Receiver that takes no notice.
type deaf struct{}

func (deaf) Receive(engineio.Message)    {}
func (deaf) Closed(*engineio.CloseError) {}

func TestAnErrorPacketOfVersion2GoesToOnErrorAndTheSocketStays(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		o := speaksVersion2(engineio.WebSocket)
		told := make(chan error, 1)
		o.OnError = func(_ context.Context, _ *ClientSocket, err error) { told <- err }
		c := r.clientOfV2(o, func(c *engineio.Conn) {
			c.Send(engineio.Message{Data: []byte(`0`)}, engineio.Message{Data: []byte(`4"too fast"`)})
		})
		r.connect(c)
		refusal, ok := errors.AsType[*ConnectError](<-told)
		if !ok || refusal.Message != "too fast" || !c.Connected() {
			t.Errorf("told %v, connected %v", refusal, c.Connected())
		}
	})
}

// A server of version 2 lets a client into "/" without being asked, whether the program wants
// that now, later or not.
func TestTheMainNamespaceOfVersion2CanBeJoinedLaterAndAgain(t *testing.T) {
	inBubble(t, letVersion2In(), func(r *rig) {
		seen := make(chan string, 9)
		r.srv.OnConnect(func(_ context.Context, s *Socket) error { seen <- "in"; return s.Emit("hello", 1) })
		r.srv.OnDisconnect(func(_ context.Context, s *Socket, why Reason) error { seen <- string(why); return nil })
		r.srv.OnAck("double", func(_ context.Context, _ *Socket, n int) (int, error) { return 2 * n, nil })
		r.srv.Of("/chat")
		c := r.goClient("/chat", speaksVersion2(engineio.WebSocket))
		r.connect(c)
		synctest.Wait()
		main := c.Of("/")
		for _, want := range []string{"in", "client namespace disconnect in"} {
			if err := main.Connect(r.t.Context()); err != nil {
				t.Fatal(err)
			}
			if got, err := main.EmitAck[int](r.t.Context(), "double", 21); got != 42 || err != nil {
				t.Errorf("double: %d, %v", got, err)
			}
			var got []string
			for len(seen) > 0 {
				got = append(got, <-seen)
			}
			if strings.Join(got, " ") != want || main.ID() != sidV2 || !c.Connected() {
				t.Errorf("the server saw %q, want %q", got, want)
			}
			main.Disconnect()
			synctest.Wait()
		}
		if !c.Connected() {
			t.Error("leaving \"/\" has ended the other namespace")
		}
	})
}
