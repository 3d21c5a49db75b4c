package ws

import (
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A HandshakeError says why a handshake failed. From [Check] it is what to answer:
// a status, headers to add, and a reason that is safe to show. From [Dial] it is
// what the server answered, and the reason says what was wrong with it.
type HandshakeError struct {
	Status int
	Header http.Header
	Reason string
}

// Error gives the status and the reason.
func (e *HandshakeError) Error() string {
	return fmt.Sprintf("ws: handshake failed with status %d: %s", e.Status, e.Reason)
}

// Check says whether r is a WebSocket handshake that can be accepted (RFC 6455
// §4.2.1), and if not, what to answer; it returns nil when all is well. It takes
// time linear in the size of the headers. What extensions r offers does not matter:
// an offer that is bad is one that is not accepted.
func Check(r *http.Request) *HandshakeError {
	switch {
	case r.Method != http.MethodGet:
		return badRequest("method must be GET")
	case r.ProtoMajor != 1 || r.ProtoMinor != 1:
		return badRequest("protocol must be HTTP/1.1")
	case !hasToken(r.Header["Connection"], "upgrade"):
		return badRequest("no Upgrade in the Connection header")
	case !hasToken(r.Header["Upgrade"], "websocket"):
		return badRequest("no websocket in the Upgrade header")
	}
	if version := r.Header["Sec-Websocket-Version"]; len(version) != 1 || version[0] != "13" {
		return &HandshakeError{
			Status: http.StatusUpgradeRequired,
			Header: http.Header{
				"Connection":            {"Upgrade"},
				"Upgrade":               {"websocket"},
				"Sec-Websocket-Version": {"13"},
			},
			Reason: "WebSocket version must be 13",
		}
	}
	if key := r.Header["Sec-Websocket-Key"]; len(key) != 1 || !validKey(key[0]) {
		return badRequest("bad Sec-WebSocket-Key header")
	}
	if !validSubprotocols(r.Header["Sec-Websocket-Protocol"]) {
		return badRequest("bad Sec-WebSocket-Protocol header")
	}
	return nil
}

func badRequest(reason string) *HandshakeError {
	return &HandshakeError{Status: http.StatusBadRequest, Reason: reason}
}

// ErrLost says that a connection was taken over from net/http and then broke, before the
// handshake was answered. Nobody can be answered any more.
var ErrLost = errors.New("ws: the connection was lost")

// Accept takes r's connection over from net/http and answers 101. [Check] must
// have passed. The answer also carries h, whose values are made safe by turning
// control characters into spaces; names that are no tokens, and those that the
// handshake itself decides, are left out. If r offers subprotocols and h has no
// Sec-WebSocket-Protocol, the first one offered is chosen: browsers give up without
// one. The frames are written with the answer: what the server says first.
//
// The connection is the bare one, without deadlines, and the caller's to close;
// early is a copy of what the client has already sent behind the handshake, to be
// read before the connection is. If the connection cannot be taken over, the error
// names the type of the writer that cannot, w or one that it wraps, and w can still be
// used to answer; it cannot when the error wraps ErrLost.
func Accept(w http.ResponseWriter, r *http.Request, h http.Header, frames []byte) (conn net.Conn, early []byte, err error) {
	conn, early, err = TakeOver(w)
	if err == nil {
		err = Answer(conn, r, h, frames)
	}
	if err != nil {
		return nil, nil, err
	}
	return conn, early, nil
}

// TakeOver is the first half of [Accept], for callers who have something to do before the
// answer leaves: [Answer] is the other. The client has been told nothing yet.
func TakeOver(w http.ResponseWriter) (conn net.Conn, early []byte, err error) {
	conn, buffers, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, nil, fmt.Errorf("ws: taking over the connection of a %T: %w", innermost(w), err)
	}
	if n := buffers.Reader.Buffered(); n > 0 {
		peeked, _ := buffers.Reader.Peek(n)
		early = append(early, peeked...)
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		conn.Close()
		return nil, nil, fmt.Errorf("%w: clearing deadlines: %w", ErrLost, err)
	}
	return conn, early, nil
}

// Answer writes the answer to r, with h and frames as for [Accept], on the connection that
// [TakeOver] has returned. If that fails it closes the connection, and the error wraps
// ErrLost.
func Answer(conn net.Conn, r *http.Request, h http.Header, frames []byte) error {
	answer := append(appendAnswer(make([]byte, 0, 512), r, h), frames...)
	if _, err := conn.Write(answer); err != nil {
		conn.Close()
		return fmt.Errorf("%w: answering the handshake: %w", ErrLost, err)
	}
	return nil
}

// innermost returns the writer at which unwrapping ends: the one that is to blame where
// none on the way can give its connection away.
func innermost(w http.ResponseWriter) http.ResponseWriter {
	for {
		wrapper, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return w
		}
		w = wrapper.Unwrap()
	}
}

// appendAnswer appends the 101 response to r, with h added.
func appendAnswer(dst []byte, r *http.Request, h http.Header) []byte {
	dst = append(dst, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"...)
	dst = append(dst, "Sec-WebSocket-Accept: "...)
	dst = appendAcceptKey(dst, r.Header.Get("Sec-WebSocket-Key"))
	dst = append(dst, "\r\n"...)
	offered := firstToken(r.Header["Sec-Websocket-Protocol"])
	for _, name := range sortedNames(h) {
		if !isToken(name) || decidedHere(name) {
			continue
		}
		if strings.EqualFold(name, "Sec-WebSocket-Protocol") {
			offered = ""
		}
		for _, value := range h[name] {
			dst = appendField(dst, name, value)
		}
	}
	if offered != "" {
		dst = appendField(dst, "Sec-WebSocket-Protocol", offered)
	}
	return append(dst, "\r\n"...)
}

// sortedNames are the names in h, in order.
func sortedNames(h http.Header) []string {
	if len(h) == 0 {
		return nil
	}
	return slices.Sorted(maps.Keys(h))
}

// decidedHere says whether the handshake itself says what the header holds, or
// that there is none.
func decidedHere(name string) bool {
	switch http.CanonicalHeaderKey(name) {
	case "Upgrade", "Connection", "Sec-Websocket-Accept", "Content-Length", "Transfer-Encoding":
		return true
	}
	return false
}

func appendField(dst []byte, name, value string) []byte {
	dst = append(append(dst, name...), ": "...)
	for i := range len(value) {
		c := value[i]
		// A line break would let whoever chose the value write headers of their own.
		if c < ' ' && c != '\t' || c == 0x7F {
			c = ' '
		}
		dst = append(dst, c)
	}
	return append(dst, "\r\n"...)
}

// acceptKey is the answer to a key (RFC 6455 §4.2.2).
func acceptKey(key string) string { return string(appendAcceptKey(nil, key)) }

func appendAcceptKey(dst []byte, key string) []byte {
	var room [2 * sha1.BlockSize]byte
	sum := sha1.Sum(append(append(room[:0], key...), "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"...))
	return base64.StdEncoding.AppendEncode(dst, sum[:])
}

// validKey says whether the key is 16 bytes in base64.
func validKey(key string) bool {
	if len(key) != 24 || key[22:] != "==" {
		return false
	}
	for i := range 22 {
		switch c := key[i]; {
		case 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '+', c == '/':
		default:
			return false
		}
	}
	return true
}

// validSubprotocols says whether the header, where there is one, is a list of
// distinct tokens.
func validSubprotocols(values []string) bool {
	if len(values) == 0 {
		return true
	}
	seen := map[string]bool{}
	for _, value := range values {
		for name := range strings.SplitSeq(value, ",") {
			name = strings.Trim(name, " \t")
			if !isToken(name) || seen[name] {
				return false
			}
			seen[name] = true
		}
	}
	return true
}

// hasToken says whether a header that is a comma-separated list has the token,
// which is lower-case, in any case.
func hasToken(values []string, token string) bool {
	for _, value := range values {
		for element := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.Trim(element, " \t"), token) {
				return true
			}
		}
	}
	return false
}

// firstToken returns the first element of a header that is a comma-separated list.
func firstToken(values []string) string {
	if len(values) == 0 {
		return ""
	}
	first, _, _ := strings.Cut(values[0], ",")
	return strings.Trim(first, " \t")
}

// isToken says whether s is a token of RFC 9110 §5.6.2.
func isToken(s string) bool {
	for i := range len(s) {
		if !isTokenByte(s[i]) {
			return false
		}
	}
	return s != ""
}

func isTokenByte(c byte) bool {
	return c > ' ' && c < 0x7F && strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) < 0
}
