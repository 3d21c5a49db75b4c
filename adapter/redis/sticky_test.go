package redis

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"socketio"
	"socketio/engineio"
)

// twoServers starts two servers that are one cluster. They pass requests on to each other if
// that is wanted.
func twoServers(t *testing.T, passOn bool) (urls []string) {
	t.Helper()
	b := own(t)
	var servers []*socketio.Server
	for range 2 {
		web := httptest.NewUnstartedServer(nil)
		o := &socketio.Options{Bus: kinds["classic"](b.client(t))}
		if passOn {
			o.Advertise, o.ClusterSecret = web.Listener.Addr().String(), "a secret of a test"
		}
		srv := socketio.NewServer(o)
		web.Config.Handler = srv
		web.Start()
		t.Cleanup(web.Close)
		t.Cleanup(func() { srv.Close() })
		servers, urls = append(servers, srv), append(urls, web.URL)
	}
	for _, srv := range servers {
		until(t, "the meeting of the servers", func() bool {
			n, err := srv.ServerCount(t.Context())
			return n == 2 && err == nil
		})
	}
	return urls
}

var sidInAnswer = regexp.MustCompile(`"sid":"([^"]+)"`)

// answerTo returns the status and the body of the answer to a request.
func answerTo(t *testing.T, method, url, body string) (status int, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(b)
}

// opened opens a session by polling, and returns the query of its requests.
func opened(t *testing.T, url string) (query string) {
	t.Helper()
	const query0 = "/socket.io/?EIO=4&transport=polling"
	_, text := answerTo(t, http.MethodGet, url+query0, "")
	sid := sidInAnswer.FindStringSubmatch(text)
	if sid == nil {
		t.Fatalf("the answer to a handshake is %q", text)
	}
	return query0 + "&sid=" + sid[1]
}

func TestF19RequestsThatReachAnotherServer(t *testing.T) {
	urls := twoServers(t, false)
	t.Run("clients by WebSocket need not care", func(t *testing.T) {
		for i := range 10 {
			c := socketio.NewClient(urls[i%2], &socketio.ClientOptions{DialOptions: engineio.DialOptions{Transports: []string{engineio.WebSocket}}})
			if err := c.Connect(t.Context()); err != nil {
				t.Error(err)
			}
			c.Close()
		}
	})
	t.Run("those by polling are told at once", func(t *testing.T) {
		status, text := answerTo(t, http.MethodPost, urls[1]+opened(t, urls[0]), "40")
		if want := `{"code":1,"message":"Session ID unknown"}`; status != http.StatusBadRequest || strings.TrimSpace(text) != want {
			t.Errorf("the answer is %d %s, want 400 %s", status, text, want)
		}
	})
	t.Run("and served if the servers pass requests on", func(t *testing.T) {
		urls := twoServers(t, true)
		query := opened(t, urls[0])
		until(t, "the first answer", func() bool {
			status, text := answerTo(t, http.MethodPost, urls[1]+query, "40")
			return status == http.StatusOK && text == "ok"
		})
		if status, text := answerTo(t, http.MethodGet, urls[1]+query, ""); status != http.StatusOK || !strings.HasPrefix(text, `40{"sid":`) {
			t.Errorf("the answer is %d %s", status, text)
		}
		for i := range 10 {
			event := fmt.Sprintf(`42["e",%d]`, i)
			if status, text := answerTo(t, http.MethodPost, urls[i%2]+query, event); status != http.StatusOK {
				t.Errorf("message %d is answered by %d %s", i, status, text)
			}
		}
	})
}
