package sio5

import (
	"bytes"
	"encoding/json/jsontext"
	"errors"
	"slices"
	"testing"

	"socketio/internal/corpus"
)

// A parsed is one of testdata/parsed.jsonl: a text, and what the official parser makes of it
// and of as many attachments as it announces, each the byte of its number.
// interop/js/corpus/parsers.mjs has written them.
type parsed struct {
	Text    string         `json:"text"`
	Refused bool           `json:"refused"`
	Type    Type           `json:"type"`
	Nsp     string         `json:"nsp"`
	ID      *uint64        `json:"id"`
	Data    jsontext.Value `json:"data"`
}

// whole decodes a text with its attachments.
func whole(text string) (p Packet, err error) {
	var d Decoder
	p, complete, err := d.Text([]byte(text))
	for i := byte(0); err == nil && !complete; i++ {
		p, complete, err = d.Binary([]byte{i}, true)
	}
	return p, err
}

// stricter says for which reasons texts are refused that the official parser takes.
var stricter = []string{
	"an empty packet",
	"no JSON array", // but nothing, or white space before it
	"not the data of a CONNECT or CONNECT_ERROR", // but white space before it
	"an id greater than 2^53-1",
	"more attachments announced than used",
	"a second placeholder for one attachment",
}

// plain are the types that the official parser gives to packets with attachments.
var plain = map[Type]Type{BinaryEvent: Event, BinaryAck: Ack}

// What both take they take for the same, and what the official parser refuses is refused.
func TestPacketsAreWhatTheOfficialParserMakesOfThem(t *testing.T) {
	seen := map[string]bool{}
	for _, one := range corpus.Read[parsed](t, jsontext.AllowDuplicateNames(true)) {
		p, err := whole(one.Text)
		refused, _ := errors.AsType[*DecodeError](err)
		if as, binary := plain[p.Type]; binary {
			p.Type = as
		}
		switch {
		case refused != nil && !one.Refused && slices.Contains(stricter, refused.Reason):
			seen[refused.Reason] = true
		case (err != nil) != one.Refused:
			t.Errorf("%q: %v, refused by the other: %v (%s)", one.Text, err, one.Refused, one.Data)
		case err != nil:
		case p.Type != one.Type || p.Namespace != one.Nsp || p.HasID != (one.ID != nil) || one.ID != nil && p.ID != *one.ID:
			t.Errorf("%q: %+v, want %+v", one.Text, p, one)
		case !sameData(t, p.Data, one.Data):
			t.Errorf("%q: data %s, want %s", one.Text, p.Data, one.Data)
		}
	}
	if len(seen) != len(stricter) {
		t.Errorf("texts were refused for %v only: not each exception is needed", seen)
	}
}

// sameData compares two JSON texts by what they mean.
func sameData(t *testing.T, a, b []byte) bool {
	t.Helper()
	if len(a) == 0 || len(b) == 0 {
		return len(a) == len(b)
	}
	for _, data := range []*[]byte{&a, &b} {
		v := jsontext.Value(bytes.Clone(*data))
		if err := v.Canonicalize(jsontext.AllowDuplicateNames(true)); err != nil {
			t.Fatalf("%s: %v", *data, err)
		}
		*data = v
	}
	return bytes.Equal(a, b)
}
