package eio4

import (
	"errors"
	"slices"
	"testing"
	"time"
)

func sameHandshake(a, b Handshake) bool {
	return a.SID == b.SID && slices.Equal(a.Upgrades, b.Upgrades) &&
		a.PingInterval == b.PingInterval && a.PingTimeout == b.PingTimeout &&
		a.MaxPayload == b.MaxPayload
}

func TestHandshakesEncodeInTheOrderOfTheReferenceAndDecodeBack(t *testing.T) {
	for _, test := range []struct {
		handshake Handshake
		want      string
	}{
		{
			Handshake{"lv_VI97HAXpY6yYWAAAB", []string{"websocket"}, 25 * time.Second, 20 * time.Second, 1_000_000},
			`{"sid":"lv_VI97HAXpY6yYWAAAB","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`,
		},
		{
			Handshake{"x", nil, 300 * time.Millisecond, 0, 0},
			`{"sid":"x","upgrades":[],"pingInterval":300,"pingTimeout":0,"maxPayload":0}`,
		},
		{
			Handshake{"a\"\\\n€", []string{"websocket", "webtransport"}, time.Millisecond, time.Millisecond, 1},
			`{"sid":"a\"\\\n€","upgrades":["websocket","webtransport"],"pingInterval":1,"pingTimeout":1,"maxPayload":1}`,
		},
	} {
		got := AppendHandshake([]byte("0"), test.handshake)
		if string(got) != "0"+test.want {
			t.Errorf("AppendHandshake = %s, want %s", got, test.want)
		}
		back, err := DecodeHandshake(got[1:])
		if err != nil || !sameHandshake(back, test.handshake) {
			t.Errorf("DecodeHandshake(%s) = %v, %v", got[1:], back, err)
		}
	}
}

func TestPartsOfAMillisecondAreCut(t *testing.T) {
	got := string(AppendHandshake(nil, Handshake{SID: "x", PingInterval: 1_999_999}))
	if want := `{"sid":"x","upgrades":[],"pingInterval":1,"pingTimeout":0,"maxPayload":0}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestAClientPassesOverWhatItDoesNotKnow(t *testing.T) {
	got, err := DecodeHandshake([]byte(` {"pingTimeout":1,"new":[{}],"sid":"x","pingInterval":2} `))
	want := Handshake{SID: "x", PingInterval: 2 * time.Millisecond, PingTimeout: time.Millisecond}
	if err != nil || !sameHandshake(got, want) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestBadHandshakesAreRefused(t *testing.T) {
	for data, text := range map[string]string{
		``:                              "eio4: invalid handshake: not a JSON object at byte 0",
		`x`:                             "eio4: invalid handshake: not a JSON object at byte 0",
		`{"sid":"x"`:                    "eio4: invalid handshake: not a JSON object at byte 10",
		`{"sid":"x"}x`:                  "eio4: invalid handshake: not a JSON object at byte 11",
		`[]`:                            `eio4: invalid handshake: unfit value for "" at byte 0`,
		`{}`:                            "eio4: invalid handshake: no sid at byte 0",
		`{"sid":1}`:                     `eio4: invalid handshake: unfit value for "sid" at byte 7`,
		`{"sid":""}`:                    "eio4: invalid handshake: no sid at byte 0",
		`{"sid":"x","pingInterval":-1}`: "eio4: invalid handshake: pingInterval out of range at byte 0",
		`{"sid":"x","pingInterval":9223372036855}`:       "eio4: invalid handshake: pingInterval out of range at byte 0",
		`{"sid":"x","pingTimeout":-1}`:                   "eio4: invalid handshake: pingTimeout out of range at byte 0",
		`{"sid":"x","pingTimeout":9223372036855}`:        "eio4: invalid handshake: pingTimeout out of range at byte 0",
		`{"sid":"x","pingTimeout":"20000"}`:              `eio4: invalid handshake: unfit value for "pingTimeout" at byte 25`,
		`{"sid":"x","pingTimeout":99999999999999999999}`: `eio4: invalid handshake: unfit value for "pingTimeout" at byte 25`,
		`{"sid":"x","maxPayload":-1}`:                    "eio4: invalid handshake: negative maxPayload at byte 0",
		`{"sid":"x","upgrades":"websocket"}`:             `eio4: invalid handshake: unfit value for "upgrades" at byte 22`,
	} {
		got, err := DecodeHandshake([]byte(data))
		if !errors.Is(err, ErrHandshake) {
			t.Errorf("DecodeHandshake(%s) = %v, %v", data, got, err)
			continue
		}
		if err.Error() != text {
			t.Errorf("DecodeHandshake(%s): %q, want %q", data, err, text)
		}
	}
}
