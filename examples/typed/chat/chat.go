// Package chat is what a chat's server and its clients say to each other.
package chat

import (
	"errors"
	"time"

	"socketio"
)

// What clients send.
//
//sio:client
const (
	// Join enters a room, and is answered with those who are there.
	Join socketio.Call[JoinRequest, Roster] = "join"

	// Say sends a line to the room.
	Say socketio.Event[Line] = "say"

	// Leave goes back to the lobby.
	Leave socketio.Event[socketio.None] = "leave"

	// Upload sends a picture, with its name; the answer is where it can be fetched.
	Upload socketio.Call[socketio.Args2[string, []byte], string] = "upload"
)

// What the server sends.
//
//sio:server
const (
	// Said is a line that somebody has sent.
	Said socketio.Event[Line] = "said"

	// Moved tells that somebody has come or gone, with the room's name.
	Moved socketio.Event[socketio.Args2[string, Presence]] = "moved"

	// Roll asks a client for a throw of dice.
	Roll socketio.Call[socketio.None, [2]int] = "roll"
)

// Typing goes both ways.
const Typing socketio.Event[string] = "is typing"

// A JoinRequest asks for a room.
type JoinRequest struct {
	Room string `json:"room"`
	Nick string `json:"nick"`
	As   Role   `json:"as,omitzero"`
}

// Validate refuses what the server would not know how to show.
func (r JoinRequest) Validate() error {
	if r.Room == "" || r.Nick == "" {
		return errors.New("a room and a nick are needed")
	}
	return nil
}

// A Role is what somebody may do.
type Role string

// The roles.
const (
	Guest     Role = "guest"
	Moderator Role = "moderator"
)

// A Roster is who is in a room.
type Roster struct {
	Members []Member       `json:"members"`
	Topics  map[string]int `json:"topics"` // how many lines each has
}

// A Member is somebody in a room.
type Member struct {
	Nick  string    `json:"nick"`
	Since time.Time `json:"since"`
	Role  Role      `json:"role"`
	// Avatar is a picture, if there is one.
	Avatar []byte `json:"avatar,omitempty"`
}

// A Presence is a member who comes or goes.
type Presence struct {
	Member
	Here bool `json:"here"`
}

// A Line is what somebody says.
type Line struct {
	Text    string `json:"text"`
	From    string `json:"from,omitzero"`
	ReplyTo *Line  `json:"replyTo"`
}
