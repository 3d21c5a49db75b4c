package transcript

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// A Transcript is a conversation that can be played. It does not change.
type Transcript struct {
	Name      string
	Prose     string // all that comes before the first section
	Server    string // for which server it is; "" for the usual one
	OursAlone string // why other servers may behave otherwise; "" if they may not

	steps []step
	last  int // the number of the last line
}

// A step is a line with the headers below it.
type step struct {
	line    int
	text    string // as written
	client  bool
	kind    kind
	channel string // "GET", "200" or "ws", without the name
	name    string // behind a colon; "" without
	query   string // of a request, or of a WebSocket that is opened
	data    string // text, body, or binary data
	code    int    // of a close frame or a response
	parked  bool
	headers []header
}

type header struct {
	line        int
	name, value string
}

// A kind is what a step does or expects.
type kind int

const (
	request       kind = iota // C: sends a request
	response                  // S: expects an answer
	opening                   // C: opens a WebSocket
	message                   // a text message
	binaryMessage             // a binary message
	closing                   // a close frame
	hangUp                    // C: hangs up; S: expects that the server does
	silence                   // S: expects nothing
	anyBody                   // S: expects an answer with whatever body
)

// An Error says which line of a transcript is wrong, or what the server said instead.
type Error struct {
	Name string // the transcript's
	Line int
	What string
}

// Error begins with the place, as compilers' messages do.
func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %s", e.Name, e.Line, e.What) }

// Parse reads a transcript. Its errors are of type *Error.
func Parse(name, text string) (*Transcript, error) {
	t := &Transcript{Name: name}
	wire, first, err := t.sections(text)
	if err != nil {
		return nil, err
	}
	for i, line := range wire {
		t.last = first + i
		if err := t.addLine(t.last, line); err != nil {
			return nil, err
		}
	}
	if len(t.steps) == 0 {
		return nil, t.fail(t.last, "nobody says anything")
	}
	return t, nil
}

func (t *Transcript) fail(line int, format string, args ...any) error {
	return &Error{t.Name, line, fmt.Sprintf(format, args...)}
}

// sections takes the prose in, and returns the lines of the section "wire" and the
// number of the first.
func (t *Transcript) sections(text string) (wire []string, first int, err error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	begin := len(lines)
	for i, line := range lines {
		section, ok := between(line, "-- ", " --")
		if !ok {
			continue
		}
		if section != "wire" || begin < len(lines) {
			return nil, 0, t.fail(i+1, "section %q; there is one, called wire", section)
		}
		begin = i
	}
	if begin == len(lines) {
		return nil, 0, t.fail(begin, "no section called wire")
	}
	t.Prose = strings.Join(lines[:begin], "\n")
	for _, line := range lines[:begin] {
		if server, ok := strings.CutPrefix(line, "Server: "); ok {
			t.Server = server
		}
		if reason, ok := strings.CutPrefix(line, "Ours alone: "); ok {
			t.OursAlone = reason
		}
	}
	return lines[begin+1:], begin + 2, nil
}

// between returns what a line has between its beginning and its end.
func between(line, begin, end string) (middle string, ok bool) {
	middle, ok = strings.CutPrefix(line, begin)
	if !ok {
		return "", false
	}
	return strings.CutSuffix(middle, end)
}

// addLine takes in one line of the wire.
func (t *Transcript) addLine(number int, line string) error {
	text := strings.TrimSpace(line)
	switch {
	case text == "", text[0] == '#':
		return nil
	case line[0] == ' ', line[0] == '\t':
		return t.addHeader(number, text)
	}
	side, rest := word(text)
	channel, content := word(rest)
	s := step{line: number, text: text, client: side == "C"}
	s.channel, s.name, _ = strings.Cut(channel, ":")
	content = toBytes.Replace(content)
	var what string
	switch {
	case side != "C" && side != "S":
		what = "a line begins with C or S"
	case s.channel == "ws":
		what = s.webSocket(content)
	case s.client:
		what = s.request(content)
	default:
		what = s.response(content)
	}
	if what != "" {
		return t.fail(number, "%s", what)
	}
	t.steps = append(t.steps, s)
	return nil
}

// toBytes replaces signs by the bytes they stand for, and toSigns does the reverse: the
// pictures of control characters, and ▪ for 255.
var toBytes, toSigns = signs()

func signs() (toBytes, toSigns *strings.Replacer) {
	there, back := []string{"▪", "\xff"}, []string{"\xff", "▪"}
	for c := range ' ' {
		picture := string('␀' + c)
		there = append(there, picture, string(c))
		back = append(back, string(c), picture)
	}
	return strings.NewReplacer(there...), strings.NewReplacer(back...)
}

// word splits off the first word of a line.
func word(line string) (first, rest string) {
	end := strings.IndexAny(line, " \t")
	if end < 0 {
		return line, ""
	}
	return line[:end], strings.TrimLeft(line[end:], " \t")
}

func (t *Transcript) addHeader(number int, text string) error {
	name, value, ok := strings.Cut(text, ": ")
	if !ok {
		return t.fail(number, "an indented line is a header, such as \"Name: value\"")
	}
	if len(t.steps) == 0 {
		return t.fail(number, "a header belongs to a line above it")
	}
	s := &t.steps[len(t.steps)-1]
	if s.kind != request && s.kind != response && s.kind != opening && s.kind != anyBody {
		return t.fail(number, "only requests and responses have headers")
	}
	s.headers = append(s.headers, header{number, name, value})
	return nil
}

// The methods below take in what a line says, and return what is wrong with it.

func (s *step) request(content string) (wrong string) {
	switch s.channel {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions, http.MethodHead:
	default:
		return fmt.Sprintf("%q is neither a method nor ws", s.channel)
	}
	if content == "(cut)" {
		s.kind = hangUp
		return ""
	}
	s.kind = request
	content, s.parked = strings.CutSuffix(content, "(parked)")
	s.query, s.data = word(strings.TrimSpace(content))
	if !strings.HasPrefix(s.query, "?") {
		return "a request has a query, which begins with ?"
	}
	return ""
}

func (s *step) response(content string) (wrong string) {
	code, err := strconv.Atoi(s.channel)
	if err != nil || len(s.channel) != 3 {
		return fmt.Sprintf("%q is neither a status nor ws", s.channel)
	}
	s.kind, s.code, s.data = response, code, content
	if content == "(any)" {
		s.kind = anyBody
	}
	return ""
}

func (s *step) webSocket(content string) (wrong string) {
	if s.client && strings.HasPrefix(content, "?") {
		s.kind, s.query = opening, content
		return ""
	}
	special, ok := between(content, "(", ")")
	if !ok {
		s.kind, s.data = message, content
		return ""
	}
	name, value := word(special)
	switch {
	case name == "binary":
		return s.binary(value)
	case name == "close":
		s.kind = closing
		var err error
		if s.code, err = strconv.Atoi(value); err != nil {
			return "a close frame has a code, such as (close 1000)"
		}
	case special == "cut" && s.client, special == "end" && !s.client:
		s.kind = hangUp
	case special == "nothing" && !s.client:
		s.kind = silence
	default:
		return fmt.Sprintf("%q is nothing that the %s can do", content, side(s.client))
	}
	return ""
}

func (s *step) binary(digits string) (wrong string) {
	data, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
	if err != nil {
		return "binary data is written in hexadecimal digits"
	}
	s.kind, s.data = binaryMessage, string(data)
	return ""
}

func side(client bool) string {
	if client {
		return "client"
	}
	return "server"
}
