package engineio

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"
)

// bodyTimeout is how long a POST's body may take to arrive.
const bodyTimeout = 30 * time.Second

// isBinary says whether a POST's body is bytes.
func isBinary(r *http.Request) bool {
	return firstValue(r.Header["Content-Type"]) == "application/octet-stream"
}

// readBody reads a POST's body in place of what into has, or says with which status to
// refuse it.
func readBody(w http.ResponseWriter, r *http.Request, into []byte, limit int, form payloadForm) (body []byte, status int, err error) {
	switch encoding := firstValue(r.Header["Content-Encoding"]); {
	case encoding != "" && encoding != "identity":
		return nil, http.StatusUnsupportedMediaType, protocolError("compressed body")
	case isBinary(r) && form != bytewise:
		return nil, http.StatusBadRequest, protocolError("binary body")
	case r.ContentLength > int64(limit):
		return nil, http.StatusRequestEntityTooLarge, errTooLarge
	}
	control := http.NewResponseController(w)
	control.SetReadDeadline(time.Now().Add(bodyTimeout)) // without it the server's own holds
	size := 512
	if r.ContentLength >= 0 {
		size = min(int(r.ContentLength)+1, firstBody) // room to see the end
	}
	if cap(into) < size {
		into = make([]byte, 0, size)
	}
	body, err = readUpTo(r.Body, into[:0], limit)
	control.SetReadDeadline(time.Time{})
	switch {
	case err != nil:
		return nil, bodyStatus(err), err
	case form != bytewise && !utf8.Valid(body):
		return nil, http.StatusBadRequest, protocolError("body is not UTF-8")
	}
	return body, 0, nil
}

// bodyStatus is what to answer when a body could not be read.
func bodyStatus(err error) int {
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, errTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.As(err, &timeout) && timeout.Timeout():
		return http.StatusRequestTimeout
	default:
		return http.StatusBadRequest
	}
}

// firstBody is the most that is set aside because a Content-Length says so. A length
// that lies must cost its sender as much as us.
const firstBody = 64 << 10

// readUpTo appends what r holds to b, up to limit bytes. With an error it returns what came
// before it.
func readUpTo(r io.Reader, b []byte, limit int) ([]byte, error) {
	for {
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case len(b) > limit:
			return b, errTooLarge
		case err == io.EOF:
			return b, nil
		case err != nil:
			return b, err
		case len(b) == cap(b):
			b = slices.Grow(b, len(b))
		}
	}
}

var errTooLarge = protocolError("body over the limit")
