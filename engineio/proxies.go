package engineio

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// proxies are the addresses of those whose word counts for where a request came from.
type proxies []netip.Prefix

func (p proxies) trust(addr netip.Addr) bool {
	return slices.ContainsFunc(p, func(prefix netip.Prefix) bool { return prefix.Contains(addr) })
}

// A hop is somebody who sent a request on, or made it, as the next one saw it.
type hop struct {
	addr  string
	proto string // "" if nobody said
}

// origin returns the host that a request came from and whether it came over TLS there: it
// goes back from hop to hop as long as these can be trusted.
func (p proxies) origin(r *http.Request) (host string, secure bool) {
	host, secure = remoteHost(r), r.TLS != nil
	if len(p) == 0 {
		return host, secure
	}
	addr, known := parseHop(host)
	if !known || !p.trust(addr) {
		return host, secure
	}
	for _, hop := range slices.Backward(forwarded(r.Header)) {
		if hop.proto != "" {
			secure = strings.EqualFold(hop.proto, "https") || strings.EqualFold(hop.proto, "wss")
		}
		if addr, known = parseHop(hop.addr); !known {
			break // and so nobody before it is known either
		}
		host = addr.String()
		if !p.trust(addr) {
			break
		}
	}
	return host, secure
}

// clientIP is the default of Options.ClientIP.
func (p proxies) clientIP(r *http.Request) string {
	host, _ := p.origin(r)
	return host
}

// isSecure says whether a request's client used TLS.
func (o *Options) isSecure(r *http.Request) bool {
	_, secure := proxies(o.TrustedProxies).origin(r)
	return secure
}

// forwarded returns the hops of a request, the last one last, as proxies tell them:
// in X-Forwarded-For and -Proto, or where there is none in Forwarded (RFC 7239).
func forwarded(h http.Header) []hop {
	addresses, protos := list(h["X-Forwarded-For"]), list(h["X-Forwarded-Proto"])
	if len(addresses) == 0 && len(protos) == 0 {
		return forwardedHops(h["Forwarded"])
	}
	hops := make([]hop, max(len(addresses), 1))
	for i := range addresses {
		hops[i].addr = addresses[i]
		if len(protos) == len(addresses) {
			hops[i].proto = protos[i]
		}
	}
	if len(protos) > 0 && len(protos) != len(addresses) {
		hops[len(hops)-1].proto = protos[len(protos)-1] // by the proxy nearest to us
	}
	return hops
}

// list splits what is separated by commas, in one header or several.
func list(values []string) []string {
	var parts []string
	for _, value := range values {
		for part := range strings.SplitSeq(value, ",") {
			parts = append(parts, strings.TrimSpace(part))
		}
	}
	return parts
}

// forwardedHops reads headers of the form for=1.2.3.4;proto=https, for="[::1]:80".
func forwardedHops(values []string) []hop {
	var hops []hop
	for _, value := range values {
		for _, element := range unquotedFields(value, ',') {
			var h hop
			for _, pair := range unquotedFields(element, ';') {
				name, value, _ := strings.Cut(pair, "=")
				value = strings.ReplaceAll(strings.Trim(strings.TrimSpace(value), `"`), `\`, "")
				switch strings.ToLower(strings.TrimSpace(name)) {
				case "for":
					h.addr = value
				case "proto":
					h.proto = value
				}
			}
			hops = append(hops, h)
		}
	}
	return hops
}

// unquotedFields splits text at a separator where that is not within quotes.
func unquotedFields(text string, separator rune) []string {
	quoted, escaped := false, false
	return strings.FieldsFunc(text, func(r rune) bool {
		switch {
		case escaped:
			escaped = false
		case quoted && r == '\\':
			escaped = true
		case r == '"':
			quoted = !quoted
		}
		return r == separator && !quoted
	})
}

// parseHop reads an address, which may have a port and, if it is one of version 6, be in
// brackets.
func parseHop(text string) (addr netip.Addr, ok bool) {
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		addr = withPort.Addr()
	} else if addr, err = netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")); err != nil {
		return addr, false
	}
	return addr.Unmap().WithZone(""), true
}
