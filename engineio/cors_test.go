package engineio

import (
	"strings"
	"testing"
	"time"
)

// corsHeaders are those headers of an answer that CORS is about, in one line.
func corsHeaders(a answer) string {
	var parts []string
	for _, name := range []string{"Origin", "Credentials", "Methods", "Headers", "Expose-Headers", "Max-Age"} {
		for _, value := range a.header["Access-Control-Allow-"+name] {
			parts = append(parts, name+"="+value)
		}
		for _, value := range a.header["Access-Control-"+name] {
			parts = append(parts, name+"="+value)
		}
	}
	for _, value := range a.header["Vary"] {
		parts = append(parts, "Vary="+value)
	}
	return strings.Join(parts, " ")
}

const allMethods = "GET,HEAD,PUT,PATCH,POST,DELETE"

func TestCORSHeaders(t *testing.T) {
	one := CORS{Origins: []string{"http://127.0.0.1:5500"}, AllowedHeaders: []string{"my-custom-header", "other"}, Credentials: true}
	list := CORS{
		Origins: []string{"http://a.test"}, OriginFunc: endsWith(".b.test"),
		Methods: []string{"GET", "POST"}, MaxAge: 10 * time.Minute, ExposedHeaders: []string{"x-one", "x-two"},
	}
	tests := []struct {
		name      string
		cors      CORS
		headers   string // of the request, separated by "; "
		preflight string // its status and the headers of the answer
		actual    string // the same for a polling handshake
	}{
		{"one origin, with credentials", one, "Origin: http://127.0.0.1:5500",
			"204 Origin=http://127.0.0.1:5500 Credentials=true Methods=" + allMethods + " Headers=my-custom-header,other Vary=Origin",
			"200 Origin=http://127.0.0.1:5500 Credentials=true Vary=Origin"},
		{"headers asked for in vain", one, "Origin: http://127.0.0.1:5500; Access-Control-Request-Headers: x-asked",
			"204 Origin=http://127.0.0.1:5500 Credentials=true Methods=" + allMethods + " Headers=my-custom-header,other Vary=Origin",
			"200 Origin=http://127.0.0.1:5500 Credentials=true Vary=Origin"},
		{"no origin at all", one, "",
			"204 Methods=" + allMethods + " Headers=my-custom-header,other Vary=Origin",
			"200 Vary=Origin"},
		{"evil", one, "Origin: https://evil.example", "403 Vary=Origin", "403 Vary=Origin"},

		{"a list, its own methods, age, exposed headers", list, "Origin: http://a.test",
			"204 Origin=http://a.test Methods=GET,POST Expose-Headers=x-one,x-two Max-Age=600 Vary=Origin",
			"200 Origin=http://a.test Expose-Headers=x-one,x-two Vary=Origin"},
		{"a function's, headers as asked for", list, "Origin: https://x.b.test; Access-Control-Request-Headers: x-asked,x-too",
			"204 Origin=https://x.b.test Methods=GET,POST Headers=x-asked,x-too Expose-Headers=x-one,x-two Max-Age=600 Vary=Origin Vary=Access-Control-Request-Headers",
			"200 Origin=https://x.b.test Expose-Headers=x-one,x-two Vary=Origin"},

		{"any", CORS{Origins: []string{"*"}}, "Origin: https://whoever.example",
			"204 Origin=* Methods=" + allMethods, "200 Origin=*"},
		{"any, without an origin", CORS{Origins: []string{"*"}}, "",
			"204 Origin=* Methods=" + allMethods, "200 Origin=*"},

		{"same origin only", CORS{}, "Host: a.test; Origin: http://a.test", "400", "200"},
		{"off", CORS{Off: true}, "Origin: https://whoever.example", "400", "200"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t, &Options{CORS: test.cors}, nil)
			var headers []string
			if test.headers != "" {
				headers = strings.Split(test.headers, "; ")
			}
			preflight := append([]string{"Access-Control-Request-Method: POST"}, headers...)
			for _, request := range []struct {
				method, want string
				headers      []string
			}{{"OPTIONS", test.preflight, preflight}, {"GET", test.actual, headers}} {
				a := r.ask(request.method, "/socket.io/?EIO=4&transport=polling", "", request.headers...)
				got := strings.TrimSpace(statusText(a) + " " + corsHeaders(a))
				if got != request.want {
					t.Errorf("%s:\ngot  %s\nwant %s", request.method, got, request.want)
				}
				if a.status == 204 && (a.body != "" || a.header.Get("Content-Length") != "") {
					t.Errorf("%s: a body", request.method)
				}
			}
		})
	}
}

func statusText(a answer) string {
	return string([]byte{byte('0' + a.status/100), byte('0' + a.status/10%10), byte('0' + a.status%10)})
}

func TestAPreflightIsAnsweredBeforeAnySessionIsLookedFor(t *testing.T) {
	r := newRig(t, &Options{CORS: CORS{Origins: []string{"http://a.test"}}}, nil)
	sid := r.poll()
	for _, query := range []string{"", "EIO=4&transport=polling&sid=" + sid, "EIO=4&transport=polling&sid=unknown", "EIO=3"} {
		if a := r.ask("OPTIONS", "/socket.io/?"+query, "", "Origin: http://a.test"); a.status != 204 {
			t.Errorf("%q: %d, want 204", query, a.status)
		}
	}
}

func TestCORSHeadersAreOnEveryAnswerThatAPageMayRead(t *testing.T) {
	r := newRig(t, &Options{CORS: CORS{Origins: []string{"http://a.test"}, Credentials: true}}, nil)
	const origin = "Origin: http://a.test"
	want := "Origin=http://a.test Credentials=true Vary=Origin"
	target := "/socket.io/?EIO=4&transport=polling&sid=" + r.poll()
	for _, request := range []struct {
		method, target string
		status         int
	}{
		{"POST", target, 200},
		{"GET", target, 200},
		{"PUT", target, 405},
		{"GET", "/socket.io/?EIO=4&transport=polling&sid=unknown", 400},
		{"GET", "/socket.io/?EIO=3&transport=polling", 400},
	} {
		a := r.ask(request.method, request.target, "4x", origin)
		if a.status != request.status || corsHeaders(a) != want {
			t.Errorf("%s %s: %d %s, want %d %s", request.method, request.target, a.status, corsHeaders(a), request.status, want)
		}
	}
	c, a := r.handshake("/socket.io/?EIO=4&transport=websocket", origin)
	if c == nil || corsHeaders(a) != want {
		t.Errorf("WebSocket: %d %s, want %s", a.status, corsHeaders(a), want)
	}
}
