package main

import "socketio"

// The contract of clients and server.
const (
	Say    socketio.Call[message, socketio.None] = "say"
	Judge  socketio.Call[farewell, verdict]      = "judge"
	Forget socketio.Call[string, socketio.None]  = "forget" // of the name; apart, as Judge may come twice
	News   socketio.Event[string]                = "news"
)

// A message has the name that its sender has for all of its connections, and a number that
// counts from 1.
type message struct {
	Name   string `json:"name"`
	Number int    `json:"number"`
	Text   string `json:"text"`
}

// A farewell says which of its messages a client knows to have arrived.
type farewell struct {
	Name  string `json:"name"`
	Acked int    `json:"acked"`
}

// A verdict is what the server has of a client's messages.
type verdict struct {
	Lost    int `json:"lost"`    // that were acknowledged and are not there
	Skipped int `json:"skipped"` // of which a later one came first
	Twice   int `json:"twice"`
}
