package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"socketio/eio3"
	"socketio/eio4"
	"socketio/engineio"
	"socketio/internal/hint"
	"socketio/sio5"
)

// An exchange is a request and what was answered.
type exchange struct {
	status  int
	header  http.Header
	cookies []*http.Cookie
	body    string
}

// engineURL is the URL of a request of Engine.IO.
func (d *doctor) engineURL(mounted, transport, sid string) string {
	u := *d.server
	switch u.Scheme {
	case "ws":
		u.Scheme = "http"
	case "wss":
		u.Scheme = "https"
	}
	u.Path = mounted
	q := u.Query()
	for name, values := range d.target.query {
		q[name] = append(q[name], values...)
	}
	q.Set("EIO", strconv.Itoa(d.revision()))
	q.Set("transport", transport)
	if sid != "" {
		q.Set("sid", sid)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// do makes a request on a connection of its own.
func (d *doctor) do(ctx context.Context, method, target, body string, header http.Header) (exchange, error) {
	r, err := http.NewRequestWithContext(ctx, method, target, strings.NewReader(body))
	if err != nil {
		return exchange{}, err
	}
	for _, h := range []http.Header{d.target.header, header} {
		for name, values := range h {
			r.Header[name] = append(r.Header[name], values...)
		}
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "text/plain;charset=UTF-8")
	}
	resp, err := d.http.Do(r)
	if err != nil {
		return exchange{}, err
	}
	defer resp.Body.Close()
	const most = 64 << 10
	text, err := io.ReadAll(io.LimitReader(resp.Body, most))
	if err != nil {
		return exchange{}, err
	}
	return exchange{status: resp.StatusCode, header: resp.Header, cookies: resp.Cookies(), body: string(text)}, nil
}

// revision is that of Engine.IO which is spoken with the server.
func (d *doctor) revision() int {
	if d.target.eio3 {
		return eio3.Revision
	}
	return eio4.Revision
}

// opened returns the session that an answer opens.
func (d *doctor) opened(x exchange) (eio4.Handshake, bool) {
	if x.status != http.StatusOK {
		return eio4.Handshake{}, false
	}
	var data []byte
	if d.target.eio3 {
		p, _, err := eio3.Payload(x.body).Next()
		if err != nil || p.Type != eio3.Open {
			return eio4.Handshake{}, false
		}
		data = p.Data
	} else {
		p, _, err := eio4.Payload(x.body).Next()
		if err != nil || p.Type != eio4.Open {
			return eio4.Handshake{}, false
		}
		data = p.Data
	}
	h, err := eio4.DecodeHandshake(data)
	return h, err == nil
}

// checkHandshake opens a session by polling. Where there is none it looks around, for
// what else may be there.
func (d *doctor) checkHandshake(ctx context.Context) result {
	x, err := d.do(ctx, http.MethodGet, d.engineURL(d.target.path, engineio.Polling, ""), "", nil)
	if err != nil {
		f := networkFinding(err)
		return result{fault: &f, fatal: true}
	}
	d.proxy = hint.Proxy(x.header)
	if h, ok := d.opened(x); ok {
		d.polling, d.pingInterval = true, h.PingInterval
		d.hangUp(ctx, h.SID, x.cookies)
		note := fmt.Sprintf("Engine.IO %d at %s, a ping every %v", d.revision(), d.target.path, h.PingInterval)
		if d.proxy != "" {
			note += ", through " + d.proxy
		}
		return result{note: note}
	}
	f := judge(x.status, x.header, x.body)
	switch f.Fault {
	case faultTransport:
		return result{note: "the server has switched polling off"}
	case faultPath, faultHTML, faultWebSocket, faultOther:
		f = d.lookAround(ctx, f)
	}
	return result{fault: &f, fatal: true}
}

// lookAround tries what is often meant by a URL that leads to no Socket.IO server.
func (d *doctor) lookAround(ctx context.Context, f finding) finding {
	for _, mounted := range d.otherPaths() {
		x, err := d.do(ctx, http.MethodGet, d.engineURL(mounted, engineio.Polling, ""), "", nil)
		if err != nil {
			break
		}
		if h, ok := d.opened(x); ok {
			d.hangUp(ctx, h.SID, x.cookies)
			return finding{
				Fault: faultPath, Seen: fmt.Sprintf("at %s %s; a Socket.IO server answers at %s", d.target.path, f.Seen, mounted),
				Cause: "the server is mounted at another path",
				Fix:   fmt.Sprintf("use --path %s, in JavaScript io(url, { path: %q })", mounted, mounted),
			}
		}
	}
	for _, mounted := range []string{d.target.path, d.namespace, "/", "/ws"} {
		up, err := d.upgrade(ctx, d.engineURL(mounted, engineio.WebSocket, ""))
		if err == nil && up.status == http.StatusSwitchingProtocols {
			if up.opens() {
				return f
			}
			return plainWebSocket(fmt.Sprintf("%s; %s opens a WebSocket, which begins with %s", f.Seen, mounted, up.first()))
		}
	}
	return f
}

// otherPaths are where servers often are, the URL's own path first: some take it for
// where the server is mounted.
func (d *doctor) otherPaths() []string {
	var paths []string
	if d.namespace != "/" {
		paths = append(paths, strings.TrimSuffix(d.namespace, "/")+"/", path.Join(d.namespace, "socket.io")+"/")
	}
	paths = append(paths, "/socket.io/", "/socket.io", "/api/socket.io/", "/ws/socket.io/", "/ws/", "/socket/", "/engine.io/")
	return slices.DeleteFunc(paths, func(p string) bool { return p == d.target.path })
}

// hangUp ends a session; whether that works is of no interest.
func (d *doctor) hangUp(ctx context.Context, sid string, cookies []*http.Cookie) {
	body := closing4
	if d.target.eio3 {
		body = closing3
	}
	_, _ = d.do(ctx, http.MethodPost, d.engineURL(d.target.path, engineio.Polling, sid), body, cookieHeader(cookies))
}

// cookieHeader is what a client sends that keeps cookies.
func cookieHeader(cookies []*http.Cookie) http.Header {
	if len(cookies) == 0 {
		return nil
	}
	pairs := make([]string, len(cookies))
	for i, c := range cookies {
		pairs[i] = c.Name + "=" + c.Value
	}
	return http.Header{"Cookie": {strings.Join(pairs, "; ")}}
}

// checkSticky continues sessions on new connections, as clients do that poll.
func (d *doctor) checkSticky(ctx context.Context) result {
	if !d.polling {
		return result{skipped: "sessions by WebSocket are one request"}
	}
	lost, setsCookie, err := d.continueSessions(ctx, false)
	if err != nil {
		return result{fault: err}
	}
	if lost == 0 {
		return result{note: fmt.Sprintf("%d of %d sessions go on", d.sessions, d.sessions)}
	}
	if setsCookie {
		withCookies, _, err := d.continueSessions(ctx, true)
		if err == nil && withCookies == 0 {
			return result{note: "by a cookie: pages of other origins need withCredentials, and other clients have to keep cookies"}
		}
	}
	d.polling = false
	return result{fault: &finding{
		Fault: faultSticky, Seen: fmt.Sprintf("%d of %d sessions were unknown (code 1) to the server that their next request reached", lost, d.sessions),
		Cause: "there are several servers at this address, and the requests of a session reach different ones", Fix: hint.Sticky(d.proxy),
	}}
}

// continueSessions opens sessions and says how many their next request does not find.
func (d *doctor) continueSessions(ctx context.Context, keepCookies bool) (lost int, setsCookie bool, fault *finding) {
	for range d.sessions {
		x, err := d.do(ctx, http.MethodGet, d.engineURL(d.target.path, engineio.Polling, ""), "", nil)
		h, ok := d.opened(x)
		if err != nil || !ok {
			return lost, setsCookie, failedExchange(x, err)
		}
		setsCookie = setsCookie || len(x.cookies) > 0
		cookies := x.cookies
		if !keepCookies {
			cookies = nil
		}
		y, err := d.do(ctx, http.MethodPost, d.engineURL(d.target.path, engineio.Polling, h.SID), d.second(), cookieHeader(cookies))
		if err != nil {
			return lost, setsCookie, failedExchange(y, err)
		}
		if y.status != http.StatusOK {
			f := judge(y.status, y.header, y.body)
			if f.Fault != faultSticky {
				return lost, setsCookie, &f
			}
			lost++
			continue
		}
		d.hangUp(ctx, h.SID, cookies)
	}
	return lost, setsCookie, nil
}

// second is what a client posts first to a session: it joins the main namespace, where in
// version 2 it is already, and so sends its ping.
func (d *doctor) second() string {
	if d.target.eio3 {
		return string(eio3.AppendPayload(nil, eio3.Packet{Type: eio3.Ping}))
	}
	return string(eio4.AppendPayload(nil, eio4.Packet{Type: eio4.Message, Data: sio5.Append(nil, sio5.Packet{Type: sio5.Connect})}))
}

// failedExchange is what is wrong with an exchange that failed, or with its answer.
func failedExchange(x exchange, err error) *finding {
	var f finding
	if err != nil {
		f = networkFinding(err)
	} else {
		f = judge(x.status, x.header, x.body)
	}
	return &f
}

// checkOrigin looks whether a page of another origin may connect, by what a browser looks at.
func (d *doctor) checkOrigin(ctx context.Context) result {
	if d.origin == "" {
		return result{skipped: "give --origin to look whether a page may connect"}
	}
	if _, host, _ := strings.Cut(d.origin, "://"); host == d.server.Host {
		return result{note: "the server's own"}
	}
	header := http.Header{"Origin": {d.origin}}
	target := d.engineURL(d.target.path, engineio.Polling, "")
	x, err := d.do(ctx, http.MethodGet, target, "", header)
	if err != nil {
		return result{fault: failedExchange(x, err)}
	}
	if h, ok := d.opened(x); ok {
		d.hangUp(ctx, h.SID, x.cookies)
	}
	if f := d.judgeOrigin("the answer", x); f != nil {
		d.origin = "" // WebSockets would be refused as well, for the same cause
		return result{fault: f}
	}
	header.Set("Access-Control-Request-Method", http.MethodPost)
	header.Set("Access-Control-Request-Headers", "content-type")
	x, err = d.do(ctx, http.MethodOptions, target, "", header)
	if err != nil {
		return result{fault: failedExchange(x, err)}
	}
	if f := d.judgeOrigin("the answer to the preflight (OPTIONS)", x); f != nil {
		return result{fault: f}
	}
	return result{note: d.origin + " may connect"}
}

// judgeOrigin looks at the headers of an answer as a browser does.
func (d *doctor) judgeOrigin(what string, x exchange) *finding {
	const name = "Access-Control-Allow-Origin"
	allowed := x.header.Values(name)
	values := strings.FieldsFunc(strings.Join(allowed, ","), func(r rune) bool { return r == ',' || r == ' ' })
	f := &finding{
		Fault: faultCORS, Cause: "the server does not let pages of this origin in",
		Fix: fmt.Sprintf("in Go Options.CORS.Origins, for Node the option cors: { origin: %q }; with credentials if the page sends cookies", d.origin),
	}
	switch {
	case len(values) > 1:
		f.Fault, f.Cause = faultDoubled, "server and proxy both add the header, and browsers accept one only"
		f.Seen = fmt.Sprintf("%s has %s with %d values: %s", what, name, len(values), strings.Join(values, ", "))
		f.Fix = "leave it to one of them: take add_header away from the proxy, or in Go set Options.CORS.Off, for Node leave the option cors out"
	case x.status >= http.StatusBadRequest:
		f.Seen = fmt.Sprintf("%s is %d %s, beginning with %s", what, x.status, http.StatusText(x.status), excerpt(x.body))
	case len(values) == 0:
		f.Seen = fmt.Sprintf("%s has no %s", what, name)
	case values[0] == "*" && x.header.Get("Access-Control-Allow-Credentials") == "true":
		f.Seen = what + " has " + name + ": * together with credentials"
		f.Cause = "browsers do not accept * for requests with cookies"
		f.Fix = "name the origins in place of *, or switch credentials off"
	case values[0] != "*" && values[0] != d.origin:
		f.Seen = fmt.Sprintf("%s has %s: %s", what, name, values[0])
	default:
		return nil
	}
	return f
}
