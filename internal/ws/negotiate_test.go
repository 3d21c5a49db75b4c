package ws

import (
	"net/http"
	"strings"
	"testing"
)

const (
	offerAlone = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
	offerBoth  = "permessage-deflate; client_max_window_bits"
)

// offers is a table of what clients offer, and what a server answers that keeps no
// context, and one that does. Empty is no extension.
var offers = []struct{ name, offer, alone, takeover string }{
	{"nothing", "", "", ""},
	{"what Firefox offers", "permessage-deflate", offerAlone, "permessage-deflate"},
	{"what Chromium and Node offer", offerBoth, offerAlone, offerBoth + "=12"},
	{"a client that keeps no context", "permessage-deflate; client_no_context_takeover", offerAlone, "permessage-deflate; client_no_context_takeover"},
	{"a server that is to keep none", "permessage-deflate; server_no_context_takeover", offerAlone, "permessage-deflate; server_no_context_takeover"},
	{"neither keeps any", offerAlone, offerAlone, offerAlone},
	{"smallest window of ours", "permessage-deflate; server_max_window_bits=8", offerAlone + "; server_max_window_bits=8", "permessage-deflate; server_max_window_bits=8"},
	{"largest window of ours", "permessage-deflate; server_max_window_bits=15", offerAlone + "; server_max_window_bits=15", "permessage-deflate; server_max_window_bits=15"},
	{"smaller window of its own", offerBoth + "=9", offerAlone, offerBoth + "=9"},
	{"larger window of its own", offerBoth + "=15", offerAlone, offerBoth + "=12"},
	{"all four", offerAlone + "; server_max_window_bits=10; client_max_window_bits=11", offerAlone + "; server_max_window_bits=10", offerAlone + "; server_max_window_bits=10"},
	{"a quoted value", `permessage-deflate; server_max_window_bits="1\0"`, offerAlone + "; server_max_window_bits=10", "permessage-deflate; server_max_window_bits=10"},
	{"space everywhere", "\t permessage-deflate ;\tclient_max_window_bits = 10 ; server_no_context_takeover ,", offerAlone, "permessage-deflate; server_no_context_takeover; client_max_window_bits=10"},

	{"another extension first", "x-webkit-deflate-frame; no_context_takeover, permessage-deflate", offerAlone, "permessage-deflate"},
	{"the first good one of two", "permessage-deflate; server_max_window_bits=10, permessage-deflate", offerAlone + "; server_max_window_bits=10", "permessage-deflate; server_max_window_bits=10"},
	{"a good one behind a bad one", "permessage-deflate; server_max_window_bits=7, permessage-deflate", offerAlone, "permessage-deflate"},
	{"a good one on a line of its own", "permessage-deflate; unknown\npermessage-deflate", offerAlone, "permessage-deflate"},
	{"empty elements", ",, permessage-deflate", offerAlone, "permessage-deflate"},

	{"an unknown extension", "constructor", "", ""},
	{"another name", "permessage-deflate2", "", ""},
	{"another case", "Permessage-Deflate", "", ""},
	{"an unknown parameter", "permessage-deflate; bogus", "", ""},
	{"a parameter of Object.prototype", "permessage-deflate; __proto__=1", "", ""},
	{"no value where one must be", "permessage-deflate; server_max_window_bits", "", ""},
	{"a value where none must be", "permessage-deflate; server_no_context_takeover=1", "", ""},
	{"an empty value where none must be", `permessage-deflate; client_no_context_takeover=""`, "", ""},
	{"too small a window", offerBoth + "=7", "", ""},
	{"too large a window", "permessage-deflate; server_max_window_bits=16", "", ""},
	{"an enormous window", "permessage-deflate; server_max_window_bits=99", "", ""},
	{"a window with a leading zero", "permessage-deflate; server_max_window_bits=08", "", ""},
	{"a window with a sign", "permessage-deflate; server_max_window_bits=+9", "", ""},
	{"a window that is no number", "permessage-deflate; client_max_window_bits=x", "", ""},
	{"a parameter twice", "permessage-deflate; server_no_context_takeover; server_no_context_takeover", "", ""},
	{"a window twice", "permessage-deflate; client_max_window_bits; client_max_window_bits=10", "", ""},

	{"no name", "; server_no_context_takeover, permessage-deflate", "", ""},
	{"no name of a parameter", "permessage-deflate; ;", "", ""},
	{"no value behind the sign", "permessage-deflate; client_max_window_bits=", "", ""},
	{"a quote without an end", `permessage-deflate; client_max_window_bits="10`, "", ""},
	{"a quote that ends in a backslash", `permessage-deflate; client_max_window_bits="10\`, "", ""},
	{"two words", "permessage-deflate client_max_window_bits", "", ""},
	{"bytes that are no text", "permessage-deflate\x00", "", ""},
	{"a good one behind broken syntax", "x; =, permessage-deflate", "", ""},
}

func TestOffersAreAnsweredAsTheTableSays(t *testing.T) {
	alone, takeover := NewDeflater(DeflateOptions{}), NewDeflater(DeflateOptions{ContextTakeover: true})
	for _, o := range offers {
		t.Run(o.name, func(t *testing.T) {
			lines := strings.Split(o.offer, "\n")
			got, c := alone.Accept(lines)
			if got != o.alone || (c == nil) != (o.alone == "") {
				t.Errorf("%q is answered with %q and %v, want %q", o.offer, got, c, o.alone)
			}
			got, c = takeover.Accept(lines)
			if got != o.takeover || (c == nil) != (o.takeover == "") {
				t.Errorf("%q is answered with %q and %v with takeover, want %q", o.offer, got, c, o.takeover)
			}
		})
	}
}

func TestAClientTakesEveryAnswerOfOurs(t *testing.T) {
	for _, ours := range []bool{false, true} {
		client := NewDeflater(DeflateOptions{ContextTakeover: ours})
		for _, theirs := range []bool{false, true} {
			answer, s := NewDeflater(DeflateOptions{ContextTakeover: theirs}).Accept([]string{client.Offer()})
			c, ok := client.Agreed(response(answer))
			if !ok || c == nil || s == nil {
				t.Fatalf("client %v, server %v: %q gives %v, %v", ours, theirs, answer, c, ok)
			}
			both := ours && theirs
			if (c.sent != nil) != both || (s.sent != nil) != both || (c.received != nil) != both || (s.received != nil) != both {
				t.Errorf("client %v, server %v: they keep %v and %v, want %v", ours, theirs, c, s, both)
			}
		}
	}
}

func TestAnswersAreJudgedAsTheTableSays(t *testing.T) {
	for _, tt := range []struct {
		answer           string
		ok               bool
		bits             uint8
		kept, keptOfPeer bool
	}{
		{answer: "", ok: true},
		{answer: "permessage-deflate", ok: true, bits: 15, kept: true, keptOfPeer: true},
		{answer: offerAlone, ok: true, bits: 15},
		{answer: "permessage-deflate; server_no_context_takeover", ok: true, bits: 15, kept: true},
		{answer: "permessage-deflate; client_no_context_takeover; client_max_window_bits=9", ok: true, bits: 9, keptOfPeer: true},
		{answer: "permessage-deflate; server_max_window_bits=9", ok: true, bits: 15, kept: true, keptOfPeer: true},
		{answer: offerBoth},
		{answer: "permessage-deflate; server_max_window_bits=7"},
		{answer: "permessage-deflate; bogus"},
		{answer: "permessage-deflate, permessage-deflate"},
		{answer: "permessage-deflate, x-other"},
		{answer: "x-other"},
		{answer: "permessage-deflate;"},
	} {
		t.Run(tt.answer, func(t *testing.T) {
			c, ok := NewDeflater(DeflateOptions{ContextTakeover: true}).Agreed(response(tt.answer))
			if ok != tt.ok || (c != nil) != (tt.bits != 0) {
				t.Fatalf("%v, %v, want %v", c, ok, tt.ok)
			}
			if c == nil {
				return
			}
			if c.bits != tt.bits || (c.sent != nil) != tt.kept || (c.received != nil) != tt.keptOfPeer {
				t.Errorf("%d bits, keeping %v and %v, want %d, %v and %v", c.bits, c.sent, c.received, tt.bits, tt.kept, tt.keptOfPeer)
			}
		})
	}
}

func response(extensions string) *http.Response {
	h := http.Header{}
	if extensions != "" {
		h.Set("Sec-WebSocket-Extensions", extensions)
	}
	return &http.Response{Header: h}
}

func TestConnectionsWithoutContextShareOneCompression(t *testing.T) {
	d := NewDeflater(DeflateOptions{})
	_, one := d.Accept([]string{offerBoth})
	_, other := d.Accept([]string{"permessage-deflate"})
	_, narrow := d.Accept([]string{"permessage-deflate; server_max_window_bits=10"})
	if one != other || one == narrow {
		t.Errorf("%p, %p and %p with another window, want the first two the same", one, other, narrow)
	}
	if n := testing.AllocsPerRun(100, func() { d.Accept([]string{offerBoth}) }); n > 2 {
		t.Errorf("%v allocations for an answer, want at most 2", n)
	}
}

// FuzzOffers holds the negotiation to answers that a client which has made the offer
// can live with.
func FuzzOffers(f *testing.F) {
	for _, o := range offers {
		f.Add(o.offer, true)
		f.Add(o.offer, false)
	}
	f.Fuzz(func(t *testing.T, offer string, takeover bool) {
		d := NewDeflater(DeflateOptions{ContextTakeover: takeover})
		answer, c := d.Accept([]string{offer})
		if (answer == "") != (c == nil) {
			t.Fatalf("%q is answered with %q, but %v", offer, answer, c)
		}
		if c == nil {
			return
		}
		p, accepted, ok := agree([]string{answer})
		if !accepted || !ok {
			t.Errorf("%q is answered with %q, which is no answer", offer, answer)
		}
		if p.clientBits != 0 && !strings.Contains(offer, "client_max_window_bits") {
			t.Errorf("%q is answered with %q, which the client does not understand", offer, answer)
		}
		if !takeover && c.received != nil || !c.Alone() && p.serverAlone {
			t.Errorf("%q is answered with %q, and %v kept", offer, answer, c)
		}
	})
}
