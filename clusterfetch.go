package socketio

import (
	"bytes"
	"context"
	"encoding/json/jsontext"
	"encoding/json/v2"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"socketio/adapter"
)

// fetchOthers adds the sockets of other servers to infos.
func (b *Broadcast) fetchOthers(ctx context.Context, infos []SocketInfo) ([]SocketInfo, error) {
	if !b.clustered() || b.nobody() {
		return infos, nil
	}
	news := make(chan struct{}, 1)
	r, err := b.ns.group.Ask(&adapter.Message{Type: adapter.FetchSockets, Targets: b.targets()}, news)
	if err != nil {
		return infos, published(err)
	}
	err = b.ns.gather(ctx, r, news, func(m *adapter.Message) bool {
		for i := range m.Sockets {
			infos = append(infos, remoteInfo(&m.Sockets[i], m.Attachments))
		}
		return true
	})
	return infos, err
}

// describe tells another server which sockets b selects.
func (ns *Namespace) describe(b *Broadcast, m *adapter.Message) {
	reply := &adapter.Message{Type: adapter.FetchSocketsResponse}
	for _, socket := range b.sockets() {
		info := socket.info()
		s := adapter.Socket{ID: info.ID, Rooms: info.Rooms, Handshake: info.Handshake.encode()}
		att := reply.Attachments
		var err error
		data := info.data
		if info.encoded != nil {
			data, err = decodeTree(info.encoded, info.att)
		}
		if err == nil && data != nil {
			s.Data, reply.Attachments, err = describeData(att, data)
		}
		switch {
		case data == nil && err == nil:
			s.Data = emptyObject
		case err != nil:
			s.Data, reply.Attachments = emptyObject, att
			ns.server.reportBus(fmt.Errorf("socketio: the data of socket %s: %w", info.ID, err))
		}
		s.Data = ns.server.annotate(socket, s.Data)
		reply.Sockets = append(reply.Sockets, s)
	}
	ns.respond(m, reply)
}

// annotate adds what Trace.Annotate says to the data of a socket, if that is an object.
func (srv *Server) annotate(s *Socket, data []byte) []byte {
	for _, extra := range srv.annotations(s) {
		value, err := appendValue(nil, extra.value)
		if err != nil || !bytes.HasSuffix(data, []byte("}")) {
			continue
		}
		annotated := slices.Clone(data[:len(data)-1])
		if len(annotated) > 1 {
			annotated = append(annotated, ',')
		}
		annotated = append(appendString(annotated, extra.name), ':')
		data = append(append(annotated, value...), '}')
	}
	return data
}

// describeData encodes the data of a socket, whose encoder may panic.
func describeData(att [][]byte, data any) (text []byte, all [][]byte, err error) {
	defer contain(&err)
	return appendTree(nil, att, data, 1)
}

// remoteInfo returns what another server says of a socket.
func remoteInfo(s *adapter.Socket, att [][]byte) SocketInfo {
	encoded := s.Data
	if encoded == nil {
		encoded = emptyObject
	}
	return SocketInfo{ID: s.ID, Handshake: decodeHandshake(s.Handshake), Rooms: s.Rooms, encoded: encoded, att: att}
}

// handshakeJSON is a handshake as servers for Node describe it.
type handshakeJSON struct {
	Headers map[string]jsontext.Value `json:"headers"`
	Time    string                    `json:"time"`
	Address string                    `json:"address"`
	XDomain bool                      `json:"xdomain"`
	Secure  bool                      `json:"secure"`
	Issued  int64                     `json:"issued"` // Unix time in milliseconds
	URL     string                    `json:"url"`
	Query   map[string]string         `json:"query"`
	Auth    jsontext.Value            `json:"auth"`
}

// jsDate is how JavaScript prints a time.
const jsDate = "Mon Jan 02 2006 15:04:05 GMT+0000 (Coordinated Universal Time)"

// encode returns the JSON of h for other servers.
func (h *Handshake) encode() []byte {
	out := handshakeJSON{
		Headers: map[string]jsontext.Value{}, Time: h.Time.UTC().Format(jsDate), Address: h.RemoteAddr,
		XDomain: h.CrossOrigin, Secure: h.Secure, Issued: h.Time.UnixMilli(),
		URL: h.URL.RequestURI(), Query: map[string]string{}, Auth: h.auth,
	}
	for name, values := range h.Header {
		separator := ", "
		if name == "Cookie" {
			separator = "; "
		}
		out.Headers[strings.ToLower(name)] = appendString(nil, strings.Join(values, separator))
	}
	for name, values := range h.URL.Query() {
		out.Query[name] = values[len(values)-1]
	}
	if h.auth == nil {
		out.Auth = emptyObject
	}
	text, err := json.Marshal(&out, json.Deterministic(true), encodeOptions[0])
	if err != nil {
		return emptyObject // the client's auth object alone could be to blame, and was decoded before
	}
	return text
}

// decodeHandshake returns what text tells of a handshake. What it does not tell is empty.
func decodeHandshake(text []byte) Handshake {
	var in handshakeJSON
	h := Handshake{Header: http.Header{}, URL: new(url.URL)}
	if err := json.Unmarshal(text, &in, decodeOptions...); err != nil {
		return h
	}
	for name, value := range in.Headers {
		var one string
		var many []string
		if json.Unmarshal(value, &one, decodeOptions...) == nil {
			many = []string{one}
		} else if json.Unmarshal(value, &many, decodeOptions...) != nil {
			continue
		}
		h.Header[http.CanonicalHeaderKey(name)] = many
	}
	if u, err := url.ParseRequestURI(in.URL); err == nil {
		h.URL = u
	}
	h.RemoteAddr, h.CrossOrigin, h.Secure = in.Address, in.XDomain, in.Secure
	h.Time = time.UnixMilli(in.Issued)
	if bytes.HasPrefix(in.Auth, []byte("{")) {
		h.auth = in.Auth
	}
	return h
}
