package demo

import (
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"socketio"
)

// What the page sends.
const (
	Enter  socketio.Call[Entry, Entry]                 = "enter"  // go to another room
	Say    socketio.Call[Message, Receipt]             = "say"    // say something to the room
	Typing socketio.Event[bool]                        = "typing" // begin and end to write
	Echo   socketio.Call[socketio.None, socketio.None] = "echo"   // measure how long an answer takes
)

// What the server sends.
const (
	Said    socketio.Event[Line]     = "said"    // what somebody else has said
	Writing socketio.Event[Writer]   = "writing" // somebody else begins or ends to write
	People  socketio.Event[Presence] = "people"  // who is in the room now
	Rooms   socketio.Event[[]Room]   = "rooms"   // which rooms there are now
)

// Limits of what is said.
const (
	longestName    = 32   // of a person and of a room, in characters
	longestMessage = 2000 // in characters
	shownRooms     = 50
)

// An Entry is who somebody is and the room to go to. It is also the page's auth object.
type Entry struct {
	Name string `json:"name"`
	Room string `json:"room"`
}

// Validate refuses an entry without a name or a room, or with a very long one.
func (e Entry) Validate() error {
	if !isName(e.Name) || !isName(e.Room) {
		return errors.New("a name and a room have 1 to 32 characters")
	}
	return nil
}

func isName(s string) bool {
	return strings.TrimSpace(s) != "" && utf8.RuneCountInString(s) <= longestName
}

// A Message is a text, or a picture, or both.
type Message struct {
	Text  string `json:"text"`
	Image []byte `json:"image,omitempty"` // PNG, JPEG, GIF or WebP
}

// Validate refuses what is empty, too long, or no picture.
func (m Message) Validate() error {
	switch {
	case m.Text == "" && len(m.Image) == 0:
		return errors.New("nothing is said")
	case utf8.RuneCountInString(m.Text) > longestMessage:
		return errors.New("a message has 2000 characters at most")
	case len(m.Image) > 0 && !strings.HasPrefix(http.DetectContentType(m.Image), "image/"):
		return errors.New("this is no picture")
	}
	return nil
}

// A Receipt says that a message has arrived.
type Receipt struct {
	At     time.Time `json:"at"`
	Others int       `json:"others"` // to how many it was passed on
}

// A Line is what somebody has said.
type Line struct {
	Message
	From string    `json:"from"`
	At   time.Time `json:"at"`
}

// A Writer is somebody who begins to write, or ends.
type Writer struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	On   bool   `json:"on"`
}

// A Presence is who is in a room.
type Presence struct {
	Room   string   `json:"room"`
	People []Person `json:"people"`
}

// A Person is somebody in a room.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// A Room is a room with somebody in it.
type Room struct {
	Name   string `json:"name"`
	People int    `json:"people"`
}
