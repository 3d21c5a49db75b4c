package postgres

import (
	"bytes"
	"encoding/json/jsontext"
	"encoding/json/v2"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"socketio/adapter"
	"socketio/msgpack"
)

// maxNotification is how many bytes a notification may have: less than 8,000, and some are
// for the offset or the address in front.
const maxNotification = 7900

// errNoMessage says that what is to be published is none.
var errNoMessage = errors.New("postgres: what is no message is not published")

// A notification is a message as it is published: its text, or with an attachment what is in
// front of the number of that.
type notification struct {
	text       string
	attachment []byte // MessagePack
}

// encode returns a message of package adapter as servers for Node understand it.
func (b *Bus) encode(m []byte) (*notification, error) {
	text, attachments, err := adapter.Unpack(m)
	if err != nil {
		return nil, err
	}
	if !utf8.Valid(text) {
		text = bytes.ToValidUTF8(text, []byte("\ufffd"))
	}
	if len(text) == 0 || text[0] != '{' {
		return nil, errNoMessage
	}
	if len(attachments) == 0 && len(text) <= maxNotification {
		return &notification{text: string(text)}, nil
	}
	var h struct {
		UID  string              `json:"uid"`
		Type adapter.MessageType `json:"type"`
	}
	if err := json.Unmarshal(text, &h, decodeOptions); err != nil {
		return nil, err
	}
	packed, err := msgpack.AppendValue(make([]byte, 0, len(text)), text, attachments)
	if err != nil {
		return nil, err
	}
	uid, _ := jsontext.AppendQuote(nil, h.UID) // the error is invalid UTF-8, which is replaced by then
	front := `{"uid":` + string(uid) + `,"type":` + strconv.Itoa(int(h.Type)) + `,"attachmentId":"`
	return &notification{text: front, attachment: packed}, nil
}

// decodeOptions accept what JSON.stringify writes.
var decodeOptions = json.JoinOptions(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))

// A header is what a notification tells of a message that is in the table.
type header struct {
	UID          string         `json:"uid"`
	AttachmentID jsontext.Value `json:"attachmentId"`

	id int64
}

// parseHeader returns the header that a notification is, if it is one.
func parseHeader(payload string) (h header, ok bool) {
	if !strings.Contains(payload, `"attachmentId"`) {
		return h, false
	}
	if err := json.Unmarshal([]byte(payload), &h, decodeOptions); err != nil {
		return h, false
	}
	id, err := strconv.ParseInt(strings.Trim(string(h.AttachmentID), `"`), 10, 64)
	h.id = id
	return h, err == nil
}

// addressMark is what is in front of a message that is for one node. Servers for Node ignore
// it, as they know by the request what the message is about.
const addressMark = `{"to":"`

// addressed returns the text of a notification for a node, or for all if that is "".
func addressed(node, text string) string {
	if node == "" || strings.ContainsAny(node, `"\`) {
		return text
	}
	return addressMark + node + `",` + text[1:]
}

// cutAddress takes addressed back.
func cutAddress(payload string) (node, text string, ok bool) {
	behind, marked := strings.CutPrefix(payload, addressMark)
	if !marked {
		return "", "", false
	}
	node, rest, ok := strings.Cut(behind, `",`)
	return node, "{" + rest, ok && node != ""
}

// emitterMark is in every message of an emitter.
var emitterMark = []byte(`"uid":"` + adapter.EmitterUID + `"`)

// named returns a message with the namespace of the channel that it came on, if it has none
// itself: the emitter for Node leaves it out.
func named(namespace string, m []byte) []byte {
	if !bytes.Contains(m, emitterMark) {
		return m
	}
	text, attachments, err := adapter.Unpack(m)
	if err != nil || len(text) == 0 || text[0] != '{' {
		return m
	}
	var e struct {
		Namespace *string `json:"nsp"`
	}
	if err := json.Unmarshal(text, &e, decodeOptions); err != nil || e.Namespace != nil {
		return m
	}
	with, _ := jsontext.AppendQuote([]byte(`{"nsp":`), namespace) // the error is invalid UTF-8, which is replaced by then
	if rest := bytes.TrimSpace(text[1:]); len(rest) > 1 {
		with = append(with, ',')
	}
	return adapter.Pack(append(with, text[1:]...), attachments)
}

// isText says whether the database takes s as text.
func isText(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }
