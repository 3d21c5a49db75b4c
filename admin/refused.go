package admin

import (
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"socketio/engineio"
)

const (
	refusedKept  = 100
	refusedKinds = 20 // in one second; what there is more has only its code
	officialPage = "https://admin.socket.io"
)

// A refusedRequest stands for all of one kind within a second.
type refusedRequest struct {
	Time    int64  `json:"ts"` // Unix time in milliseconds
	Code    int    `json:"code"`
	Reason  string `json:"reason"`
	Hint    string `json:"hint,omitzero"`
	Address string `json:"address"` // of the last one
	Count   int    `json:"count"`
}

// refusals are the requests that this server has refused.
type refusals struct {
	mu      sync.Mutex // guards what follows
	last    []refusedRequest
	pending map[refusedKind]*refusedRequest // of this second
	warned  time.Time                       // that the official page was refused
}

// A refusedKind is what requests have in common that are shown as one.
type refusedKind struct {
	code   int
	reason string
}

// onRefused is a hook of [engineio.Trace].
func (a *Admin) onRefused(r *http.Request, err *engineio.HandshakeError) {
	reason := err.Message
	if err.Context != "" {
		reason += ": " + err.Context
	}
	hint := err.Hint()
	if r.Header.Get("Origin") == officialPage {
		hint = "socketio.Options.CORS must list " + officialPage + " among its Origins, and have Credentials"
		a.refused.warn(a, hint)
	}
	a.refused.add(a, refusedRequest{
		Time: time.Now().UnixMilli(), Code: err.Code, Reason: clip(reason), Hint: hint, Address: addressOf(r),
	})
}

// addressOf returns who has sent a request, as far as that is known before anything is
// checked.
func addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	return clip(host)
}

// clip shortens what a client may have made long.
func clip(s string) string {
	const most = 200
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// warn logs once a minute that the official page was refused.
func (f *refusals) warn(a *Admin, hint string) {
	f.mu.Lock()
	due := time.Since(f.warned) >= time.Minute
	if due {
		f.warned = time.Now()
	}
	f.mu.Unlock()
	if due {
		a.logger.Warn("admin: the official page was refused; " + hint)
	}
}

// add counts a request. A second after the first, dashboards are told.
func (f *refusals) add(a *Admin, one refusedRequest) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.pending == nil {
		f.pending = map[refusedKind]*refusedRequest{}
		time.AfterFunc(time.Second, func() { f.flush(a) })
	}
	kind := refusedKind{one.Code, one.Reason}
	if f.pending[kind] == nil && len(f.pending) >= refusedKinds {
		one.Reason = "and others"
		kind.reason = one.Reason
	}
	one.Count = 1
	if before := f.pending[kind]; before != nil {
		one.Count += before.Count
	}
	f.pending[kind] = &one
}

// flush tells dashboards of the last second, on all servers.
func (f *refusals) flush(a *Admin) {
	f.mu.Lock()
	pending := f.pending
	f.pending = nil
	for _, one := range pending {
		f.last = append(f.last, *one)
	}
	if more := len(f.last) - refusedKept; more > 0 {
		f.last = append(f.last[:0:0], f.last[more:]...)
	}
	f.mu.Unlock()
	for _, one := range pending {
		a.report(a.ns.To(dashboards).EmitArgs("refused", one))
	}
}

// list returns the last ones, the oldest first.
func (f *refusals) list() []refusedRequest {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]refusedRequest{}, f.last...)
}
