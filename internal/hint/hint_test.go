package hint

import (
	"net/http"
	"slices"
	"testing"
)

func TestAProxyIsKnownByItsHeaders(t *testing.T) {
	for _, tt := range []struct{ name, value, want string }{
		{"Server", "nginx/1.27.0", "nginx"},
		{"Server", "openresty", "nginx"},
		{"Server", "awselb/2.0", "AWS"},
		{"Set-Cookie", "AWSALB=x; Path=/", "AWS"},
		{"Cf-Ray", "8f", "Cloudflare"},
		{"Server", "cloudflare", "Cloudflare"},
		{"Via", "1.1 vegur", "Heroku"},
		{"Via", "1.1 google", "Google"},
		{"Server", "Apache/2.4", "Apache"},
		{"Via", "1.1 Caddy", "Caddy"},
		{"Server", "envoy", "Envoy"},
		{"Cdn-Loop", "cloudflare", "Cloudflare"},
		{"X-Amzn-Trace-Id", "Root=1-67891233-abcdef012345678912345678", "AWS"},
		{"X-Envoy-Upstream-Service-Time", "3", "Envoy"},
		{"Server", "gunicorn", ""},
	} {
		header := http.Header{}
		header.Set(tt.name, tt.value)
		if got := Proxy(header); got != tt.want {
			t.Errorf("%s: %s is %q, want %q", tt.name, tt.value, got, tt.want)
		}
	}
}

// What is told of one proxy is not told of another: each text is there once, or it is the
// general one.
func TestFixesAreForTheProxyThatThereIs(t *testing.T) {
	proxies := []string{"nginx", "AWS", "Cloudflare", "Heroku", "Google", "Apache", "Caddy", "Envoy"}
	for name, fix := range map[string]func(string) string{"upgrade": Upgrade, "sticky": Sticky, "idle": Idle} {
		var own []string
		for _, proxy := range proxies {
			text := fix(proxy)
			if text == fix("") {
				continue
			}
			if slices.Contains(own, text) {
				t.Errorf("%s of %s is that of another one", name, proxy)
			}
			own = append(own, text)
		}
		if len(own) < 3 {
			t.Errorf("%s knows %d proxies", name, len(own))
		}
	}
}

func TestEachCodeHasItsCauseAndFix(t *testing.T) {
	causes := map[string]bool{}
	for code := range 7 { // the last is none of the protocol's
		cause, fix := OfCode(code)
		if cause == "" || fix == "" || causes[cause] {
			t.Errorf("%d: %q, %q", code, cause, fix)
		}
		causes[cause] = true
	}
}
