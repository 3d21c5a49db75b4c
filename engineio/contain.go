package engineio

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
)

// A panic of the program's own code, which is called here in many places, must not end the
// server: it is logged and counted, and at most the connection ends.

// contained turns a panic of f into an error.
func contained(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = panicError{v}
		}
	}()
	return f()
}

type panicError struct{ value any }

func (e panicError) Error() string { return fmt.Sprint("panic: ", e.value) }

// errExit stands for a panic where a goroutine was ended by runtime.Goexit.
var errExit = errors.New("runtime.Goexit was called")

// contain logs and counts a panic, unless v is nil, and says whose it was. It is called by
// deferred functions with what recover has returned.
func (s *Server) contain(whose string, v any) {
	if v == nil {
		return
	}
	s.count.panicked.Add(1)
	s.log.Error("engineio: "+whose+" panicked", "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
}

// failed answers a request within which an option's function has panicked.
func (s *Server) failed(w http.ResponseWriter, v any) {
	if v == http.ErrAbortHandler { //nolint:errorlint // this value itself is net/http's sign
		panic(v)
	}
	s.contain("a function of Options", v)
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(http.StatusInternalServerError)
}

// addHeaders lets the program add headers to a response.
func (s *Server) addHeaders(h http.Header, r *http.Request, first bool) {
	if s.options.Header == nil {
		return
	}
	defer func() { s.contain("Options.Header", recover()) }()
	s.options.Header(h, r, first)
}
