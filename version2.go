package socketio

import (
	"encoding/json/jsontext"
	"encoding/json/v2"
	"errors"
	"net/url"
	"slices"
	"strings"

	"socketio/eio3"
	"socketio/sio5"
)

// Clients of Socket.IO 2 speak revision 3 of Engine.IO, and an older protocol above it. Its
// packets are those of today but for joining a namespace, which is what this file is about:
// a client is in "/" without asking for it; it makes its ids itself; where it asks for
// another namespace it puts what is auth today behind the name, as a query; and a refusal is
// what the middleware had to say, bare.

// isVersion2 says whether the client is one of these, or the server one of that version.
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

// encodeQuery makes of auth, a JSON object, the query that a client of version 2 has in its
// place. What is no string stands in it as JSON.
func encodeQuery(auth []byte) ([]byte, error) {
	var members map[string]jsontext.Value
	if err := json.Unmarshal(auth, &members, decodeOptions...); err != nil {
		return nil, errors.New("socketio: for a server of version 2 auth is to be an object, for it becomes a query")
	}
	query := make(url.Values, len(members))
	for name, value := range members {
		var text string
		if json.Unmarshal(value, &text, decodeOptions...) != nil {
			text = string(value)
		}
		query.Set(name, text)
	}
	return []byte(query.Encode()), nil
}

// withQuery returns the query of a program's with that of encodeQuery added.
func withQuery(own url.Values, auth []byte) url.Values {
	added, _ := url.ParseQuery(string(auth)) // encodeQuery has made it
	for name, values := range own {
		added[name] = append(slices.Clip(values), added[name]...)
	}
	return added
}

// A mainState is what a client knows of its place in "/" at a server of version 2, which
// lets it in there without being asked.
type mainState uint8

const (
	// mainUnasked: the server has not said whether we are in. Next: mainTaken when a
	// socket waits for that, mainFree when the server has let us in and none does.
	mainUnasked mainState = iota

	// mainFree: we are in, and no socket is. Next: mainTaken.
	mainFree

	// mainTaken: a socket is in "/" or waits for it, or has been. It has to ask for it
	// to get in again.
	mainTaken
)

// request returns the packet that asks for a namespace, if there is to be one. Free says that
// the client is in it already. The caller holds Client.mu.
func (s *ClientSocket) request(l *clientConn, auth []byte) (packet sio5.Packet, asks, free bool) {
	packet = sio5.Packet{Type: sio5.Connect, Namespace: s.ns.name}
	switch {
	case !s.client.options.EIO3:
		packet.Data = s.resume(auth)
	case s.ns.name == "/":
		was := l.main
		l.main = mainTaken
		return packet, was == mainTaken, was == mainFree
	case len(auth) > 0:
		packet.Namespace += "?" + string(auth)
	}
	return packet, true, false
}

// unclaimed takes note that a server of version 2 has let the client into "/" where it has
// no socket. It returns the socket that has come to be meanwhile, if one has.
func (c *Client) unclaimed(p *peer) *Socket {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.sockets {
		if s.ns.name == "/" && s.socket != nil && s.socket.peer == p {
			return s.socket
		}
	}
	if c.link != nil && c.link.peer == p && c.link.main == mainUnasked {
		c.link.main = mainFree
	}
	return nil
}

// refusedV2 takes the error packet of a server of version 2: what its middleware said, bare,
// and later on what the program there sends as an error.
func (s *ClientSocket) refusedV2(socket *Socket, data []byte) {
	refusal := &ConnectError{}
	if json.Unmarshal(data, &refusal.Message, decodeOptions...) != nil {
		var told struct {
			Message string `json:"message"`
		}
		_ = json.Unmarshal(data, &refusal.Data, decodeOptions...) // the decoder has checked it
		_ = json.Unmarshal(data, &told, decodeOptions...)         // it need not have a message
		refusal.Message = told.Message
	}
	if socket.at() == pending {
		s.turnAway(socket, refusal)
		return
	}
	s.client.core.report(socket.Context(), socket, "an error of the server", refusal)
}
