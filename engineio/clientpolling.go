package engineio

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"socketio/eio4"
	"socketio/internal/serial"
	"socketio/internal/ws"
)

const (
	// maxAnswer is how much of an answer is read that is of no use but to be
	// quoted, or to let its connection be used again.
	maxAnswer = 4 << 10

	// longestPause is how long a client waits at most before it polls a server that
	// has nothing to say and says so at once.
	longestPause = time.Second
)

// A poller polls, one GET after the other, and gives what comes to the receiver. If that
// waits, another one goes on with the rest.
type poller struct {
	client *client
	resp   *http.Response // the answer that is being handled
	body   []byte         // its body
	rest   []byte         // what is left to be handled of it
	form   payloadForm    // of body and rest
	useful bool           // it had more than noops
	pause  time.Duration  // before the next GET
}

// run polls until the session ends, goes over to a WebSocket, or a successor goes on.
func (p *poller) run() {
	cl := p.client
	for p.handle() {
		if !p.rested() || cl.step(clientEvent{input: clGetDone})&clGet == 0 {
			return
		}
		var err error
		if p.body, p.resp, err = cl.get(cl.over); err != nil {
			cl.step(clientEvent{input: clFailed, cause: err})
			return
		}
		p.form = cl.answerForm(p.resp)
		if len(p.body) == 0 || p.form.count(p.body) > eio4.MaxPackets {
			p.bad(protocolError("no packets, or too many"))
			return
		}
		p.rest, p.useful = p.body, false
	}
}

// rested waits, if the server has answered polls with nothing lately: who answers at
// once must not make us spin. It says whether the session goes on.
func (p *poller) rested() bool {
	if p.useful {
		p.pause = 0
		return true
	}
	timer := time.NewTimer(p.pause)
	defer timer.Stop()
	p.pause = min(2*p.pause+time.Millisecond, longestPause)
	select {
	case <-timer.C:
		return true
	case <-p.client.over.Done():
		return false
	}
}

// handle gives an answer's packets to the session and its receiver. It says whether this
// goroutine came to the end, and not a successor goes on.
func (p *poller) handle() bool {
	if p.rest == nil {
		return true
	}
	cl := p.client
	t := cl.monitor.Borrow(p)
	defer cl.monitor.Return(t)
	cl.turn.Store(t)
	cl.cork(true)
	for p.rest != nil {
		packet, rest, err := p.form.next(p.rest)
		p.rest = rest
		p.packet(packet, err)
		if !t.Back() {
			return false
		}
	}
	cl.turn.Store((*serial.Turn)(nil))
	cl.cork(false)
	return true
}

func (p *poller) packet(packet eio4.Packet, err error) {
	cl := p.client
	if err == nil && (packet.Type == eio4.Open || packet.Type == eio4.Upgrade) {
		err = errNotAServers
	}
	if err != nil {
		p.bad(err)
		return
	}
	p.useful = p.useful || packet.Type != eio4.Noop
	if cl.step(clientEvent{input: clPacket, packet: packet.Type})&clDeliver == 0 {
		return
	}
	if r := cl.receiver(); r != nil {
		r.Receive(Message{Data: packet.Data, Binary: packet.Binary})
	}
}

// bad ends a session whose server has answered with something else than packets.
func (p *poller) bad(err error) {
	p.client.step(clientEvent{input: clBad, cause: newResponseError(p.resp, p.body, err)})
}

// TakeOver starts a successor. [serial.Turn] calls it. The answer was read into a buffer
// of its own, so the two can share it.
func (p *poller) TakeOver() {
	p.client.turn.Store(nil) // nobody is held back any more, and the rest may be empty
	successor := &poller{client: p.client, resp: p.resp, body: p.body, rest: p.rest, form: p.form, useful: true}
	p.client.goroutines.Go(func() {
		// What the handler has sent must not wait for what it waits for.
		p.client.cork(false)
		successor.run()
	})
}

// cork says whether what is sent waits for the end of what is being handled.
func (cl *client) cork(on bool) {
	cl.conn.mu.Lock()
	cl.corked = on
	cl.post()
	cl.conn.mu.Unlock()
}

// get polls once and returns the answer's body. Resp is that answer, its body closed.
func (cl *client) get(ctx context.Context) (body []byte, resp *http.Response, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if cl.conn.id != "" { // another answer to a handshake is as good
		ctx = onceOnly(ctx, cancel)
	}
	if resp, err = cl.do(ctx, http.MethodGet, nil, 0); err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, resp, refused(resp)
	}
	body, err = readUpTo(resp.Body, make([]byte, 0, firstAnswer), cl.options.MaxPayload)
	if err != nil {
		return nil, resp, newResponseError(resp, body, err)
	}
	if cause := context.Cause(ctx); errors.Is(cause, errLostAnswer) {
		return nil, resp, cause
	}
	return body, resp, nil
}

// firstAnswer is how much room is made for a poll's answer before it is read.
const firstAnswer = 1 << 10

// post starts a goroutine that posts what waits, if there is something and none is at
// work. The caller holds mu.
func (cl *client) post() {
	closing := cl.session.state == stateClosing && !cl.session.said
	if cl.corked && !closing || !cl.session.mayPost() || cl.queue.packets == 0 && !closing {
		return
	}
	cl.session.posting = true
	cl.goroutines.Go(cl.postAll)
}

// postAll posts until nothing waits any more, or the session pauses for a WebSocket.
func (cl *client) postAll() {
	for {
		cl.conn.mu.Lock()
		body, form := cl.payload()
		if body == nil {
			cl.stepLocked(clientEvent{input: clPostDone})
			return
		}
		cl.conn.mu.Unlock()
		resp, err := cl.do(cl.over, http.MethodPost, body, form)
		if err == nil {
			if resp.StatusCode != http.StatusOK {
				err = refused(resp)
			}
			_, _ = io.CopyN(io.Discard, resp.Body, maxAnswer) // so that the connection can be used again
			resp.Body.Close()
		}
		if err != nil {
			cl.step(clientEvent{input: clFailed, cause: err})
			return
		}
	}
}

// payload takes what the next POST is to carry from the queue, nil if nothing: as many
// packets as the server takes in one, at least one. The caller holds mu.
func (cl *client) payload() (body []byte, form payloadForm) {
	o := &cl.queue
	form = cl.postForm()
	switch {
	case cl.session.state == stateOver, cl.session.via == onPause:
		return nil, form
	case o.packets == 0 && cl.session.state == stateClosing && !cl.session.said:
		cl.session.said = true
		return cl.conn.closeBody(), form
	case o.packets == 0:
		return nil, form
	}
	taken, from := 0, o.records
	for taken < min(o.packets, pollPackets) {
		kind, _, data, rest := o.take(from)
		room := form.overhead() + len(data)
		if kind == binaryRecord && form != bytewise {
			room = form.overhead() + base64.StdEncoding.EncodedLen(len(data))
		}
		if taken > 0 {
			if cl.maxPost > 0 && len(body)+room > cl.maxPost {
				break
			}
			if form == separated {
				body = append(body, eio4.Separator)
			}
		}
		body = form.append(body, kind, data)
		taken, from = taken+1, rest
	}
	o.keep(from, taken)
	return body, form
}

// do makes a request. Form is that of the body.
func (cl *client) do(ctx context.Context, method string, body []byte, form payloadForm) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, cl.request(Polling), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if cl.options.Header != nil {
		r.Header = cl.options.Header.Clone()
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", form.contentType())
	} else {
		r.Body = http.NoBody
	}
	cl.remember(r)
	resp, err := cl.http.Do(r)
	err = ws.WithoutQuery(err)
	if err != nil && resp != nil { // a redirect that is not followed
		return nil, newResponseError(resp, nil, err)
	}
	return resp, err
}

// errLostAnswer ends a session whose client can not know what the server has sent.
var errLostAnswer = errors.New("engineio: the connection was lost before the answer to a poll")

// onceOnly returns a context with which net/http sends a poll only once. By itself it sends
// a GET again when its connection is lost before an answer has come: the answer that was lost
// may have had messages, and the next one would hide that. A redirect is an answer.
func onceOnly(ctx context.Context, cancel context.CancelCauseFunc) context.Context {
	var waiting atomic.Bool // for the answer to what was written
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) {
			if waiting.Load() {
				cancel(errLostAnswer)
			}
		},
		WroteHeaders:         func() { waiting.Store(true) },
		GotFirstResponseByte: func() { waiting.Store(false) },
	})
}

// refused describes an answer that is no success.
func refused(resp *http.Response) error {
	body, err := readUpTo(io.LimitReader(resp.Body, maxAnswer), make([]byte, 0, maxExcerpt), maxAnswer)
	return newResponseError(resp, body, err)
}
