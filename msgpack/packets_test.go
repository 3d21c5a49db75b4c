package msgpack

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json/v2"
	"os"
	"testing"

	"socketio/sio5"
)

// A recorded packet is one of testdata/packets.jsonl, which interop/js/corpus/msgpack.mjs
// has made with the npm packages.
type recorded struct {
	Name        string     `json:"name"`
	Wire        hexBytes   `json:"wire"`        // of socket.io-msgpack-parser
	Text        string     `json:"text"`        // of socket.io-parser
	Attachments []hexBytes `json:"attachments"` // beside the text
	Once        bool       `json:"once"`        // the text does not tell all of what is in wire
}

type hexBytes []byte

func (b *hexBytes) UnmarshalText(text []byte) (err error) {
	*b, err = hex.AppendDecode(nil, text)
	return err
}

// packets returns the recorded packets.
func packets(t testing.TB) []recorded {
	t.Helper()
	file, err := os.Open("testdata/packets.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var all []recorded
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r recorded
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	if err := lines.Err(); err != nil || len(all) < 30 {
		t.Fatalf("%d packets, %v", len(all), err)
	}
	return all
}

// packet decodes the text of a recorded packet, and makes of it what a Codec is given.
func (r *recorded) packet(t *testing.T) sio5.Packet {
	t.Helper()
	var d sio5.Decoder
	p, complete, err := d.Text([]byte(r.Text))
	for _, attachment := range r.Attachments {
		if err == nil {
			p, complete, err = d.Binary(attachment, false)
		}
	}
	if err != nil || !complete {
		t.Fatalf("the recorded text: %v, complete: %v", err, complete)
	}
	if len(p.Attachments) > 0 {
		p.Type -= sio5.BinaryEvent - sio5.Event
	}
	return p
}

func TestPacketsAreDecodedAsTheirTextsWouldBe(t *testing.T) {
	for _, r := range packets(t) {
		t.Run(r.Name, func(t *testing.T) {
			p, _, err := Codec{}.Decode(nil, r.Wire)
			if err == nil {
				err = p.Check()
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := sio5.Append(nil, p); string(got) != r.Text {
				t.Errorf("decoded as\n%.300q, want\n%.300q", got, r.Text)
			}
			if len(p.Attachments) != len(r.Attachments) {
				t.Fatalf("%d attachments, want %d", len(p.Attachments), len(r.Attachments))
			}
			for i, got := range p.Attachments {
				if !bytes.Equal(got, r.Attachments[i]) {
					t.Errorf("attachment %d is %x, want %x", i, got, r.Attachments[i])
				}
			}
		})
	}
}

func TestPacketsAreEncodedToTheSameBytes(t *testing.T) {
	for _, r := range packets(t) {
		if r.Once {
			continue
		}
		t.Run(r.Name, func(t *testing.T) {
			got, err := Codec{}.Append([]byte("before"), r.packet(t))
			if err != nil {
				t.Fatal(err)
			}
			if want := "before" + string(r.Wire); string(got) != want {
				t.Errorf("encoded as\n%.300x, want\n%.300x", got, want)
			}
		})
	}
}
