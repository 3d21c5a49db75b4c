package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// nodeMajor is the oldest Node.js that interop/js runs on (its package.json says so too).
const nodeMajor = 20

// need is something that must be on the machine already or come from its packages.
type need struct {
	name   string   // as the message for the user calls it
	debian []string // the packages that bring it
	have   func() bool
}

var (
	forClients = []need{
		{"Node.js 20 or newer", []string{"nodejs"}, haveNode},
		{"npm", []string{"npm"}, func() bool { return onPath("npm") }},
	}
	forTests = []need{
		{"a C compiler, for the race detector", []string{"gcc", "libc6-dev"}, haveCompiler},
		{"Prometheus, for the dashboard and the alerts", []string{"prometheus"}, func() bool { return onPath("prometheus") && onPath("promtool") }},
		{"Chromium in /usr/bin", []string{"chromium"}, haveChromium},
		{"Firefox in /usr/bin", []string{"firefox-esr"}, func() bool { return exists("/usr/bin/firefox-esr") }},
		{"a Chinese font", []string{"fontconfig", "fonts-wqy-microhei"}, haveFont},
	}
	forLanguages = []need{
		{"Python 3 with venv", []string{"python3", "python3-venv"}, func() bool { return works("python3", "-c", "import ensurepip, venv") }},
		{"a Java development kit", []string{"default-jdk-headless"}, func() bool { return works("javac", "-version") }},
		{"Maven", []string{"maven"}, func() bool { return onPath("mvn") }},
		{"Cargo", []string{"cargo", "pkg-config", "libssl-dev"}, func() bool { return onPath("cargo") }},
	}
	forCluster = []need{
		{"redis-server", []string{"redis-server"}, func() bool { return onPath("redis-server") }},
		{"the server of PostgreSQL", []string{"postgresql"}, havePostgres},
		{"nginx", []string{"nginx-light"}, func() bool { return exists("/usr/sbin/nginx") || onPath("nginx") }},
		{"HAProxy", []string{"haproxy"}, func() bool { return exists("/usr/sbin/haproxy") || onPath("haproxy") }},
		{"Caddy", []string{"caddy"}, func() bool { return onPath("caddy") }},
	}
)

// probe returns those of the needs that are not met.
func probe(of []need) []need {
	var missing []need
	for _, n := range of {
		if !n.have() {
			missing = append(missing, n)
		}
	}
	return missing
}

func names(of []need) string {
	var s []string
	for _, n := range of {
		s = append(s, n.name)
	}
	return strings.Join(s, ", ")
}

func debian(of []need) []string {
	var pkgs []string
	for _, n := range of {
		pkgs = append(pkgs, n.debian...)
	}
	return pkgs
}

func onPath(program string) bool {
	_, err := exec.LookPath(program)
	return err == nil
}

// works reports whether a command is there and succeeds.
func works(program string, args ...string) bool {
	return exec.Command(program, args...).Run() == nil
}

func haveNode() bool {
	out, err := exec.Command("node", "--version").Output()
	return err == nil && major(string(out)) >= nodeMajor
}

// major reads the first number of a version as "node --version" prints it: v20.1.0.
func major(version string) int {
	first, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	n, err := strconv.Atoi(first)
	if err != nil {
		return 0
	}
	return n
}

// haveCompiler looks for the compiler that the go command would call.
func haveCompiler() bool {
	out, err := exec.Command("go", "env", "CC").Output()
	words := strings.Fields(string(out))
	return err == nil && len(words) > 0 && onPath(words[0])
}

// haveChromium looks where the browser test looks: where the package puts it.
func haveChromium() bool { return exists("/usr/bin/chromium") }

// havePostgres looks where Debian's package puts the programs, which is not on the PATH.
func havePostgres() bool {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	return err == nil && len(found) > 0 || onPath("initdb")
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// haveFont asks fontconfig for a font with Chinese, so that the screenshot the browser
// test keeps is readable. Systems other than Linux bring one along.
func haveFont() bool {
	if runtime.GOOS != "linux" {
		return true
	}
	out, err := exec.Command("fc-list", ":lang=zh").Output()
	return err == nil && len(out) > 0
}
