package sio5

import (
	"errors"
	"strings"
	"testing"
)

func TestCheckCompletesWhatACodecDecoded(t *testing.T) {
	b := [][]byte{[]byte("b")}
	for _, tt := range []struct {
		name  string
		p     Packet
		typ   Type
		event string
		args  string
	}{
		{"connect", Packet{Type: Connect}, Connect, "", ""},
		{"connect with data", Packet{Type: Connect, Data: []byte(`{"a":1}`)}, Connect, "", ""},
		{"disconnect", Packet{Type: Disconnect, Namespace: "/x"}, Disconnect, "", ""},
		{"event", Packet{Type: Event, Data: []byte(`["e",1,"x"]`)}, Event, "e", `1,"x"`},
		{"event with attachment", Packet{Type: Event, Data: []byte(`["e",{"_placeholder":true,"num":0}]`), Attachments: b}, BinaryEvent, "e", `{"_placeholder":true,"num":0}`},
		{"ack", Packet{Type: Ack, HasID: true, Data: []byte(`[1]`)}, Ack, "", `1`},
		{"ack with attachment", Packet{Type: Ack, Data: []byte(`[{"_placeholder":true,"num":0}]`), Attachments: b}, BinaryAck, "", `{"_placeholder":true,"num":0}`},
		{"refusal", Packet{Type: ConnectError, Data: []byte(`{"message":"no"}`)}, ConnectError, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := tt.p
			if err := p.Check(); err != nil {
				t.Fatal(err)
			}
			if p.Type != tt.typ || string(p.Event) != tt.event || string(p.Args) != tt.args {
				t.Errorf("type %d, event %q, args %q", p.Type, p.Event, p.Args)
			}
			if p.Namespace == "" || p.AttachmentCount != len(p.Attachments) || string(p.Data) != string(tt.p.Data) {
				t.Errorf("packet %+v", p)
			}
		})
	}
}

func TestCheckRefusesWhatNoTextMayBe(t *testing.T) {
	b := [][]byte{[]byte("b")}
	for _, tt := range []struct {
		name string
		p    Packet
		want string
	}{
		{"unknown type", Packet{Type: BinaryEvent, Data: []byte(`["e"]`)}, "unknown packet type"},
		{"long namespace", Packet{Namespace: "/" + strings.Repeat("x", 256)}, "namespace longer than 256"},
		{"namespace of other bytes", Packet{Namespace: "/\xff"}, "not UTF-8"},
		{"great id", Packet{Type: Ack, HasID: true, ID: 1 << 53, Data: []byte(`[]`)}, "an id greater"},
		{"event without data", Packet{Type: Event}, "no JSON array"},
		{"event that is no array", Packet{Type: Event, Data: []byte(`{}`)}, "no JSON array"},
		{"event without name", Packet{Type: Event, Data: []byte(`[]`)}, "no event name"},
		{"reserved name", Packet{Type: Event, Data: []byte(`["disconnect"]`)}, "a reserved event name"},
		{"two values", Packet{Type: Ack, Data: []byte(`[][]`)}, "something after"},
		{"connect with an array", Packet{Type: Connect, Data: []byte(`[]`)}, "not the data of a CONNECT"},
		{"disconnect with data", Packet{Type: Disconnect, Data: []byte(`{}`)}, "a DISCONNECT with data"},
		{"connect with attachment", Packet{Type: Connect, Data: []byte(`{"a":{"_placeholder":true,"num":0}}`), Attachments: b}, "can have none"},
		{"attachment without placeholder", Packet{Type: Event, Data: []byte(`["e"]`), Attachments: b}, "more attachments announced"},
		{"forged placeholder", Packet{Type: Event, Attachments: b,
			Data: []byte(`["e",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]`)}, "a second placeholder"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.p.Check()
			if _, ok := errors.AsType[*DecodeError](err); !ok || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Check: %v, want a DecodeError with %q", err, tt.want)
			}
		})
	}
}
