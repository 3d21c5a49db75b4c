package eio4

import (
	"encoding/hex"
	"errors"
	"slices"
	"testing"

	"socketio/internal/corpus"
)

// A parsed is one of testdata/parsed.jsonl: a payload, and what the official parser makes of
// it. interop/js/corpus/parsers.mjs has written them.
type parsed struct {
	Text    string `json:"text"`
	Refused bool   `json:"refused"`
	Packets []struct {
		Type string  `json:"type"`
		Data string  `json:"data"`
		Hex  *string `json:"hex"`
	} `json:"packets"`
}

var typeNames = map[Type]string{
	Open: "open", Close: "close", Ping: "ping", Pong: "pong", Message: "message", Upgrade: "upgrade", Noop: "noop",
}

// stricter says for which reasons texts are refused that the official parser takes.
var stricter = []error{ErrBase64}

// What both take they take for the same, and what the official parser refuses is refused.
func TestPayloadsAreWhatTheOfficialParserMakesOfThem(t *testing.T) {
	seen := map[error]bool{}
	for _, one := range corpus.Read[parsed](t) {
		got, err := packets([]byte(one.Text))
		refused, _ := errors.AsType[*DecodeError](err)
		switch {
		case refused != nil && !one.Refused && slices.Contains(stricter, refused.Err):
			seen[refused.Err] = true
			continue
		case (err != nil) != one.Refused:
			t.Errorf("%q: %v, refused by the other: %v", one.Text, err, one.Refused)
			continue
		case err != nil:
			continue
		case len(got) != len(one.Packets):
			t.Errorf("%q: %d packets, want %d", one.Text, len(got), len(one.Packets))
			continue
		}
		for i, want := range one.Packets {
			data := want.Data
			if want.Hex != nil {
				raw, err := hex.DecodeString(*want.Hex)
				if err != nil {
					t.Fatal(err)
				}
				data = string(raw)
			}
			if p := got[i]; typeNames[p.Type] != want.Type || string(p.Data) != data || p.Binary != (want.Hex != nil) {
				t.Errorf("%q: packet %d is %+v, want %+v", one.Text, i, p, want)
			}
		}
	}
	if len(seen) != len(stricter) {
		t.Errorf("texts were refused for %v only: not each exception is needed", seen)
	}
}
