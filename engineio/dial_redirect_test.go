package engineio

import (
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestAPollingClientFollowsItsServerToAnotherHost(t *testing.T) {
	r := newRig(t, nil, nil)
	moved := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		http.Redirect(w, req, r.http.URL+req.URL.String(), http.StatusTemporaryRedirect)
	}))
	defer moved.Close()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	c, err := Dial(t.Context(), moved.URL, &DialOptions{Transports: []string{Polling}, HTTPClient: &http.Client{Transport: transport}})
	if err != nil {
		t.Fatal(err)
	}
	c.Send(Message{Data: []byte("over there")})
	if got := string(r.receive(c).Data); got != "over there" {
		t.Errorf("received %q", got)
	}
	c.Close()
	r.closure()
}

func TestNoRedirectLeadsFromHTTPSToHTTP(t *testing.T) {
	for name, own := range map[string]func(*http.Request, []*http.Request) error{
		"by default":                     nil,
		"unless the program wants it so": func(*http.Request, []*http.Request) error { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int32
			plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				asked.Add(1)
				w.WriteHeader(http.StatusTeapot)
			}))
			defer plain.Close()
			secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				http.Redirect(w, req, plain.URL, http.StatusFound)
			}))
			defer secure.Close()
			transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: secure.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}}
			defer transport.CloseIdleConnections()
			_, err := Dial(t.Context(), secure.URL, &DialOptions{
				Transports: []string{Polling}, HTTPClient: &http.Client{Transport: transport, CheckRedirect: own},
			})
			answer, ok := errors.AsType[*ResponseError](err)
			switch {
			case !ok:
				t.Errorf("Dial: %v", err)
			case own == nil && (answer.Status != http.StatusFound || asked.Load() != 0 || !strings.Contains(err.Error(), "from https to http")):
				t.Errorf("%d requests without encryption, %v", asked.Load(), err)
			case own != nil && (answer.Status != http.StatusTeapot || asked.Load() != 1):
				t.Errorf("%d requests without encryption, %v", asked.Load(), err)
			}
		})
	}
}

func TestPingsThatNobodyTakesTheAnswersOfEndAClientsConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		web := httptest.NewTestServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.FormValue("sid") == "":
				io.WriteString(w, `0{"sid":"x","pingInterval":25000,"pingTimeout":20000}`)
			case r.Method == http.MethodPost:
				io.Copy(io.Discard, r.Body) // net/http looks for the client's end behind it
				<-r.Context().Done()
			default:
				io.WriteString(w, strings.Repeat("2\x1e", 999)+"2")
			}
		}))
		c, err := Dial(t.Context(), web.URL, &DialOptions{Transports: []string{Polling}, QueueBytes: 100_000, HTTPClient: web.Client()})
		if err != nil {
			t.Fatal(err)
		}
		if _, err = c.Receive(t.Context()); !errors.Is(err, ErrQueueFull) {
			t.Errorf("the connection ended with %v", err)
		}
		time.Sleep(lingers)
	})
}
