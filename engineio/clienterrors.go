package engineio

import (
	"encoding/json/v2"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"socketio/internal/hint"
)

// maxExcerpt is how much of an answer a ResponseError quotes.
const maxExcerpt = 256

// A ResponseError is what a server, or a proxy in front of it, has answered to a
// request of a client in place of what Engine.IO wants: another status, an error page,
// packets that are none. A server's own refusal is in Err, a [*HandshakeError]. On a
// WebSocket, which was opened by a status of 101, it is a message that is no packet.
type ResponseError struct {
	Status     int           // of the HTTP answer
	Body       string        // its first bytes, or the message's; at most 256
	RetryAfter time.Duration // what the answer's Retry-After asks for, at most an hour; 0 without one
	Err        error         // what is wrong with it; a *HandshakeError if it says so itself
}

// Error gives the status, what is wrong, and how the answer begins.
func (e *ResponseError) Error() string {
	text := "engineio: the server answered " + strconv.Itoa(e.Status)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	if e.Body != "" {
		text += fmt.Sprintf(", beginning with %.64q", e.Body)
	}
	return text
}

// Unwrap returns what is wrong with the answer.
func (e *ResponseError) Unwrap() error { return e.Err }

// newResponseError describes an answer whose body begins like that.
func newResponseError(resp *http.Response, body []byte, err error) *ResponseError {
	e := &ResponseError{
		Status: resp.StatusCode, Body: excerpt(body),
		RetryAfter: retryAfter(resp.Header.Get("Retry-After")), Err: err,
	}
	var refusal struct {
		Code    *int   `json:"code"`
		Message string `json:"message"`
	}
	if resp.StatusCode >= http.StatusBadRequest && json.Unmarshal(body, &refusal) == nil && refusal.Code != nil {
		_, fix := hint.OfCode(*refusal.Code)
		e.Err = &HandshakeError{Code: *refusal.Code, Message: refusal.Message, advice: advice{text: fix}}
	}
	return e
}

// newMessageError describes a message of a WebSocket that begins like that.
func newMessageError(message []byte, err error) *ResponseError {
	return &ResponseError{Status: http.StatusSwitchingProtocols, Body: excerpt(message), Err: err}
}

// excerpt is the beginning of what was received, to be quoted.
func excerpt(b []byte) string {
	return strings.ToValidUTF8(string(b[:min(len(b), maxExcerpt)]), "\uFFFD")
}

// retryAfter reads the header of that name: seconds, or a date.
func retryAfter(value string) time.Duration {
	if seconds, err := strconv.Atoi(value); err == nil {
		return time.Duration(min(max(seconds, 0), maxRetryAfter)) * time.Second
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(time.Until(at), 0), maxRetryAfter*time.Second)
}

// maxRetryAfter is how many seconds a server can ask for.
const maxRetryAfter = 3600
