package admin

import (
	"encoding/json/jsontext"
	"encoding/json/v2"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"socketio"
)

// annotationName is where servers for Node keep, in the data of a socket, what an admin on
// another server is to know of its connection.
const annotationName = "_admin"

// An annotation is what is kept there.
type annotation struct {
	ClientID  string `json:"clientId"`
	Transport string `json:"transport"`
}

// annotate is a hook of [socketio.Trace].
func (a *Admin) annotate(s *socketio.Socket) (string, any) { return annotationName, connectionOf(s) }

// connectionOf says by which connection a socket is connected: by the beginning of its
// session's id, as all of it is a secret.
func connectionOf(s *socketio.Socket) annotation {
	id := s.Conn().ID()
	return annotation{ClientID: id[:min(len(id), 12)], Transport: s.Conn().Transport()}
}

// shown describes a socket of this server.
func (a *Admin) shown(s *socketio.Socket) shownSocket {
	name, connection := s.Namespace().Name(), connectionOf(s)
	return shownSocket{
		ID: s.ID(), ClientID: connection.ClientID, Transport: connection.Transport, Namespace: name,
		Data: a.dataOf(s), Handshake: a.shownHandshake(s.Handshake()),
		Rooms: withoutMark(slices.Collect(s.Rooms())),
	}
}

// shownRemote describes a socket of another server.
func (a *Admin) shownRemote(namespace string, info *socketio.SocketInfo) shownSocket {
	shown := shownSocket{
		ID: info.ID, Namespace: namespace, Data: jsontext.Value("{}"),
		Handshake: a.shownHandshake(&info.Handshake), Rooms: withoutMark(slices.Clone(info.Rooms)),
	}
	data, err := info.Data[map[string]any]()
	if err != nil {
		return shown // what has no members has no annotation
	}
	if connection, ok := data[annotationName].(map[string]any); ok {
		shown.ClientID, _ = connection["clientId"].(string)
		shown.Transport, _ = connection["transport"].(string)
	}
	delete(data, annotationName)
	shown.Data = a.shownData(namespace, data, true)
	return shown
}

// withoutMark takes out the room by which we know dashboards.
func withoutMark(rooms []string) []string {
	return slices.DeleteFunc(rooms, func(room string) bool { return room == dashboards })
}

// shownHandshake leaves out what the client gave as its auth.
func (a *Admin) shownHandshake(h *socketio.Handshake) shownHandshake {
	return shownHandshake{
		Address: shownAddress(h), Headers: a.shownHeaders(h.Header), Query: a.shownQuery(h.URL.Query()),
		Issued: h.Time.UnixMilli(), Secure: h.Secure, Time: h.Time.UTC().Format(jsDate),
		URL: a.shownURL(h.URL.RequestURI()), XDomain: h.CrossOrigin,
	}
}

// shownAddress returns what the proxies that most have in front say of the client. It is for
// being read only, as clients can say so too.
func shownAddress(h *socketio.Handshake) string {
	for _, name := range []string{"Cf-Connecting-Ip", "X-Forwarded-For"} {
		if said := h.Header.Get(name); said != "" {
			return said
		}
	}
	return h.RemoteAddr
}

// dataOf returns what is shown as the data of a socket of this server.
func (a *Admin) dataOf(s *socketio.Socket) jsontext.Value {
	data, _ := s.Data[any]()
	return a.shownData(s.Namespace().Name(), data, false)
}

// shownData returns an object for the data of a socket, which nobody else has if it came from
// another server. Others are the program's: another goroutine may change a map while it
// is encoded, which would end the process.
func (a *Admin) shownData(namespace string, data any, own bool) (text jsontext.Value) {
	defer func() {
		if v := recover(); v != nil {
			text = object("error", fmt.Sprintf("it cannot be shown: %v", v))
		}
	}()
	switch {
	case a.options.Data != nil:
		data = a.options.Data(namespace, data)
	case data == nil:
	case !own && !isFixed(reflect.TypeOf(data)):
		return object("hidden", fmt.Sprintf("a %T, which the program may change at any time; see admin.Options.Data", data))
	}
	if data == nil {
		return jsontext.Value("{}")
	}
	text, err := json.Marshal(plain(data), showOptions)
	switch {
	case err != nil:
		return object("error", err.Error())
	case text.Kind() != '{':
		return object("value", text)
	}
	return text
}

// object returns an object with one member.
func object(name string, value any) jsontext.Value {
	text, err := json.Marshal(map[string]any{name: value}, showOptions)
	if err != nil {
		return jsontext.Value("{}")
	}
	return text
}

// showOptions let through what JavaScript lets through, and show the same the same way each time.
var showOptions = json.JoinOptions(json.Deterministic(true), jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))

// isFixed says whether nobody can change a value of a type once it is in an interface.
func isFixed(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Struct:
		if t == reflect.TypeFor[time.Time]() {
			return true
		}
		for field := range t.Fields() {
			if !isFixed(field.Type) {
				return false
			}
		}
		return true
	case reflect.Array:
		return isFixed(t.Elem())
	case reflect.Bool, reflect.String, reflect.Float32, reflect.Float64:
		return true
	default:
		return reflect.Int <= t.Kind() && t.Kind() <= reflect.Uintptr
	}
}

// plain returns a decoded value with what cannot be shown replaced: bytes, which would be
// sent beside the event, and numbers that JSON does not have.
func plain(v any) any {
	switch v := v.(type) {
	case []byte:
		return fmt.Sprintf("[%d bytes]", len(v))
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = plain(v[name])
		}
	}
	return v
}

// shownArgs returns an array with the arguments of an event, which begins with name unless
// it is "". If that is longer than limit it has the beginning of the text instead.
func (a *Admin) shownArgs(namespace string, m *socketio.Message, name string, limit int) jsontext.Value {
	args := make([]any, m.Len())
	into := make([]any, len(args))
	for i := range args {
		into[i] = &args[i]
	}
	err := m.Decode(into...)
	if err == nil && a.options.Args != nil {
		args = a.options.Args(namespace, m.Event, args)
	}
	for i := range args {
		args[i] = plain(args[i])
	}
	text, failed := json.Marshal(args, showOptions)
	if err == nil {
		err = failed
	}
	switch {
	case err != nil:
		args = []any{"[cannot be shown: " + err.Error() + "]"}
	case len(text) > limit:
		args = []any{strings.ToValidUTF8(string(text[:limit]), "") + fmt.Sprintf("… [%d bytes]", len(text))}
	case name == "":
		return text
	}
	if name != "" {
		args = append([]any{name}, args...)
	}
	if text, err = json.Marshal(args, showOptions); err != nil {
		return jsontext.Value("[]")
	}
	return text
}
