package msgpack

import (
	"bytes"
	"encoding/hex"
	"testing"
)

func TestValuesTravelWithTheirAttachments(t *testing.T) {
	for _, tt := range []struct {
		text string
		att  [][]byte
		wire string
	}{
		{text: `null`, wire: "c0"},
		{text: `{"a":[1,-1,"x"]}`, wire: "81a1619301ffa178"},
		{text: `["e",{"_placeholder":true,"num":0}]`, att: [][]byte{{1, 2}}, wire: "92a165c4020102"},
	} {
		wire, err := AppendValue([]byte("before"), []byte(tt.text), tt.att)
		if got := hex.EncodeToString(bytes.TrimPrefix(wire, []byte("before"))); err != nil || got != tt.wire {
			t.Errorf("%s became %s (%v), want %s", tt.text, got, err, tt.wire)
		}
		wire = append(wire, 7)
		text, att, rest, err := ReadValue([]byte("in front:"), wire[len("before"):])
		if err != nil || string(text) != "in front:"+tt.text || len(att) != len(tt.att) || !bytes.Equal(rest, []byte{7}) {
			t.Errorf("%s came back as %s with %q and %v (%v)", tt.text, text, att, rest, err)
		}
		for i := range att {
			if !bytes.Equal(att[i], tt.att[i]) {
				t.Errorf("%s: attachment %d is %v", tt.text, i, att[i])
			}
		}
	}
	if _, err := AppendValue(nil, []byte(`[1`), nil); err == nil {
		t.Error("what is no JSON is a value")
	}
	if _, _, _, err := ReadValue(nil, []byte{0x92, 1}); err == nil {
		t.Error("what is cut off is a value")
	}
}
