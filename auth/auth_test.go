package auth

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"socketio"
	"socketio/socketiotest"
)

// verify takes tokens of the form "user seconds", or "user" for ever.
func verify(_ context.Context, token string) (Identity, error) {
	user, seconds, limited := strings.Cut(token, " ")
	switch user {
	case "":
		return Identity{}, &socketio.ConnectError{Message: "who are you?"}
	case "broken":
		return Identity{}, errors.New("the database is away")
	}
	id := Identity{User: user}
	if limited {
		n, err := strconv.Atoi(seconds)
		if err != nil {
			return Identity{}, err
		}
		id.Expires = time.Now().Add(time.Duration(n) * time.Second)
	}
	return id, nil
}

// guarded is a server whose main namespace has a guard, and that answers who asks "whoami".
func guarded(t *testing.T, may func(ctx context.Context, id Identity, m *socketio.Message) error, told func(error)) (*socketio.Server, *socketiotest.Server) {
	t.Helper()
	return recovering(t, socketio.Recovery{}, may, told)
}

func recovering(t *testing.T, recovery socketio.Recovery, may func(ctx context.Context, id Identity, m *socketio.Message) error, told func(error)) (*socketio.Server, *socketiotest.Server) {
	t.Helper()
	srv := socketio.NewServer(&socketio.Options{Recovery: recovery, OnError: func(_ context.Context, _ *socketio.Socket, err error) {
		if told != nil {
			told(err)
		}
	}})
	(&Guard{Verify: verify, May: may}).Protect(srv.Namespace)
	srv.OnAck("whoami", func(ctx context.Context, _ *socketio.Socket, _ socketio.None) (string, error) {
		id, _ := Of(ctx)
		return id.User, nil
	})
	return srv, socketiotest.NewServer(t, srv)
}

func with(token string) *socketio.ClientOptions {
	return &socketio.ClientOptions{Auth: map[string]string{"token": token}}
}

func who(t *testing.T, c *socketiotest.Client) string {
	t.Helper()
	user, err := c.EmitAck[string](t.Context(), "whoami", socketio.None{})
	if err != nil {
		t.Errorf("whoami: %v", err)
	}
	return user
}

func TestATokenSaysWhoTheClientIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s := guarded(t, nil, nil)
		ada, bob := s.Client(t, with("ada")), s.Client(t, with("bob 60"))
		if a, b := who(t, ada), who(t, bob); a != "ada" || b != "bob" {
			t.Errorf("they are %q and %q", a, b)
		}
	})
}

func TestWhoHasNoTokenIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var errs []string
		_, s := guarded(t, nil, func(err error) { errs = append(errs, err.Error()) })
		for token, want := range map[string]string{"": "who are you?", "ada -1": "the token has expired", "broken": "connection refused"} {
			c := socketio.NewClient(s.URL, &socketio.ClientOptions{
				Auth: map[string]string{"token": token}, HTTPClient: s.HTTPClient(), Backoff: socketio.Backoff{Attempts: -1},
			})
			err := c.Connect(t.Context())
			if refused, ok := errors.AsType[*socketio.ConnectError](err); !ok || refused.Message != want {
				t.Errorf("%q: %v, want %q", token, err, want)
			}
			_ = c.Close() // always nil
		}
		if len(errs) != 1 || errs[0] != "the database is away" {
			t.Errorf("OnError was told %q", errs)
		}
	})
}

func TestASocketEndsWithItsToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, s := guarded(t, nil, nil)
		start := time.Now()
		ended := make(chan time.Duration, 1)
		srv.OnDisconnect(func(_ context.Context, _ *socketio.Socket, why socketio.Reason) error {
			if why != socketio.ReasonServerDisconnect {
				t.Errorf("ended with %q", why)
			}
			ended <- time.Since(start)
			return nil
		})
		s.Client(t, with("ada 60"))
		if took := <-ended; took.Round(time.Second) != time.Minute {
			t.Errorf("it ended after %v, want a minute", took)
		}
	})
}

func TestARefreshedTokenKeepsTheSocket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s := guarded(t, nil, nil)
		c := s.Client(t, with("ada 60"))
		time.Sleep(50 * time.Second)
		answer, err := c.EmitAck(t.Context(), Refresh, "ada 600")
		if want := time.Now().Add(10 * time.Minute); err != nil || answer.Expires != want.UnixMilli() {
			t.Errorf("Refresh: %+v, %v, want %v", answer, err, want)
		}
		time.Sleep(9 * time.Minute)
		if got := who(t, c); got != "ada" {
			t.Errorf("it is %q", got)
		}
		if _, err := c.EmitAck(t.Context(), Refresh, "ada"); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Hour)
		if got := who(t, c); got != "ada" {
			t.Errorf("it is %q", got)
		}
	})
}

func TestATokenIsRefreshedByOneOfTheSameUserOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s := guarded(t, nil, nil)
		c := s.Client(t, with("ada"))
		for token, want := range map[string]string{
			"bob": "the token is another user's", "": "who are you?", "broken": "refused", "ada -1": "the token has expired",
		} {
			m, err := c.EmitArgsAck(t.Context(), string(Refresh), token)
			if err != nil {
				t.Fatal(err)
			}
			var answer struct {
				Error string `json:"error"`
			}
			if err := m.Decode(&answer); err != nil || answer.Error != want {
				t.Errorf("%q: %q, %v, want %q", token, answer.Error, err, want)
			}
		}
		if got := who(t, c); got != "ada" {
			t.Errorf("it is %q", got)
		}
	})
}

func TestRevokeEndsAllConnectionsOfAUser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, s := guarded(t, nil, nil)
		gone := make(chan string, 10)
		srv.OnDisconnect(func(ctx context.Context, _ *socketio.Socket, _ socketio.Reason) error {
			id, _ := Of(ctx)
			gone <- id.User
			return nil
		})
		s.Client(t, with("ada"))
		s.Client(t, with("ada 60"))
		bob := s.Client(t, with("bob"))
		if err := Revoke(srv.Namespace, "ada"); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if user := <-gone; user != "ada" {
				t.Errorf("%q is gone", user)
			}
		}
		if got := who(t, bob); got != "bob" {
			t.Errorf("it is %q", got)
		}
	})
}

func TestMayDecidesOnEachEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		errNo := errors.New("only bob may")
		told := make(chan error, 10)
		_, s := guarded(t, func(_ context.Context, id Identity, m *socketio.Message) error {
			if id.User != "bob" && m.Event == "whoami" {
				return errNo
			}
			return nil
		}, func(err error) { told <- err })
		ada, bob := s.Client(t, with("ada")), s.Client(t, with("bob"))
		if got := who(t, bob); got != "bob" {
			t.Errorf("it is %q", got)
		}
		m, err := ada.EmitArgsAck(t.Context(), "whoami")
		if err != nil {
			t.Fatal(err)
		}
		var answer map[string]string
		if err := m.Decode(&answer); err != nil || answer["error"] != "forbidden" {
			t.Errorf("the answer is %v, %v", answer, err)
		}
		if err := <-told; !errors.Is(err, errNo) {
			t.Errorf("OnError was told %v", err)
		}
		if _, err := ada.EmitAck(t.Context(), Refresh, "ada 60"); err != nil {
			t.Errorf("Refresh: %v", err)
		}
	})
}

func TestARecoveredSocketIsGuardedLikeOthers(t *testing.T) {
	for name, run := range map[string]bool{"by its middleware": true, "and ends without": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				told := make(chan error, 10)
				srv, s := recovering(t, socketio.Recovery{Window: time.Hour, RunMiddleware: run}, nil, func(err error) { told <- err })
				recovered := make(chan bool, 10)
				ended := make(chan socketio.Reason, 10)
				srv.OnConnect(func(_ context.Context, s *socketio.Socket) error { recovered <- s.Recovered(); return nil })
				srv.OnDisconnect(func(_ context.Context, _ *socketio.Socket, why socketio.Reason) error { ended <- why; return nil })
				c := s.Client(t, with("ada"))
				<-recovered
				if err := srv.EmitArgs("an event", 1); err != nil {
					t.Fatal(err)
				}
				synctest.Wait() // until its offset is known
				c.Cut()
				<-ended
				c.Resume()
				if !run {
					if why := <-ended; why != socketio.ReasonServerDisconnect {
						t.Errorf("it ended with %q", why)
					}
					if err := <-told; !errors.Is(err, errUnseen) {
						t.Errorf("OnError was told %v", err)
					}
					return
				}
				if !<-recovered {
					t.Error("it was not recovered")
				}
				if got := who(t, c); got != "ada" {
					t.Errorf("it is %q", got)
				}
			})
		})
	}
}

func TestOutsideOfAGuardNobodyIsKnown(t *testing.T) {
	if id, known := Of(t.Context()); known {
		t.Errorf("it is %+v", id)
	}
}
