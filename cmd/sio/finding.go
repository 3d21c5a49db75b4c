package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json/v2"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"socketio"
	"socketio/engineio"
	"socketio/internal/hint"
)

// A finding is something that is wrong with a server, or with the way to it.
type finding struct {
	Fault string `json:"fault"` // its name, the same for each of its kind
	Seen  string `json:"seen"`  // what has shown it
	Cause string `json:"cause"`
	Fix   string `json:"fix"`
}

// The names of what can be wrong.
const (
	faultUnreachable = "unreachable"
	faultTLS         = "TLS"
	faultPath        = "wrong path"
	faultHTML        = "HTML page"
	faultEIO3        = "Engine.IO 3 server"
	faultRevision    = "other revision of Engine.IO"
	faultWebSocket   = "plain WebSocket server"
	faultUpgrade     = "missing Upgrade header"
	faultSticky      = "no sticky sessions"
	faultCORS        = "CORS"
	faultDoubled     = "doubled CORS header"
	faultIdle        = "idle cut"
	faultNamespace   = "wrong namespace"
	faultRefused     = "refused"
	faultTransport   = "transport switched off"
	faultRedirect    = "redirect"
	faultProxy       = "no server behind the proxy"
	faultOther       = "not Socket.IO"
)

// findingOf says what an error means with which a client could not connect.
func findingOf(err error, namespace string) finding {
	if refused, ok := errors.AsType[*socketio.ConnectError](err); ok {
		return refusal(refused, namespace)
	}
	if answer, ok := errors.AsType[*engineio.ResponseError](err); ok {
		f := judge(answer.Status, http.Header{}, answer.Body)
		if answer.RetryAfter > 0 {
			f.Seen += fmt.Sprintf(", with Retry-After: %v", answer.RetryAfter)
		}
		return f
	}
	return networkFinding(err)
}

// refusal says what the answer to a CONNECT means.
func refusal(err *socketio.ConnectError, namespace string) finding {
	seen := fmt.Sprintf("the server refused %s: %q", namespace, err.Message)
	if err.Data != nil {
		seen += " " + asJSON(err.Data)
	}
	if strings.Contains(strings.ToLower(err.Message), "invalid namespace") {
		return finding{
			Fault: faultNamespace, Seen: seen, Cause: "the server has no namespace of that name",
			Fix: "the path of the URL is a namespace: leave it out for the main one, / ; where the server is mounted says --path, in JavaScript the option path",
		}
	}
	return finding{
		Fault: faultRefused, Seen: seen, Cause: "middleware of the server does not let this client in",
		Fix: "give what it wants: --auth JSON, --header or --query",
	}
}

// networkFinding says what an error of the network means.
func networkFinding(err error) finding {
	seen := innermost(err)
	if host, ok := errors.AsType[*net.DNSError](err); ok {
		return finding{
			Fault: faultUnreachable, Seen: seen, Cause: fmt.Sprintf("there is no host of the name %s", host.Name),
			Fix: "look for a typing error, and whether the network's name server knows it",
		}
	}
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	_, invalid := errors.AsType[x509.CertificateInvalidError](err)
	_, other := errors.AsType[x509.HostnameError](err)
	_, record := errors.AsType[tls.RecordHeaderError](err)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return finding{
			Fault: faultUnreachable, Seen: seen, Cause: "nothing listens there",
			Fix: "start the server, or correct the port; sio serve starts one at 127.0.0.1:3000",
		}
	case unknown, invalid, other:
		return finding{
			Fault: faultTLS, Seen: seen, Cause: "the server's certificate does not hold",
			Fix: "install a certificate for this name, with those between it and its root; --insecure accepts any",
		}
	case record, errors.Is(err, http.ErrSchemeMismatch):
		return finding{
			Fault: faultTLS, Seen: seen, Cause: "the server does not speak TLS at this port",
			Fix: "use http:// in place of https://, or the port where TLS is",
		}
	case errors.Is(err, context.DeadlineExceeded):
		return finding{
			Fault: faultUnreachable, Seen: "no answer in time", Cause: "a firewall drops what is sent there, or the server is stuck",
			Fix: "look whether other requests to this host are answered; --timeout waits longer",
		}
	}
	return finding{
		Fault: faultUnreachable, Seen: seen, Cause: "the connection could not be opened, or was cut",
		Fix: "look into the log of the server, and of the proxy in front of it",
	}
}

// innermost is the text of what err is about, without what was done when it occurred.
func innermost(err error) string {
	if operation, ok := errors.AsType[*net.OpError](err); ok {
		return operation.Error()
	}
	if request, ok := errors.AsType[*url.Error](err); ok {
		err = request.Err
	}
	text := err.Error()
	return text[strings.LastIndex(text, "\n")+1:]
}

// revision3 begins the answer of a server that speaks Engine.IO 3 alone: the length of a
// packet, and an open packet.
var revision3 = regexp.MustCompile(`^\d+:0\{`)

// judge says what is wrong with an answer that is not what Engine.IO wants. It has no open
// packet, or another status than 200.
func judge(status int, header http.Header, body string) finding {
	seen := fmt.Sprintf("the answer is %d %s", status, http.StatusText(status))
	if strings.TrimSpace(body) != "" {
		seen += ", beginning with " + excerpt(body)
	}
	var own struct {
		Code    *int   `json:"code"`
		Message string `json:"message"`
	}
	if json.Unmarshal([]byte(body), &own) == nil && own.Code != nil {
		return judgeCode(*own.Code, own.Message, seen)
	}
	switch {
	case revision3.MatchString(body):
		return eio3Finding(seen)
	case strings.Contains(body, "HTTP request to an HTTPS server"):
		return finding{Fault: faultTLS, Seen: seen, Cause: "the server speaks TLS at this port", Fix: "use https:// in place of http://"}
	case status >= 300 && status < 400:
		if to := header.Get("Location"); to != "" {
			seen += ", to " + to
		}
		return finding{
			Fault: faultRedirect, Seen: seen,
			Cause: "something in front of the server sends clients elsewhere, which WebSockets and POSTs do not follow",
			Fix:   "use the URL that it leads to; a router that adds the last slash has to be told of both paths",
		}
	case status == http.StatusNotFound:
		return finding{
			Fault: faultPath, Seen: seen, Cause: "no Socket.IO server is mounted at this path",
			Fix: "give the path at which it is: --path, in JavaScript the option path; and mount it for GET, POST and OPTIONS and all below the path",
		}
	case status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout:
		return judgeUnavailable(seen, body)
	}
	return judgeOther(status, seen, header, body)
}

// judgeUnavailable is about the statuses of a proxy whose server does not answer.
func judgeUnavailable(seen, body string) finding {
	if isHTML("", body) {
		return finding{
			Fault: faultHTML, Seen: seen, Cause: "a proxy answers with an error page of its own: it cannot reach the server",
			Fix: "look whether the server runs, and whether the proxy has the right address and port of it",
		}
	}
	return finding{
		Fault: faultProxy, Seen: seen, Cause: "the server takes no connections at the moment, or a proxy cannot reach it",
		Fix: "look whether the server runs, is shutting down or is at its limits, and whether the proxy has its address",
	}
}

// judgeOther is about answers of something that is no Socket.IO server.
func judgeOther(status int, seen string, header http.Header, body string) finding {
	switch {
	case status == http.StatusUpgradeRequired, strings.Contains(strings.ToLower(body), "websocket"):
		return plainWebSocket(seen)
	case isHTML(header.Get("Content-Type"), body):
		return finding{
			Fault: faultHTML, Seen: seen,
			Cause: "a web server answers with a page, and the request never reaches Socket.IO",
			Fix:   "have the web server or proxy pass this path on before its own pages, error pages and fallbacks apply",
		}
	case status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusProxyAuthRequired:
		return finding{
			Fault: faultRefused, Seen: seen, Cause: "something in front of the server wants the client to show who it is",
			Fix: "give what it wants: --header 'Authorization: …', a cookie, or --query",
		}
	}
	return finding{
		Fault: faultOther, Seen: seen, Cause: "what answers here does not speak Engine.IO",
		Fix: "correct host, port and --path",
	}
}

// judgeCode is about the errors that Engine.IO itself answers with.
func judgeCode(code int, message, seen string) finding {
	f := finding{Fault: faultRefused, Seen: fmt.Sprintf("%s (code %d, %s)", seen, code, message)}
	f.Cause, f.Fix = hint.OfCode(code)
	switch code {
	case 0:
		f.Fault = faultTransport
	case 1:
		f.Fault = faultSticky
	case 3:
		f.Fault = faultUpgrade
	case 5:
		f.Fault = faultRevision
	}
	return f
}

const eio3Fix = "use a client of Socket.IO 2 (here --eio 3, in Go the option EIO3), or update the server to Socket.IO 3 or 4, whose option allowEIO3 lets both in"

func eio3Finding(seen string) finding {
	return finding{Fault: faultEIO3, Seen: seen, Cause: "the server is one of Socket.IO 2, and speaks revision 3 of Engine.IO only", Fix: eio3Fix}
}

func plainWebSocket(seen string) finding {
	return finding{
		Fault: faultWebSocket, Seen: seen, Cause: "the server speaks WebSocket, but not Socket.IO, which is a protocol of its own on top",
		Fix: "use a WebSocket client (in browsers new WebSocket(url)), or a Socket.IO server",
	}
}

// isHTML says whether an answer is a page for browsers.
func isHTML(contentType, body string) bool {
	return strings.HasPrefix(contentType, "text/html") || strings.HasPrefix(strings.TrimSpace(body), "<")
}

// excerpt quotes how a text begins, with quotes that need not be escaped if possible.
func excerpt(text string) string {
	const most = 60
	text = strings.TrimSpace(text)
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	if strconv.CanBackquote(text) {
		return "`" + text + "`"
	}
	return strconv.Quote(text)
}
