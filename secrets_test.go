package socketio

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"socketio/engineio"
)

// Whoever knows the id of an Engine.IO session, or the private id of one that can be
// recovered, is its client. What follows does all that is logged and looks for them.

// confidence is what no log is to have either: what is in events, queries, bodies and
// headers.
const confidence = "confided-to-the-program"

// A secretive is a server whose log, with that of its clients, is looked through.
type secretive struct {
	*rig
	log     lockedBuffer
	secrets []string
}

func newSecretive(t *testing.T) *secretive {
	s := new(secretive)
	logger := slog.New(slog.NewTextHandler(&s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s.rig = newRig(t, &Options{
		Recovery: Recovery{Window: testWindow}, EventsPerSecond: 100,
		Options: engineio.Options{Logger: logger, QueueBytes: 10_000, MaxPayload: 10_000},
	})
	s.srv.options.OnError = nil // what it is not told is logged
	s.srv.Handle("fail", func(context.Context, *Socket, *Message) error { return errors.New("failed") })
	s.srv.On(Event[int]("number"), func(context.Context, *Socket, int) error { return nil })
	s.srv.Handle("panic", func(context.Context, *Socket, *Message) error { panic("why") })
	s.srv.Handle("flood", func(_ context.Context, s *Socket, _ *Message) error {
		for {
			if err := s.Emit("flood", strings.Repeat("x", 1000)); err != nil {
				return err
			}
		}
	})
	return s
}

// look fails if the log has a secret, or fewer lines than have been provoked.
func (s *secretive) look(atLeast int) {
	s.t.Helper()
	log := s.log.String()
	for _, secret := range append(s.secrets, confidence) {
		if len(secret) < 20 {
			s.t.Errorf("%q is no id of a session", secret)
		}
		for line := range strings.Lines(log) {
			if strings.Contains(line, secret) {
				s.t.Errorf("%s is in the log: %s", secret, line)
			}
		}
	}
	if n := strings.Count(log, "\n"); n < atLeast || len(s.secrets) == 0 {
		s.t.Errorf("the log has %d lines, of %d sessions:\n%s", n, len(s.secrets), log)
	}
}

// seat returns a client that has joined.
func (s *secretive) seat() *seat {
	s.t.Helper()
	seat := s.sit("/", nil)
	s.secrets = append(s.secrets, seat.PID, s.wantSocket(seat.SID).Conn().ID())
	return seat
}

func TestTheServerLogsNoIDOfASession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSecretive(t)
		for _, texts := range [][]string{
			{`42["fail"]`}, {`42["panic"]`}, {`42["flood"]`}, {`9`}, {`42{`}, {`40/nowhere,`},
			{`4` + strings.Repeat("x", 20_000)}, eventTexts(200),
			{`42["fail","` + confidence + `"]`}, {`42["number","` + confidence + `"]`}, {`42["number",{"` + confidence + `":1}]`},
			{`42["` + confidence + `",1]`}, {`42["` + confidence}, {`40/nowhere,{"token":"` + confidence + `"}`},
			{`451-["number","` + confidence + `",{"_placeholder":true,"num":7}]`}, {confidence},
		} {
			seat := s.seat()
			if texts[0] == `42["flood"]` {
				seat.client.stall()
			}
			seat.client.send(texts...)
			time.Sleep(time.Second)
			synctest.Wait()
		}
		s.seat().client.deaf.Store(true) // until its ping times out
		s.seat()
		web := &http.Client{Transport: &http.Transport{DialContext: s.pipes.dial, DisableKeepAlives: true}}
		sid := s.secrets[len(s.secrets)-1]
		for _, request := range []struct{ method, query, body string }{
			{"GET", "EIO=4&transport=polling", ""}, {"POST", "EIO=4&transport=polling", "nonsense"}, {"PUT", "EIO=4&transport=polling", ""},
			{"GET", "EIO=3&transport=polling", ""}, {"GET", "EIO=4&transport=polling&sid=another", ""}, {"GET", "EIO=4&transport=smoke", ""},
			{"POST", "EIO=4&transport=polling", strings.Repeat("x", 20_000)}, {"GET", "EIO=4&transport=websocket", ""},
			{"POST", "EIO=4&transport=polling", confidence}, {"GET", "EIO=4&transport=" + confidence, ""},
			{"GET", "EIO=" + confidence + "&transport=polling", ""}, {"GET", "EIO=4&transport=polling&j=" + confidence, ""},
		} {
			r, err := http.NewRequestWithContext(t.Context(), request.method, "http://in.memory/socket.io/?"+request.query+"&sid="+sid, strings.NewReader(request.body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Cookie", "session="+confidence)
			r.Header.Set("Authorization", "Bearer "+confidence)
			r.Header.Set("X-Forwarded-For", confidence)
			r.URL.RawQuery += "&token=" + confidence
			resp, err := web.Do(r)
			if err != nil && len(request.body) > 10_000 {
				continue // answered and closed before all of it was written
			}
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
		}
		time.Sleep(2 * testWindow)
		s.look(22)
	})
}

func TestTheClientLogsNoIDOfASession(t *testing.T) {
	for fault, fail := range map[string]func(w http.ResponseWriter){
		"reset": func(w http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"503":   func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) },
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newSecretive(t)
			down := make(chan struct{})
			s.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				select {
				case <-down:
					if r.URL.Query().Get("sid") != "" {
						fail(w)
					}
				default:
					if r.URL.Query().Get("transport") == engineio.WebSocket {
						fail(w)
					}
				}
				s.srv.ServeHTTP(w, r)
			})
			logger := slog.New(slog.NewTextHandler(&s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			c := s.connected(&ClientOptions{DialOptions: engineio.DialOptions{Logger: logger}})
			synctest.Wait()
			for socket := range s.srv.Sockets() {
				s.secrets = append(s.secrets, socket.Conn().ID())
			}
			close(down)
			err := c.Emit("fail", 1)
			time.Sleep(time.Minute)
			fmt.Fprintln(&s.log, err)
			s.look(3)
			if !strings.Contains(s.log.String(), "no websocket to upgrade to") {
				t.Errorf("%s: the log has nothing of an upgrade:\n%s", fault, s.log.String())
			}
		})
	}
}
