package main

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// mainEnv makes the test's own program the example.
const mainEnv = "CLUSTER_REDIS_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(mainEnv) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// proxies are the load balancers, by the file that configures one.
var proxies = []struct {
	file    string
	program string
	command func(config string) []string
}{
	{"nginx.conf", "/usr/sbin/nginx", nginx},
	{"nginx-sticky.conf", "/usr/sbin/nginx", nginx},
	{"haproxy.cfg", "/usr/sbin/haproxy", haproxy},
	{"haproxy-sticky.cfg", "/usr/sbin/haproxy", haproxy},
	{"Caddyfile", "caddy", caddy},
	{"Caddyfile-sticky", "caddy", caddy},
	{"traefik.yaml", "", nil},
	{"traefik-sticky.yaml", "", nil},
}

func nginx(config string) []string {
	return []string{"-p", filepath.Dir(config), "-e", "stderr", "-c", config}
}

func haproxy(config string) []string { return []string{"-db", "-f", config} }

func caddy(config string) []string {
	return []string{"run", "--config", config, "--adapter", "caddyfile"}
}

// patience is how long anything may take.
const patience = time.Minute

// The official clients of client.mjs get by whatever is in front of the servers.
func TestBehindEachLoadBalancer(t *testing.T) {
	for _, p := range proxies {
		t.Run(p.file, func(t *testing.T) {
			addresses := free(t, 4)
			config := configure(t, p.file, addresses)
			if p.command == nil {
				return
			}
			program, err := exec.LookPath(p.program)
			if err != nil {
				t.Skip("needs what make setup installs: ", err)
			}
			example(t, addresses[:3], strings.Contains(p.file, "sticky"))
			start(t, exec.CommandContext(t.Context(), program, p.command(config)...))
			untilOpen(t, addresses[3])
			out, err := exec.CommandContext(t.Context(), "node", "client.mjs", "http://"+addresses[3]).CombinedOutput()
			t.Logf("%s", out)
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// configure writes the file with other addresses, and returns where.
func configure(t *testing.T, file string, addresses []string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := string(text)
	for i, address := range []string{"127.0.0.1:3001", "127.0.0.1:3002", "127.0.0.1:3003", "127.0.0.1:8080"} {
		if !strings.Contains(changed, address) {
			t.Errorf("%s has no %s", file, address)
		}
		changed = strings.ReplaceAll(changed, address, addresses[i])
	}
	config := filepath.Join(t.TempDir(), file)
	if err := os.WriteFile(config, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	return config
}

// example starts the example, and waits until it listens.
func example(t *testing.T, servers []string, sticky bool) {
	t.Helper()
	arguments := []string{"-listen", "127.0.0.1:0", "-servers", strings.Join(servers, ",")}
	if sticky {
		arguments = append(arguments, "-sticky")
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], arguments...)
	cmd.Env = append(os.Environ(), mainEnv+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	start(t, cmd)
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
}

// start starts a process, which is ended with the test.
func start(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	cmd.Stderr = t.Output()
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = patience
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // by then the context has ended, and with it the process
}

// free returns addresses on which nobody listens.
func free(t *testing.T, count int) (addresses []string) {
	t.Helper()
	for range count {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		addresses = append(addresses, l.Addr().String())
	}
	return addresses
}

func untilOpen(t *testing.T, address string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}
