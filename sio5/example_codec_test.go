package sio5_test

import (
	"encoding/json/jsontext"
	"encoding/json/v2"
	"fmt"
	"log"

	"socketio/sio5"
)

// objects is a Codec: each packet is a text with one JSON object, in which the
// attachments are base64 strings.
type objects struct{}

// object is the form of a packet. Go encodes a []byte as base64.
type object struct {
	Type        sio5.Type      `json:"type"`
	Namespace   string         `json:"nsp"`
	ID          *uint64        `json:"id,omitzero"`
	Data        jsontext.Value `json:"data,omitzero"`
	Attachments [][]byte       `json:"bin,omitempty"`
}

func (objects) Binary() bool { return false }

func (objects) Append(dst []byte, p sio5.Packet) ([]byte, error) {
	o := object{Type: p.Type, Namespace: p.Namespace, Data: p.Data, Attachments: p.Attachments}
	if p.HasID {
		o.ID = &p.ID
	}
	text, err := json.Marshal(o)
	return append(dst, text...), err
}

func (objects) Decode(dst, message []byte) (p sio5.Packet, extended []byte, err error) {
	var o object
	if err = json.Unmarshal(message, &o); err != nil {
		return p, dst, &sio5.DecodeError{Reason: "not the JSON of a packet"}
	}
	p = sio5.Packet{Type: o.Type, Namespace: o.Namespace, Attachments: o.Attachments}
	if o.ID != nil {
		p.ID, p.HasID = *o.ID, true
	}
	extended = append(dst, o.Data...)
	p.Data = extended[len(dst):]
	return p, extended, nil
}

// A Codec of one's own, for socketio.Options.Codec.
func ExampleCodec() {
	var codec sio5.Codec = objects{}
	message, err := codec.Append(nil, sio5.Packet{
		Type: sio5.Event, Namespace: "/chat", ID: 7, HasID: true,
		Data:        []byte(`["say","hello",{"_placeholder":true,"num":0}]`),
		Attachments: [][]byte{[]byte("bytes")},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", message)

	// This is what the server does with a message that arrives.
	p, _, err := codec.Decode(nil, message)
	if err == nil {
		err = p.Check()
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s: %s, %q\n", p.Event, p.Args, p.Attachments)
	// Output:
	// {"type":2,"nsp":"/chat","id":7,"data":["say","hello",{"_placeholder":true,"num":0}],"bin":["Ynl0ZXM="]}
	// say: "hello",{"_placeholder":true,"num":0}, ["bytes"]
}
