package main

import (
	"net/http"
	"strings"
)

// proxyOf names what stands in front of a server, as far as its answers tell.
func proxyOf(header http.Header) string {
	server := strings.ToLower(header.Get("Server") + " " + header.Get("Via"))
	cookies := strings.Join(header.Values("Set-Cookie"), " ")
	switch {
	case header.Get("Cf-Ray") != "" || strings.Contains(server, "cloudflare"):
		return "Cloudflare"
	case strings.Contains(server, "nginx") || strings.Contains(server, "openresty"):
		return "nginx"
	case strings.Contains(server, "awselb") || strings.Contains(cookies, "AWSALB"):
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

// upgradeFix is how a proxy is made to pass WebSockets on.
func upgradeFix(proxy string) string {
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

// stickyFix is how the requests of a session are made to reach one server.
func stickyFix(proxy string) string {
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

// idleFix is how a connection on which nothing is sent is kept.
func idleFix(proxy string) string {
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
