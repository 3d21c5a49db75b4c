package socketio

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"socketio/engineio"
)

// sidV2 is the id of the only session of version 2 in a test.
const sidV2 = "a-session-of-version-2"

// letVersion2In are options that do.
func letVersion2In() *Options {
	return &Options{Options: engineio.Options{
		EIO3: true,
		GenerateID: func(r *http.Request) (string, error) {
			if r.URL.Query().Get("EIO") == "3" {
				return sidV2, nil
			}
			return newID(), nil
		},
	}}
}

func (r *rig) dialV2() *client {
	r.t.Helper()
	return r.dialRevision("3")
}

func TestAClientOfVersion2IsInTheMainNamespaceByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, letVersion2In())
		r.srv.OnConnect(func(_ context.Context, s *Socket) error {
			var auth map[string]string
			if err := s.Handshake().DecodeAuth(&auth); err != nil || len(auth) != 0 {
				t.Errorf("auth %v, %v", auth, err)
			}
			return s.Emit("welcome", s.ID())
		})
		r.srv.OnAck("double", func(_ context.Context, _ *Socket, n int) (int, error) { return 2 * n, nil })
		c := r.dialV2()
		c.want(`40`, `42["welcome","`+sidV2+`"]`)
		c.send(`420["double",21]`)
		c.want(`430[42]`)
		if s := r.wantSocket(sidV2); s.Conn().Protocol() != 3 || s.ID() != s.Conn().ID() {
			t.Errorf("protocol %d, socket %q on connection %q", s.Conn().Protocol(), s.ID(), s.Conn().ID())
		}
		c.send(`41`)
		c.wantNothing()
		if _, there := r.srv.Socket(sidV2); there {
			t.Error("the socket is still there")
		}
		c.cut()
	})
}

// What comes before it is let in waits, as the client has not asked and cannot know.
func TestEventsOfVersion2WaitForTheMiddleware(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, letVersion2In())
		r.srv.Use(func(context.Context, *Socket) (context.Context, error) {
			time.Sleep(time.Second)
			return nil, nil
		})
		r.srv.On("echo", func(_ context.Context, s *Socket, v string) error { return s.Emit("echo", v) })
		c := r.dialV2()
		c.send(`42["echo","one"]`, `42["echo","two"]`)
		c.want(`40`, `42["echo","one"]`, `42["echo","two"]`)
		c.cut()
	})
}

func TestVersion2PutsItsAuthIntoTheNamespace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, letVersion2In())
		r.srv.Of("/chat").OnConnect(func(_ context.Context, s *Socket) error {
			var auth map[string]string
			if err := s.Handshake().DecodeAuth(&auth); err != nil {
				return err
			}
			return s.EmitArgs("auth", s.ID(), auth["token"], auth["b"], len(auth))
		})
		c := r.dialV2()
		c.want(`40`)
		for _, query := range []string{"?token=x&b=%20%2C", "?token=y&token=x&b=%20x", ""} {
			c.send(`40/chat` + query + `,`)
			c.want(`40/chat,`)
			switch query {
			case "":
				c.want(`42/chat,["auth","/chat#` + sidV2 + `","","",0]`)
			default:
				if got := c.next(); !strings.HasPrefix(got, `42/chat,["auth","/chat#`+sidV2+`","x"," `) {
					t.Errorf("%s: %s", query, got)
				}
			}
			c.send(`41/chat,`)
			c.wantNothing()
		}
		token := strings.Repeat("t", 4000) // of another maker, and longer than a namespace may be
		c.send(`40/chat?token=` + token)
		c.want(`40/chat,`, `42/chat,["auth","/chat#`+sidV2+`","`+token+`","",1]`)
		c.cut()
	})
}

func TestCVE_2020_36049_NamespacesOfVersion2HaveTheirLimits(t *testing.T) {
	for _, namespace := range []string{
		"/chat?token=" + strings.Repeat("t", maxNamespaceQuery),
		"/" + strings.Repeat("n", maxNamespaceName) + "?token=x",
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, letVersion2In())
			c := r.dialV2()
			c.want(`40`)
			c.send(`40` + namespace)
			c.wantEnd(time.Second)
		})
	}
}

func TestARefusalOfVersion2IsTheMessageOrTheData(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, letVersion2In())
		refusal := error(&ConnectError{Message: `no "entry"`})
		r.srv.Of("/members").Use(func(context.Context, *Socket) (context.Context, error) { return nil, refusal })
		c := r.dialV2()
		c.want(`40`)
		for _, test := range []struct {
			refusal error
			want    string
		}{
			{&ConnectError{Message: `no "entry"`}, `44/members,"no \"entry\""`},
			{&ConnectError{Message: "no", Data: map[string]int{"code": 7}}, `44/members,{"code":7}`},
			{errors.New("internal"), `44/members,"connection refused"`},
		} {
			refusal = test.refusal
			c.send(`40/members?token=x,`)
			c.want(test.want)
		}
		c.send(`40/nope?a=b,`)
		c.want(`44/nope,{"message":"Invalid namespace"}`)
		r.errors.take()
		c.wantOpen()
		c.cut()
	})
}

func TestAClientOfVersion2CanBeRefusedByTheMainNamespace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := letVersion2In()
		o.ConnectTimeout = time.Second
		r := newRig(t, o)
		r.srv.Use(func(context.Context, *Socket) (context.Context, error) {
			return nil, &ConnectError{Message: "not authorized"}
		})
		c := r.dialV2()
		c.want(`44"not authorized"`)
		if _, there := r.srv.Socket(sidV2); there {
			t.Error("it is in the namespace")
		}
		c.wantEnd(2 * time.Second) // nothing was joined
	})
}

func TestASecondConnectOfVersion2ClosesTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, letVersion2In())
		c := r.dialV2()
		c.want(`40`)
		c.send(`40`)
		c.wantEnd(time.Second)
	})
}

func TestBinaryEventsOfVersion2(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, letVersion2In())
		r.srv.OnAck("echo", func(_ context.Context, s *Socket, b []byte) ([]byte, error) {
			return b, s.Emit("echo", b)
		})
		c := r.dialV2()
		c.want(`40`)
		c.send(`451-7["echo",{"_placeholder":true,"num":0}]`)
		c.sendBinary("\x04\x01\x02")
		c.want(`451-["echo",{"_placeholder":true,"num":0}]`, `binary "\x04\x01\x02"`)
		c.want(`461-7[{"_placeholder":true,"num":0}]`, `binary "\x04\x01\x02"`)
		c.cut()
	})
}

// One encoding serves clients of both versions where it can.
func TestABroadcastReachesBothVersions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, letVersion2In())
		old := r.dialV2()
		old.want(`40`)
		current, _ := r.joined()
		if err := r.srv.Emit("news", "text"); err != nil {
			t.Fatal(err)
		}
		if err := r.srv.Emit("news", []byte{1}); err != nil {
			t.Fatal(err)
		}
		old.want(`42["news","text"]`, `451-["news",{"_placeholder":true,"num":0}]`, `binary "\x04\x01"`)
		current.want(`42["news","text"]`, `451-["news",{"_placeholder":true,"num":0}]`, `binary "\x01"`)
		old.cut()
		current.cut()
	})
}

// The ids of version 2 come again with the connection, so the old socket must not take the
// new one along when it goes.
func TestASocketOfVersion2ComesBackUnderItsID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, letVersion2In())
		chat := r.srv.Of("/chat")
		c := r.dialV2()
		c.want(`40`)
		for range 20 {
			c.send(`40/chat`)
			c.want(`40/chat,`)
			if _, there := chat.Socket("/chat#" + sidV2); !there {
				t.Fatal("the socket is not in the namespace")
			}
			c.send(`41/chat`)
		}
		c.wantNothing()
		c.cut()
	})
}
