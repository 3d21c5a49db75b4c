package redis

import (
	"encoding/base64"
	"encoding/json/jsontext"
	"encoding/json/v2"
	"strconv"
	"strings"

	"github.com/redis/rueidis"

	"socketio/adapter"
)

// An envelope is a message as the fields of an entry of the stream tell it.
type envelope struct {
	Type      adapter.MessageType `json:"type"`
	UID       string              `json:"uid"`
	Namespace string              `json:"nsp"`
	Data      jsontext.Value      `json:"data"`
}

// decodeOptions accept what JSON.stringify writes.
var decodeOptions = json.JoinOptions(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))

// kept says whether the message is one that a History keeps, as Kept of package adapter
// does. It is not, if it cannot be read.
func (e *envelope) kept() bool {
	if e.Type != adapter.Broadcast {
		return false
	}
	var data struct {
		RequestID jsontext.Value `json:"requestId"`
		Opts      struct {
			Flags struct {
				Volatile bool `json:"volatile"`
			} `json:"flags"`
		} `json:"opts"`
	}
	err := json.Unmarshal(e.Data, &data, decodeOptions)
	return err == nil && data.RequestID == nil && !data.Opts.Flags.Volatile
}

// persistent says whether the message passes through the stream.
func (e *envelope) persistent() bool {
	switch e.Type {
	case adapter.SocketsJoin, adapter.SocketsLeave, adapter.DisconnectSockets:
		return true
	default:
		return e.kept()
	}
}

// readEntry returns the message of an entry, and its offset if it is one that is kept. What
// is no message it returns in some form that is none.
func readEntry(entry *rueidis.XRangeEntry) (m []byte, at adapter.Offset) {
	f := entry.FieldValues
	number, err := strconv.Atoi(f["type"])
	if err != nil {
		return []byte("an entry without a type"), ""
	}
	e := envelope{Type: adapter.MessageType(number), UID: f["uid"], Namespace: f["nsp"]}
	var attachments [][]byte
	switch data := f["data"]; {
	case data == "":
		e.Data = jsontext.Value("null")
	case strings.HasPrefix(data, "{"):
		e.Data = jsontext.Value(data)
	default:
		if e.Data, attachments, err = decodeBase64(data); err != nil {
			return []byte("an entry with data that is none"), ""
		}
	}
	if e.kept() {
		at = adapter.Offset(entry.ID)
	}
	return adapter.Pack(e.text(), attachments), at
}

// text returns the JSON of the message, its members in the order of package adapter.
func (e *envelope) text() []byte {
	text := strconv.AppendInt([]byte(`{"type":`), int64(e.Type), 10)
	text = append(append(text, `,"data":`...), e.Data...)
	text = appendString(append(text, `,"uid":`...), e.UID)
	text = appendString(append(text, `,"nsp":`...), e.Namespace)
	return append(text, '}')
}

func appendString(dst []byte, s string) []byte {
	dst, _ = jsontext.AppendQuote(dst, s) // the error is invalid UTF-8, which is replaced by then
	return dst
}

// decodeBase64 returns the value that is in a string.
func decodeBase64(s string) (text []byte, attachments [][]byte, err error) {
	packed, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return nil, nil, err
	}
	return decodeBinary(packed)
}

// encodeBase64 takes decodeBase64 back.
func encodeBase64(text []byte, attachments [][]byte) (string, error) {
	packed, err := encodeBinary(text, attachments)
	return base64.StdEncoding.EncodeToString([]byte(packed)), err
}
