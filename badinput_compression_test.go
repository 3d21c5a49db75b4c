package socketio_test

import (
	"bytes"
	"compress/flate"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"socketio"
	"socketio/engineio"
)

// compressing are the options of a server that takes compressed messages.
func compressing() *socketio.Options {
	return &socketio.Options{Options: engineio.Options{Deflate: engineio.Deflate{Enable: true}}}
}

// deflated is so many bytes of x, compressed as a message, without the empty block that
// is left away.
func deflated(size int) string {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestSpeed)
	if err != nil {
		panic(err)
	}
	for block := bytes.Repeat([]byte("x"), 1<<16); size > 0; size -= len(block) {
		if _, err := w.Write(block[:min(size, len(block))]); err != nil {
			panic(err)
		}
	}
	if err := w.Flush(); err != nil {
		panic(err)
	}
	return strings.TrimSuffix(b.String(), "\x00\x00\xff\xff")
}

// compressedWith is closedWith for a connection that has agreed on compression.
func compressedWith(code int, inputs ...string) func(v *victim) {
	return func(v *victim) {
		for _, input := range inputs {
			l, got := v.tryUpgrade("EIO=4&transport=websocket", "Sec-WebSocket-Extensions: permessage-deflate")
			if got.header["Sec-Websocket-Extensions"] == nil {
				v.Fatalf("compression was not agreed on: %v", got)
			}
			l.wantPrefix(`0{"sid":"`)
			l.write(input).wantClosed(code)
		}
		v.wantNothingDelivered()
	}
}

func TestBadCompression(t *testing.T) {
	const bit = 0x40 // of the first frame of a compressed message
	inputs := []badInput{
		{"B53 compressed length over the limit, CVE-2016-10542, CVE-2016-10544", compressing(), compressedWith(1009,
			"\xc1\xff\x00\x00\x00\x00\x00\x10\x00\x00", "\xc2\xff\x00\x00\x00\x00\x7f\xff\xff\xff", "\xc2\xff\xff\xff\xff\xff\xff\xff\xff\xff")},
		{"B54 compressed text that is not UTF-8", compressing(), compressedWith(1007, frame(0xC1, "\x00\x02\x00\xfd\xff4\xff\x00"))},
		{"B54 what cannot be inflated", compressing(), compressedWith(1007, frame(0xC1, "\xff\xff\xff"), frame(0xC2, "\x06"), frame(0xC1, deflated(5000)[:9]))},
		{"B55 endless compressed fragments, CVE-2026-48779", compressing(), compressedWith(1008,
			frame(bit|1, "")+strings.Repeat(frame(0x00, ""), 1024), frame(bit|2, "\x00")+strings.Repeat(frame(0x00, "\x00"), 1024))},
		{"B56 bomb, CVE-2026-1526, CVE-2026-54464, CVE-2026-54490", compressing(), func(v *victim) {
			bomb := deflated(50e6)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			compressedWith(1009, frame(0xC1, bomb), frame(0xC2, bomb), frame(bit|1, bomb[:9])+frame(0x00, bomb[9:999])+frame(0x80, bomb[999:]))(v)
			runtime.ReadMemStats(&after)
			if spent := after.TotalAlloc - before.TotalAlloc; spent > 3*10e6 {
				v.Errorf("three bombs cost %d bytes", spent)
			}
		}},
		{"B56 a byte more than the limit", compressing(), compressedWith(1009, frame(0xC1, deflated(1_000_001)))},
		{"B52 bits that were not agreed on", compressing(), compressedWith(1002,
			frame(0xA1, "40"), frame(0x91, "40"), frame(0xF1, "40"), frame(0xC9, ""), frame(0xC8, ""), frame(0x01, "4")+frame(0xC0, "0"))},
		{"B51 bad offer where others are accepted, GHSA-5v72-xg48-5rpm", compressing(), func(v *victim) {
			for _, offer := range []string{
				"constructor", "permessage-deflate; __proto__", "permessage-deflate; server_max_window_bits=99", ",,;;==",
				"permessage-deflate; x=\"", strings.Repeat("permessage-deflate; a,", 2000), strings.Repeat(" ,", 20<<10),
			} {
				l, got := v.tryUpgrade("EIO=4&transport=websocket", "Sec-WebSocket-Extensions: "+offer)
				if got.status != http.StatusSwitchingProtocols || got.header["Sec-Websocket-Extensions"] != nil {
					v.Errorf("%.60s: answered %v %v", offer, got, got.header)
				}
				l.wantPrefix(`0{"sid":"`)
			}
		}},
	}
	testBadInputs(t, inputs)
}
