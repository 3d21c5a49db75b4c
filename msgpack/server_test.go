package msgpack_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json/jsontext"
	"encoding/json/v2"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"

	"socketio"
	"socketio/msgpack"
)

// A client long-polls a server and shows packets in hexadecimal.
type client struct {
	t        *testing.T
	url      string
	received []string
}

// serve starts a server with this codec, which ends with the test.
func serve(t *testing.T) (srv *socketio.Server, url string) {
	srv = socketio.NewServer(&socketio.Options{Codec: msgpack.Codec{}, Logger: slog.New(slog.DiscardHandler)})
	web := httptest.NewServer(srv)
	t.Cleanup(func() {
		srv.Close()
		web.Close()
	})
	return srv, web.URL
}

// connect connects a client to the main namespace.
func connect(t *testing.T, url string) *client {
	t.Helper()
	c := &client{t: t, url: url + "/socket.io/?EIO=4&transport=polling"}
	var open struct {
		SID string `json:"sid"`
	}
	if err := json.Unmarshal([]byte(c.exchange(http.MethodGet, "")[1:]), &open); err != nil {
		t.Fatal(err)
	}
	c.url += "&sid=" + open.SID
	c.send(packet(0, "", "/"))
	if got := c.receive(); !strings.Contains(unhex(got), "\xa3sid\xb4") {
		t.Fatalf("CONNECT was answered by %s", got)
	}
	return c
}

func (c *client) exchange(method, body string) string {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), method, c.url, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		c.t.Fatalf("%s: %s %s, %v", method, response.Status, answer, err)
	}
	return string(answer)
}

func (c *client) send(message string) {
	c.t.Helper()
	c.exchange(http.MethodPost, "b"+base64.StdEncoding.EncodeToString([]byte(message)))
}

func (c *client) receive() string {
	c.t.Helper()
	if len(c.received) == 0 {
		c.received = strings.Split(c.exchange(http.MethodGet, ""), "\x1e")
	}
	message := c.received[0]
	c.received = c.received[1:]
	text, isBinary := strings.CutPrefix(message, "b")
	b, err := base64.StdEncoding.DecodeString(text)
	if !isBinary || err != nil {
		c.t.Fatalf("received %q", message)
	}
	return hex.EncodeToString(b)
}

// packet returns a packet whose data, if it is not "", is in hexadecimal.
func packet(kind int, data, namespace string) string {
	if data == "" {
		b := msgp.AppendInt(msgp.AppendString(msgp.AppendMapHeader(nil, 2), "type"), kind)
		return string(msgp.AppendString(msgp.AppendString(b, "nsp"), namespace))
	}
	b := msgp.AppendInt(msgp.AppendString(msgp.AppendMapHeader(nil, 3), "type"), kind)
	b = append(msgp.AppendString(b, "data"), unhex(data)...)
	return string(msgp.AppendString(msgp.AppendString(b, "nsp"), namespace))
}

func unhex(s string) string {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return string(b)
}

type roomRequest struct {
	Room  string         `json:"room"`
	Limit int            `json:"limit,omitzero"`
	Key   []byte         `json:"key,omitempty"`
	Extra map[string]any `json:"extra,omitempty"`
}

// own has methods of its own for JSON.
type own struct{ n int }

func (o own) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, `{ "own": %d }`, o.n), nil }

func (o *own) UnmarshalJSON(text []byte) error {
	_, err := fmt.Sscanf(string(text), `{"own":%d}`, &o.n)
	return err
}

func TestGoValuesLookAsTheyDoOverJSON(t *testing.T) {
	moment := time.Date(2026, 11, 23, 6, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name  string
		value any
		want  string
	}{
		{"nil", nil, "c0"},
		{"struct with tags", roomRequest{Room: "go"}, "81 a4726f6f6d a2676f"},
		{"struct with bytes", &roomRequest{Room: "", Key: []byte{1}}, "82 a4726f6f6d a0 a36b6579 c40101"},
		{"bytes", []byte{1, 2}, "c4020102"},
		{"empty bytes", []byte{}, "c400"},
		{"nil bytes", []byte(nil), "c0"},
		{"nil slice and map", []any{[]int(nil), map[string]int(nil)}, "92 90 80"},
		{"map", map[string]any{"a": []byte{3}}, "81 a161 c40103"},
		{"time", moment, "b4 323032362d31312d32335430363a30303a30305a"},
		{"own JSON methods", own{5}, "81 a36f776e 05"},
		{"own text methods", netip.MustParseAddr("::1"), "a3 3a3a31"},
		{"raw JSON", jsontext.Value(`[1, {"a" : null}]`), "92 01 81 a161 c0"},
		{"whole float", 2.0, "02"},
		{"fraction", 0.5, "cb 3fe0000000000000"},
		{"float32", float32(0.5), "cb 3fe0000000000000"},
		{"NaN", math.NaN(), "c0"},
		{"greatest int64", int64(math.MaxInt64), "cf 7fffffffffffffff"},
		{"least int64", int64(math.MinInt64), "d3 8000000000000000"},
		{"greatest uint64", uint64(math.MaxUint64), "cf ffffffffffffffff"},
		{"beyond integers", 1e300, "cb 7e37e43c8800759c"},
		{"invalid UTF-8", "a\xff", "a4 61efbfbd"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv, url := serve(t)
			c := connect(t, url)
			if err := srv.EmitArgs("v", tt.value); err != nil {
				t.Fatal(err)
			}
			want := hex.EncodeToString([]byte(packet(2, "92 a176"+tt.want, "/")))
			if got := c.receive(); got != want {
				t.Errorf("on the wire\n%s, want\n%s", got, want)
			}
		})
	}
}

// decodes sends an argument, in hexadecimal, to a handler that wants a T.
func decodes[T any](arg string, want T) func(t *testing.T) {
	return func(t *testing.T) {
		srv, url := serve(t)
		got := make(chan T, 1)
		srv.On("v", func(_ context.Context, _ *socketio.Socket, v T) error {
			got <- v
			return nil
		})
		connect(t, url).send(packet(2, "92 a176"+arg, "/"))
		select {
		case v := <-got:
			if !reflect.DeepEqual(v, want) {
				t.Errorf("decoded %#v, want %#v", v, want)
			}
		case <-time.After(10 * time.Second):
			t.Error("the handler was not called")
		}
	}
}

func TestHandlersGetWhatTheyAskFor(t *testing.T) {
	t.Run("a struct, names in any case", decodes("82 a4526f4f6d a2676f a36b6579 c40101", roomRequest{Room: "go", Key: []byte{1}}))
	t.Run("an int of any size", decodes("cf 0000000000000005", 5))
	t.Run("an int that came as a float", decodes("cb 4014000000000000", 5))
	t.Run("a negative int", decodes("d1 ff00", int64(-256)))
	t.Run("a float that came as an int", decodes("05", 5.0))
	t.Run("a float32", decodes("ca 3f000000", 0.5))
	t.Run("bytes", decodes("c403010203", []byte{1, 2, 3}))
	t.Run("an ArrayBuffer", decodes("c70300 010203", []byte{1, 2, 3}))
	t.Run("nil for bytes", decodes("c0", []byte(nil)))
	t.Run("a Date", decodes("d700 0000011f71fb04cb", time.UnixMilli(1234567890123).UTC()))
	t.Run("a timestamp", decodes("d6ff 00000001", time.Unix(1, 0).UTC()))
	t.Run("undefined", decodes("d40000", "")) // null is the zero value
	t.Run("own JSON methods", decodes("81 a36f776e 05", own{5}))
	t.Run("own text methods", decodes("a3 3a3a31", netip.MustParseAddr("::1")))
	t.Run("a map", decodes("81 a161 c40103", map[string]any{"a": []byte{3}}))
	t.Run("a map with integers for keys", decodes("81 07 a178", map[int]string{7: "x"}))
	t.Run("any", decodes[any]("94 01 c3 a178 c40100", []any{1.0, true, "x", []byte{0}}))
	t.Run("two arguments", decodes("01", socketio.Args2[int, string]{A: 1}))
	t.Run("raw JSON", decodes("82 a161 01 a162 c0", jsontext.Value(`{"a":1,"b":null}`)))
}

func TestAuthMayHaveBytesAsInJSON(t *testing.T) {
	srv, url := serve(t)
	admin := srv.Of("/admin")
	admin.Use(func(_ context.Context, s *socketio.Socket) (context.Context, error) {
		var auth struct {
			Token string `json:"token"` // in base64
		}
		if err := s.Handshake().DecodeAuth(&auth); err != nil || auth.Token != "AQID" {
			return nil, &socketio.ConnectError{Message: "no", Data: map[string]string{"token": auth.Token}}
		}
		return nil, nil
	})
	c := connect(t, url)
	c.send(packet(0, "81 a5746f6b656e c403010203", "/admin"))
	if got := unhex(c.receive()); !strings.Contains(got, "\xa3sid\xb4") {
		t.Errorf("with the token: %q", got)
	}
	other := connect(t, url)
	other.send(packet(0, "81 a5746f6b656e a178", "/admin"))
	want := hex.EncodeToString([]byte(packet(4, "82 a76d657373616765 a26e6f a464617461 81 a5746f6b656e a178", "/admin")))
	if got := other.receive(); got != want {
		t.Errorf("without: %s, want %s", got, want)
	}
}
