package nats

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"socketio/adapter"
)

// prefix begins all subjects unless the options say otherwise.
const prefix = "socketio"

// maxToken is how long a token may be that says what it is for. The line of a message, with
// its subject, may have 4096 bytes.
const maxToken = 256

// A Mode says which rooms have subjects of their own, so that an event for one room reaches
// only the servers that have it. The names are those of the modes of package adapter/redis.
type Mode int

// The modes.
const (
	Dynamic        Mode = iota // all but those whose names are as long as the ID of a socket
	DynamicPrivate             // all, those of single sockets as well
	Static                     // none
)

// idLength is how long the ID of a socket is.
const idLength = 20

// subjects names the subjects of one fleet.
type subjects struct {
	prefix string
	mode   Mode
}

func newSubjects(given string, mode Mode) subjects {
	if given == "" {
		given = prefix
	}
	tokens := strings.Split(given, ".")
	for i, t := range tokens {
		tokens[i] = token(t)
	}
	return subjects{prefix: strings.Join(tokens, "."), mode: mode}
}

// of returns the subject of a topic.
func (s *subjects) of(to adapter.Topic) string {
	namespace := token(to.Namespace)
	switch {
	case to.Node != "":
		return s.prefix + ".node." + namespace + "." + token(to.Node)
	case s.own(to.Room):
		return s.prefix + ".room." + namespace + "." + token(to.Room)
	}
	return s.prefix + ".all." + namespace
}

// own says whether a room has a subject of its own.
func (s *subjects) own(room string) bool {
	switch s.mode {
	case DynamicPrivate:
		return room != ""
	case Dynamic:
		return room != "" && len(room) != idLength
	case Static:
	}
	return false
}

// token returns a name as a token of a subject: letters, digits, "-" and "_" as they are,
// all other bytes as "=" and two hexadecimal digits. In place of a name that is too long
// comes its hash.
func token(name string) string {
	const digits = "0123456789ABCDEF"
	plain := 0
	for plain < len(name) && isPlain(name[plain]) {
		plain++
	}
	if plain == len(name) && 0 < plain && plain <= maxToken {
		return name
	}
	if name == "" {
		return "="
	}
	if len(name) <= maxToken {
		t := append(make([]byte, 0, 3*len(name)), name[:plain]...)
		for _, b := range []byte(name[plain:]) {
			if isPlain(b) {
				t = append(t, b)
			} else {
				t = append(t, '=', digits[b>>4], digits[b&15])
			}
		}
		if len(t) <= maxToken {
			return string(t)
		}
	}
	hash := sha256.Sum256([]byte(name))
	return "=x" + hex.EncodeToString(hash[:])
}

func isPlain(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || b == '-' || b == '_'
}
