package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"socketio/eio4"
	"socketio/engineio"
	"socketio/internal/hint"
	"socketio/sio5"
)

// An upgraded is the answer to a request for a WebSocket, and the first frame on it.
type upgraded struct {
	exchange

	frame  []byte
	binary bool
	err    error // why there is no frame
}

// opens says whether the first frame is what Engine.IO begins with.
func (u upgraded) opens() bool {
	p, err := eio4.Decode(u.frame, u.binary)
	return err == nil && p.Type == eio4.Open
}

// first describes the first frame.
func (u upgraded) first() string {
	switch {
	case u.err != nil:
		return "nothing"
	case u.binary:
		return describeBytes(u.frame)
	}
	return excerpt(string(u.frame))
}

// upgrade asks for a WebSocket and reads its first frame. It is done by hand, since the
// client would accept nothing but Engine.IO.
func (d *doctor) upgrade(ctx context.Context, target string) (upgraded, error) {
	ctx, cancel := context.WithTimeout(ctx, d.target.timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return upgraded{}, err
	}
	maps.Copy(r.Header, d.target.header)
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	var key [16]byte
	rand.Read(key[:])
	r.Header.Set("Connection", "Upgrade")
	r.Header.Set("Upgrade", "websocket")
	r.Header.Set("Sec-WebSocket-Version", "13")
	r.Header.Set("Sec-WebSocket-Key", base64.StdEncoding.EncodeToString(key[:]))
	if d.origin != "" {
		r.Header.Set("Origin", d.origin)
	}
	client := *d.http
	client.Timeout = 0 // it would go on after the answer
	resp, err := client.Do(r)
	if err != nil {
		return upgraded{}, err
	}
	defer resp.Body.Close()
	up := upgraded{exchange: exchange{status: resp.StatusCode, header: resp.Header, cookies: resp.Cookies()}}
	defer context.AfterFunc(ctx, func() { resp.Body.Close() })()
	if resp.StatusCode != http.StatusSwitchingProtocols {
		const most = 4 << 10
		text, err := io.ReadAll(io.LimitReader(resp.Body, most))
		up.body = string(text)
		return up, err
	}
	const patience = 5 * time.Second // Engine.IO speaks first, and at once
	defer time.AfterFunc(patience, cancel).Stop()
	up.frame, up.binary, up.err = readFrame(bufio.NewReader(resp.Body))
	return up, nil
}

// readFrame reads one frame of a server (RFC 6455 §5.2), which is not masked.
func readFrame(r *bufio.Reader) (data []byte, isBinary bool, err error) {
	const opText, opBinary, most = 1, 2, 64 << 10
	var head [2]byte
	if _, err = io.ReadFull(r, head[:]); err != nil {
		return nil, false, err
	}
	length := int(head[1] & 0x7f)
	switch length {
	case 126:
		var long [2]byte
		_, err = io.ReadFull(r, long[:])
		length = int(binary.BigEndian.Uint16(long[:]))
	case 127:
		return nil, false, fmt.Errorf("a frame of more than %d bytes", most)
	}
	if err != nil {
		return nil, false, err
	}
	if op := head[0] & 0xf; op != opText && op != opBinary {
		return nil, false, errors.New("no message")
	}
	data = make([]byte, length)
	_, err = io.ReadFull(r, data)
	return data, head[0]&0xf == opBinary, err
}

// checkWebSocket opens a WebSocket without polling before.
func (d *doctor) checkWebSocket(ctx context.Context) result {
	up, err := d.upgrade(ctx, d.engineURL(d.target.path, engineio.WebSocket, ""))
	if err != nil {
		f := networkFinding(err)
		return result{fault: &f, fatal: !d.polling}
	}
	if up.status == http.StatusSwitchingProtocols {
		if !up.opens() {
			f := plainWebSocket("the WebSocket begins with " + up.first())
			return result{fault: &f, fatal: !d.polling}
		}
		d.webSocket = true
		if h, err := eio4.DecodeHandshake(up.frame[1:]); err == nil {
			d.pingInterval = h.PingInterval
		}
		return result{note: "opens at once"}
	}
	f := judge(up.status, up.header, up.body)
	switch f.Fault {
	case faultTransport:
		if d.polling {
			return result{note: "the server has switched WebSockets off"}
		}
	case faultUpgrade, faultWebSocket, faultOther:
		f = finding{
			Fault: faultUpgrade, Seen: "asked for a WebSocket, " + f.Seen,
			Cause: "a proxy does not pass on the headers Upgrade and Connection, so that clients go on polling", Fix: hint.Upgrade(d.proxy),
		}
	default:
		f.Seen = "asked for a WebSocket, " + f.Seen
	}
	return result{fault: &f, fatal: !d.polling}
}

// ways are the transports that have worked.
func (d *doctor) ways() []string {
	var ways []string
	if d.webSocket {
		ways = append(ways, engineio.WebSocket)
	}
	if d.polling {
		ways = append(ways, engineio.Polling)
	}
	return ways
}

// checkNamespace joins the namespace, by a transport that works.
func (d *doctor) checkNamespace(ctx context.Context) result {
	ways := d.ways()
	if len(ways) == 0 {
		return result{skipped: "no transport works"}
	}
	t := d.target
	t.transports, t.namespace = ways[:1], d.namespace
	s, err := t.connect(ctx, d.p, d.server.String(), nil)
	if failure, ok := errors.AsType[*connectFailure](err); ok {
		return result{fault: &failure.finding}
	}
	if err != nil {
		return result{skipped: err.Error()}
	}
	defer s.end(time.Second) //nolint:errcheck // it has sent nothing
	d.joined = true
	return result{note: d.namespace + " lets us in"}
}

// checkIdle watches connections on which nothing is sent.
func (d *doctor) checkIdle(ctx context.Context) result {
	const beyond = time.Second
	wait := d.pingInterval + beyond
	if d.waitSet {
		wait = d.wait
	}
	switch {
	case wait <= 0:
		return result{skipped: "not watched"}
	case !d.joined:
		return result{skipped: "there is nothing to watch"}
	}
	if d.p.terminal && !d.out.json {
		fmt.Fprintf(d.p.stderr, "…     idle: watching for %v\n", wait)
	}
	ways := d.ways()
	faults := make([]*finding, len(ways))
	var all sync.WaitGroup
	for i, way := range ways {
		all.Go(func() { faults[i] = d.watch(ctx, way, wait) })
	}
	all.Wait()
	for _, f := range faults {
		if f != nil {
			return result{fault: f}
		}
	}
	return result{note: fmt.Sprintf("still there after %v, by %s", wait, strings.Join(ways, " and by "))}
}

// watch joins the namespace by one transport and looks whether the connection stays.
func (d *doctor) watch(ctx context.Context, way string, wait time.Duration) *finding {
	o := d.target.dialOptions(d.p, d.target.transport())
	o.Transports, o.NoUpgrade = []string{way}, true
	conn, err := engineio.Dial(ctx, d.server.String(), &o)
	if err != nil {
		f := findingOf(err, d.namespace)
		return &f
	}
	defer conn.Close()
	if !d.target.eio3 || d.namespace != "/" { // clients of version 2 are in the main one at once
		connect := sio5.Append(nil, sio5.Packet{Type: sio5.Connect, Namespace: d.namespace, Data: d.target.auth})
		if err := conn.Send(engineio.Message{Data: connect}); err != nil {
			f := networkFinding(err)
			return &f
		}
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for err == nil {
		var m engineio.Message
		if m, err = conn.Receive(ctx); err == nil && strings.HasPrefix(string(m.Data), "4") {
			return nil // refused, which another check tells
		}
		if err == nil {
			began = time.Now()
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	return &finding{
		Fault: faultIdle,
		Seen:  fmt.Sprintf("%s: the connection ended after %v of silence (%v)", way, time.Since(began).Round(100*time.Millisecond), innermost(err)),
		Cause: fmt.Sprintf("a proxy closes connections on which nothing is sent, before the server's next ping: that comes every %v", d.pingInterval),
		Fix:   hint.Idle(d.proxy),
	}
}
