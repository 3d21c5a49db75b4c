package socketio

import (
	"net/url"
	"strings"

	"socketio/eio3"
)

// Clients of Socket.IO 2 speak revision 3 of Engine.IO, and an older protocol above it. Its
// packets are those of today but for joining a namespace, which is what this file is about:
// a client is in "/" without asking for it; it makes its ids itself; where it asks for
// another namespace it puts what is auth today behind the name, as a query; and a refusal is
// what the middleware had to say, bare.

// isVersion2 says whether the client is one of these.
func (p *peer) isVersion2() bool {
	return p.conn.Protocol() == eio3.Revision
}

// letIn makes a new client's place in "/", where begin lets it in.
func (p *peer) letIn() *Socket {
	s := newSocket(p.srv.Namespace, p, nil)
	s.id = p.socketID(s.ns)
	s.inbox.busy = true
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sockets = append(p.sockets, s)
	return s
}

// socketID returns what such a client takes for its socket's id in ns.
func (p *peer) socketID(ns *Namespace) string {
	if ns.name == "/" {
		return p.conn.ID()
	}
	return ns.name + "#" + p.conn.ID()
}

// splitQuery takes the query off a namespace and returns it as a JSON object of strings, nil
// if there is none. Of a name that comes twice the last value counts.
func splitQuery(namespace string) (name string, auth []byte) {
	name, query, found := strings.Cut(namespace, "?")
	if !found {
		return name, nil
	}
	values, _ := url.ParseQuery(query) // the rest of a query that has a fault
	last := make(map[string]string, len(values))
	for key, all := range values {
		last[key] = all[len(all)-1]
	}
	auth, _ = appendValue(nil, last) // strings can always be encoded
	return name, auth
}

// refusalV2 is the data of a refusal, or its message if it has none.
func (p *peer) refusalV2(reason *ConnectError) []byte {
	if reason.Data != nil {
		return p.appendData(nil, reason)
	}
	return appendString(nil, reason.Message)
}
