// Package proxies runs the configurations of docs/behind-proxies.md with the proxies that
// they are for, and clients and servers on both sides.
package proxies

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"socketio"
	"socketio/engineio"
)

// patience is how long anything may take.
const patience = time.Minute

// A proxy is one that the page has a configuration for.
type proxy struct {
	name    string
	paths   []string // where it is if it is not on the PATH
	listen  string   // how the configuration says where it listens
	listens string   // the same with %s for a port
	around  string   // the whole configuration, with %s for the page's text
	args    func(config string) []string
	client  string // what the server takes for the client's address if that says 203.0.113.9
}

var (
	nginx = proxy{
		name: "nginx", paths: []string{"/usr/sbin/nginx"}, listen: "listen 80;", listens: "listen 127.0.0.1:%s;", client: "203.0.113.9",
		around: `daemon off;
error_log stderr warn;
pid nginx.pid;
master_process off;
events { worker_connections 256; }
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
%s}
`,
		args: func(config string) []string {
			return []string{"-p", filepath.Dir(config), "-e", "stderr", "-c", config}
		},
	}
	haproxy = proxy{
		name: "haproxy", paths: []string{"/usr/sbin/haproxy"}, listen: "bind :80", listens: "bind 127.0.0.1:%s", client: "203.0.113.9",
		around: "global\n    maxconn 256\n\n%s",
		args:   func(config string) []string { return []string{"-db", "-f", config} },
	}
	caddy = proxy{
		name: "caddy", listen: ":80 {", listens: "http://127.0.0.1:%s {", client: "127.0.0.1",
		around: "{\n\tadmin off\n\tauto_https off\n}\n\n%s",
		args: func(config string) []string {
			return []string{"run", "--adapter", "caddyfile", "--config", config}
		},
	}
)

func TestBehindNginx(t *testing.T)   { nginx.test(t) }
func TestBehindHAProxy(t *testing.T) { haproxy.test(t) }
func TestBehindCaddy(t *testing.T)   { caddy.test(t) }

// whoAsked is what a server answers of a client.
type whoAsked struct {
	Server, Transport, Address string
}

const who socketio.Call[socketio.None, whoAsked] = "who"

// test has clients of every way to connect talk to two servers behind the proxy.
func (p *proxy) test(t *testing.T) {
	program := p.find(t)
	address := p.start(t, program, []string{serve(t, "one"), serve(t, "two")})
	for _, way := range []struct {
		name       string
		transports []string
		last       string
	}{
		{"polling", []string{engineio.Polling}, engineio.Polling},
		{"WebSocket", []string{engineio.WebSocket}, engineio.WebSocket},
		{"upgrade", []string{engineio.Polling, engineio.WebSocket}, engineio.WebSocket},
	} {
		t.Run(way.name, func(t *testing.T) { p.visit(t, address, way.transports, way.last) })
	}
}

// visit asks until the client is on its last transport, and then twenty times more. It is
// always the same server that answers, and the connection is never lost.
func (p *proxy) visit(t *testing.T, address string, transports []string, last string) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := socketio.NewClient("http://"+address, &socketio.ClientOptions{
		DialOptions: engineio.DialOptions{
			Transports: transports,
			HTTPClient: &http.Client{Jar: jar},
			Header:     http.Header{"Origin": {"http://" + address}, "X-Forwarded-For": {"203.0.113.9"}},
		},
		OnRetry: func(_ int, _ time.Duration, cause error) { t.Errorf("the connection was lost: %v", cause) },
	})
	defer c.Close()
	if err := c.Connect(ctx); err != nil {
		t.Fatal(err)
	}
	first, err := c.EmitAck(ctx, who, socketio.None{})
	for ; err == nil && first.Transport != last; first, err = c.EmitAck(ctx, who, socketio.None{}) {
	}
	for i := 0; i < 20 && err == nil; i++ {
		var answer whoAsked
		if answer, err = c.EmitAck(ctx, who, socketio.None{}); err == nil && answer != first {
			t.Errorf("answer %d is %+v, the one before was %+v", i, answer, first)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	if first.Address != p.client {
		t.Errorf("the server takes the client's address for %s, want %s", first.Address, p.client)
	}
}

// serve starts a server, which knows nothing of others, and returns its address.
func serve(t *testing.T, name string) string {
	srv := socketio.NewServer(&socketio.Options{
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	})
	srv.OnAck(who, func(_ context.Context, s *socketio.Socket, _ socketio.None) (whoAsked, error) {
		return whoAsked{name, s.Conn().Transport(), s.Handshake().RemoteAddr}, nil
	})
	web := httptest.NewServer(srv)
	t.Cleanup(func() {
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
		web.Close()
	})
	return web.Listener.Addr().String()
}

// find returns the program, or skips the test.
func (p *proxy) find(t *testing.T) string {
	t.Helper()
	for _, path := range slices.Concat([]string{p.name}, p.paths) {
		if found, err := exec.LookPath(path); err == nil {
			return found
		}
	}
	t.Skipf("%s is not installed; make setup does that", p.name)
	return ""
}

// start starts the proxy on a port on which nobody listens, and waits until it does. Another
// program may take the port meanwhile; then there is another one.
func (p *proxy) start(t *testing.T, program string, servers []string) (address string) {
	t.Helper()
	for attempt := 0; ; attempt++ {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		address = listener.Addr().String()
		listener.Close()
		err = p.startOn(t, program, address, servers)
		if err == nil {
			return address
		}
		if attempt == 3 {
			t.Fatal(err)
		}
	}
}

// startOn is one attempt.
func (p *proxy) startOn(t *testing.T, program, address string, servers []string) error {
	dir := t.TempDir()
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(program, p.args(p.configure(t, dir, address, servers))...)
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, log, log
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // it is killed, or its log says why it ended
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})

	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-ended:
			text, _ := os.ReadFile(log.Name())
			return fmt.Errorf("%s has ended: %s", p.name, text)
		case <-time.After(20 * time.Millisecond):
		}
	}
	return fmt.Errorf("%s does not listen", p.name)
}

// configure writes the page's configuration with other addresses.
func (p *proxy) configure(t *testing.T, dir, address string, servers []string) (file string) {
	t.Helper()
	page, err := os.ReadFile("../../docs/behind-proxies.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "\n```"+p.name+"\n")
	text, _, _ := strings.Cut(rest, "```\n")
	_, port, _ := strings.Cut(address, ":")
	swap := []string{p.listen, fmt.Sprintf(p.listens, port)}
	for i, server := range servers {
		swap = append(swap, fmt.Sprintf("10.0.0.%d:3000", i+1), server)
	}
	for i := 0; i < len(swap); i += 2 {
		if !strings.Contains(text, swap[i]) {
			t.Fatalf("the page's block of %s has no %q", p.name, swap[i])
		}
	}
	file = filepath.Join(dir, p.name+".conf")
	if err := os.WriteFile(file, fmt.Appendf(nil, p.around, strings.NewReplacer(swap...).Replace(text)), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
