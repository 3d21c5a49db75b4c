// Package hint has what is said to whoever set a server up, or what is in front of it, when
// that is why clients cannot connect: in the server's log, by the client, and by the command
// sio doctor. Nothing in it depends on what a peer has sent.
package hint

import (
	"net/http"
	"strings"
)

// Proxy names what stands in front of a server, as far as the header of an answer tells, or
// that of a request which came through it. It returns "" where it is not known.
func Proxy(header http.Header) string {
	server := strings.ToLower(header.Get("Server") + " " + header.Get("Via"))
	cookies := strings.Join(header.Values("Set-Cookie"), " ")
	switch {
	case header.Get("Cf-Ray") != "" || header.Get("Cdn-Loop") != "" || strings.Contains(server, "cloudflare"):
		return "Cloudflare"
	case strings.Contains(server, "nginx") || strings.Contains(server, "openresty"):
		return "nginx"
	case strings.Contains(server, "awselb") || strings.Contains(cookies, "AWSALB") || header.Get("X-Amzn-Trace-Id") != "":
		return "AWS"
	case strings.Contains(server, "heroku") || strings.Contains(server, "vegur"):
		return "Heroku"
	case strings.Contains(server, "apache"):
		return "Apache"
	case strings.Contains(server, "caddy"):
		return "Caddy"
	case strings.Contains(server, "envoy") || header.Get("X-Envoy-Upstream-Service-Time") != "":
		return "Envoy"
	case strings.Contains(server, "google"):
		return "Google"
	}
	return ""
}

// Upgrade is how a proxy is made to pass WebSockets on.
func Upgrade(proxy string) string {
	switch proxy {
	case "nginx":
		return "in the location of nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection \"upgrade\";"
	case "Apache":
		return "in Apache: a2enmod proxy_wstunnel, and ProxyPass \"/socket.io/\" \"http://BACKEND/socket.io/\" upgrade=websocket"
	case "Cloudflare":
		return "switch WebSockets on in Cloudflare, under Network; and behind it have every proxy pass on Upgrade and Connection"
	case "Envoy":
		return "in Envoy: upgrade_configs: [{upgrade_type: websocket}] of the HTTP connection manager"
	}
	return "have the proxy speak HTTP/1.1 to the server and pass on Upgrade and Connection, " +
		"as nginx does with: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection \"upgrade\";"
}

// Sticky is how the requests of a session are made to reach one server.
func Sticky(proxy string) string {
	const instead = "; or connect by WebSocket alone, with the transports [\"websocket\"], which is one request"
	switch proxy {
	case "nginx":
		return "in the upstream of nginx: hash $remote_addr consistent; or ip_hash;" + instead
	case "AWS":
		return "switch stickiness on in the target group of the balancer, and have clients keep its cookie (withCredentials)" + instead
	case "Heroku":
		return "heroku features:enable http-session-affinity" + instead
	case "Google":
		return "set the session affinity of the backend service to a generated cookie" + instead
	}
	return "have the balancer send all requests of a client to the same server, by a cookie or its address" + instead
}

// Idle is how a connection on which nothing is sent is kept.
func Idle(proxy string) string {
	const instead = "; or have the server ping more often, by its option pingInterval"
	switch proxy {
	case "nginx":
		return "in the location of nginx: proxy_read_timeout 60s; or more" + instead
	case "Apache":
		return "in Apache: ProxyTimeout 60 or more" + instead
	case "AWS":
		return "set the idle timeout of the load balancer to 60 s or more" + instead
	case "Google":
		return "set the timeout of the backend service, 30 s by default, to hours" + instead
	case "Heroku":
		return "have the server ping every 20 s, by its option pingInterval: Heroku ends requests after 30 s"
	}
	return "set the idle, read or request timeout of the proxy above pingInterval and pingTimeout together, 45 s by default" + instead
}

// OfCode is what a refusal with one of the protocol's codes usually comes from, and what to
// do about it (Engine.IO v4, "Error codes").
func OfCode(code int) (cause, fix string) {
	switch code {
	case 0:
		return "the server does not have this transport", "choose another one, or add it to the server's transports"
	case 1:
		return "the session is unknown: it is on another server, or has ended", Sticky("")
	case 2:
		return "the request for a new session came with another method than GET", "have the proxy leave the method as it is; a redirect from POST changes it"
	case 3:
		return "the request for a WebSocket has lost its Upgrade header on the way", Upgrade("")
	case 4:
		return "the server does not let this client or this origin in", "in Go look at Options.CORS and Allow, for Node at cors and allowRequest"
	case 5:
		return "the server does not speak the revision of Engine.IO that was asked for",
			"ask for the other one, 3 or 4; or have the server speak both, with EIO3 in Go and allowEIO3 for Node"
	}
	return "the server refuses the request", "look into its log"
}
