// Package publish lets any program that can send an HTTP request send events to the clients
// of a server, or of a cluster.
package publish

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json/jsontext"
	"encoding/json/v2"
	"errors"
	"net/http"
	"strings"

	"socketio"
)

// What one request may have.
const (
	MaxBytes = 1 << 20 // of the body
	MaxRooms = 1000    // named in rooms and except together
)

// A Request is the body of a request, as JSON.
type Request struct {
	Namespace string           `json:"namespace"` // "" is "/"
	Rooms     []string         `json:"rooms"`     // without any, to all clients of the namespace
	Except    []string         `json:"except"`
	Volatile  bool             `json:"volatile"`
	Event     string           `json:"event"`
	Args      []jsontext.Value `json:"args"`
}

// Handler returns a handler that sends the event of each request to clients of one of the
// namespaces. It belongs on a route of its own, such as "POST /publish", beside the server's.
//
// A request must have the header "Authorization: Bearer" with the key, which Handler panics
// without. The answer is 202 without a body as soon as the event has been given to the clients
// of this server and to the bus; clients do not confirm it. Other answers have a JSON object
// with the member "error": 400 for what is no [Request], 401 without the key, 404 for another
// namespace, 405 for another method than POST, 413 for more than [MaxBytes], and 503 while too
// much waits for the bus or if the server is closed.
//
// Who has the key may send any event to any client, so it belongs to back ends only, and the
// route behind TLS.
func Handler(key string, namespaces ...*socketio.Namespace) http.Handler {
	if key == "" {
		panic("publish: Handler: a key is needed")
	}
	h := &handler{key: sha256.Sum256([]byte(key)), namespaces: map[string]*socketio.Namespace{}}
	for _, ns := range namespaces {
		h.namespaces[ns.Name()] = ns
	}
	return h
}

type handler struct {
	key        [sha256.Size]byte // its hash, as long as that of any other
	namespaces map[string]*socketio.Namespace
}

// ServeHTTP answers one request.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if status, err := h.publish(w, r); err != nil {
		text, _ := json.Marshal(map[string]string{"error": err.Error()}, jsontext.AllowInvalidUTF8(true))
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.WriteHeader(status)
		w.Write(text)
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

// Why a request is refused.
var (
	errMethod    = errors.New("the method must be POST")
	errKey       = errors.New("the key is missing or wrong")
	errNamespace = errors.New("there is no such namespace")
	errRooms     = errors.New("too many rooms")
	errEvent     = errors.New("an event without a name")
)

// publish sends the event of a request, or returns why not, with the status for that.
func (h *handler) publish(w http.ResponseWriter, r *http.Request) (status int, err error) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return http.StatusMethodNotAllowed, errMethod
	}
	if !h.allows(r) {
		w.Header().Set("WWW-Authenticate", "Bearer")
		return http.StatusUnauthorized, errKey
	}
	var p Request
	if err := json.UnmarshalRead(http.MaxBytesReader(w, r.Body, MaxBytes), &p, json.RejectUnknownMembers(true)); err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return http.StatusRequestEntityTooLarge, err
		}
		return http.StatusBadRequest, err
	}
	switch {
	case p.Event == "":
		return http.StatusBadRequest, errEvent
	case len(p.Rooms)+len(p.Except) > MaxRooms:
		return http.StatusBadRequest, errRooms
	}
	if p.Namespace == "" {
		p.Namespace = "/"
	}
	ns := h.namespaces[p.Namespace]
	if ns == nil {
		return http.StatusNotFound, errNamespace
	}
	switch err := p.emit(ns); {
	case errors.Is(err, socketio.ErrServerClosed), errors.Is(err, socketio.ErrQueueFull):
		return http.StatusServiceUnavailable, err
	case err != nil:
		return http.StatusBadRequest, err
	}
	return http.StatusAccepted, nil
}

// allows says whether a request has the key. How long it takes says nothing of the key.
func (h *handler) allows(r *http.Request) bool {
	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	given := sha256.Sum256([]byte(key))
	return subtle.ConstantTimeCompare(given[:], h.key[:]) == 1 && strings.EqualFold(scheme, "Bearer")
}

func (p *Request) emit(ns *socketio.Namespace) error {
	b := ns.All().Except(p.Except...)
	if len(p.Rooms) > 0 {
		b = b.To(p.Rooms...)
	}
	if p.Volatile {
		b = b.Volatile()
	}
	args := make([]any, len(p.Args))
	for i := range p.Args {
		args[i] = p.Args[i]
	}
	return b.EmitArgs(p.Event, args...)
}
