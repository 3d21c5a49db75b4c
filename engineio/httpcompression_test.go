package engineio

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

func TestTheCodingThatAClientLikesBest(t *testing.T) {
	for _, tt := range []struct {
		accept string // lines
		want   string
	}{
		{"", ""},
		{"gzip", "gzip"},
		{"deflate", "deflate"},
		{"gzip, deflate, br", "gzip"},
		{"deflate, gzip", "deflate"},
		{"gzip;q=0.5, deflate", "deflate"},
		{"gzip;q=0.5, deflate;q=0.501", "deflate"},
		{"deflate;q=0.5, gzip;q=0.5", "deflate"},
		{"GZIP", "gzip"},
		{" deflate ; Q=0.2 ,\tgzip ; q=0.1", "deflate"},
		{"*", "gzip"},
		{"*, gzip;q=0", "deflate"},
		{"gzip;q=0, *;q=0.1", "deflate"},
		{"*;q=0, deflate", "deflate"},
		{"deflate;q=0.5, *;q=0.5", "deflate"},
		{"deflate;q=0.5, *", "gzip"},
		{"br\ndeflate", "deflate"},
		{"br, zstd, identity", ""},
		{"gzip;q=0", ""},
		{"*;q=0", ""},
		{"gzip;q=0, deflate;q=0.000", ""},
		{"gzip;q=", ""},
		{"gzip;q=x", ""},
		{"gzip;q=NaN", ""},
		{"gzip;q=-1", ""},
		{"gzip;q=2", ""},
		{"gzip;level=9;q=0.5, deflate;q=0.4", "gzip"},
		{"x-gzip, gzipped", ""},
		{",,;;=", ""},
	} {
		var lines []string
		if tt.accept != "" {
			lines = strings.Split(tt.accept, "\n")
		}
		got := ""
		if c := acceptedCoding(lines); c != nil {
			got = c.name
		}
		if got != tt.want {
			t.Errorf("%q: %q, want %q", tt.accept, got, tt.want)
		}
	}
}

// fetched is a poll's answer, decoded.
func fetched(t *testing.T, a answer) (text, coding string) {
	t.Helper()
	if length := a.header.Get("Content-Length"); length != strconv.Itoa(len(a.body)) {
		t.Errorf("Content-Length %q for %d bytes", length, len(a.body))
	}
	var r io.Reader = strings.NewReader(a.body)
	var err error
	coding = a.header.Get("Content-Encoding")
	switch coding {
	case "gzip":
		r, err = gzip.NewReader(r)
	case "deflate":
		r, err = zlib.NewReader(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b), coding
}

func TestAnswersToPollsAreCompressed(t *testing.T) {
	body := func(n int) []Message { return []Message{{Data: bytes.Repeat([]byte("x"), n-1)}} }
	plain := func(ms []Message) []Message {
		ms[0].Uncompressed = true
		return ms
	}
	source := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 100_000)
	for i := range noise {
		noise[i] = byte(source.Uint32())
	}
	for _, tt := range []struct {
		name      string
		threshold int
		accept    string
		messages  []Message
		want      string
	}{
		{"at the threshold", 0, "gzip", body(1024), "gzip"},
		{"below the threshold", 0, "gzip", body(1023), ""},
		{"as much as the client likes", 0, "deflate, gzip", body(2000), "deflate"},
		{"large", 0, "gzip", body(1_000_000), "gzip"},
		{"what gets little smaller", 0, "gzip", []Message{{Data: noise, Binary: true}}, "gzip"},
		{"a client that accepts nothing", 0, "identity", body(2000), ""},
		{"a client that accepts something else", 0, "br, zstd", body(2000), ""},
		{"a threshold of its own", 10, "gzip", body(10), "gzip"},
		{"below a threshold of its own", 5000, "gzip", body(4999), ""},
		{"switched off", -1, "gzip", body(5000), ""},
		{"a message that is not to be", 0, "gzip", plain(body(5000)), ""},
		{"several, together at the threshold", 0, "gzip", append(body(600), body(423)...), "gzip"},
		{"several, of which one may be", 0, "gzip", append(plain(body(5000)), body(2)...), "gzip"},
		{"several, of which none may be", 0, "gzip", append(plain(body(5000)), plain(body(5000))...), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, &Options{HTTPCompression: tt.threshold}, func(c *Conn, _ Message) bool { return c.Send(tt.messages...) == nil })
			sid := r.poll()
			want := newPayload(tt.messages)
			for range 2 { // the second with what the first has left in pools
				r.want("a message", "POST", "transport=polling&sid="+sid, "4x", 200, "ok")
				a := r.ask("GET", "/socket.io/?EIO=4&transport=polling&sid="+sid, "", "Accept-Encoding: "+tt.accept)
				text, coding := fetched(t, a)
				if coding != tt.want || text != want {
					t.Errorf("%d bytes, encoded %q; want %d, encoded %q", len(text), coding, len(want), tt.want)
				}
				if a.header["Content-Type"][0] != contentText[0] || a.header["Cache-Control"][0] != "no-store" || a.header["Vary"] != nil {
					t.Errorf("headers %v", a.header)
				}
			}
		})
	}
}

// newPayload is the messages as a poll carries them.
func newPayload(ms []Message) string {
	var o outbox
	o.addMessages(ms)
	payload, _ := o.appendPayload(nil, separated)
	return string(payload)
}

func TestAHandshakeIsCompressedToo(t *testing.T) {
	r := newRig(t, &Options{HTTPCompression: 50}, nil)
	a := r.ask("GET", "/socket.io/?EIO=4&transport=polling", "", "Accept-Encoding: gzip")
	if text, coding := fetched(t, a); coding != "gzip" || !strings.HasPrefix(text, `0{"sid":"`) {
		t.Errorf("%q, encoded %q", text, coding)
	}
}

func TestRefusalsAndAnswersToPOSTsAreNotCompressed(t *testing.T) {
	r := newRig(t, &Options{HTTPCompression: 1}, nil)
	sid := r.poll()
	for _, a := range []answer{
		r.ask("POST", "/socket.io/?EIO=4&transport=polling&sid="+sid, "4x", "Accept-Encoding: gzip"),
		r.ask("GET", "/socket.io/?EIO=4&transport=polling&sid=unknown", "", "Accept-Encoding: gzip"),
	} {
		if a.header["Content-Encoding"] != nil {
			t.Errorf("%v is encoded", a)
		}
	}
}
