//go:build linux

package main

import (
	"cmp"
	"encoding/json/v2"
	"fmt"
	"log"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A meter runs programs and reads what they say.
type meter struct {
	server, loadgen string
	seconds         time.Duration
}

// measure replaces those points of the record whose link is named in parts.
func (m *meter) measure(r *record, parts string) error {
	r.Date, r.Machine = time.Now().Format(time.DateOnly), machine()
	for part := range strings.SplitSeq(parts, ",") {
		r.Points = slices.DeleteFunc(r.Points, func(p point) bool { return p.Link == part })
		points, err := m.points(part)
		if err != nil {
			return err
		}
		r.Points = append(r.Points, points...)
	}
	slices.SortFunc(r.Points, func(a, b point) int {
		return cmp.Or(cmp.Compare(b.Link, a.Link), cmp.Compare(a.Cores, b.Cores), cmp.Compare(a.Clients, b.Clients))
	})
	return nil
}

func (m *meter) points(link string) (points []point, err error) {
	run, most := m.overTCP, 10_000
	if link == "memory" {
		run, most = m.inMemory, 100_000
	}
	for n := 100; n <= most; n *= 10 {
		p, err := run(n, 1)
		if err != nil {
			return nil, fmt.Errorf("%s, %d clients: %w", link, n, err)
		}
		log.Printf("%+v", p)
		points = append(points, p)
	}
	if link == "memory" {
		p, err := run(1000, 2)
		if err != nil {
			return nil, err
		}
		log.Printf("%+v", p)
		points = append(points, p)
	}
	return points, nil
}

// inMemory measures in a process of its own, since what the one before has left behind
// would be in the figures.
func (m *meter) inMemory(n, cores int) (p point, err error) {
	self, err := os.Executable()
	if err != nil {
		return p, err
	}
	cmd := exec.Command("taskset", "-c", fmt.Sprint("0-", cores-1), self, "-d", m.seconds.String(), "-in-memory", strconv.Itoa(n))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return p, err
	}
	err = json.Unmarshal(out, &p)
	return p, err
}

// A loaded is what the load generator says.
type loaded struct {
	OK         bool           `json:"ok"`
	PerSecond  float64        `json:"per_s"`
	CPUPer1M   float64        `json:"server_cpu_s_per_1m"`
	CPUPerConn float64        `json:"server_cpu_ms_per_conn"`
	CPUPerMin  float64        `json:"server_cpu_ms_per_conn_min"`
	Others     float64        `json:"others_cores"`
	KiBPerConn float64        `json:"kib_per_conn"`
	Errors     map[string]int `json:"errors"`
}

// overTCP measures a server on the first core, loaded from the second. Each figure is that
// of a fresh server.
func (m *meter) overTCP(n, _ int) (p point, err error) {
	p = point{Link: "tcp", Clients: n, Cores: 1}
	kernel := make(chan float64, 1)
	before := slabBytes()
	go func() {
		time.Sleep(2*time.Second + time.Duration(n)*time.Second/8000)
		kernel <- (slabBytes() - before) / float64(2*n) // both ends are on this machine
	}()
	connect, err := m.load(n, "-hold", fmt.Sprint(3+n/8000, "s"), "connect")
	if err != nil {
		return p, err
	}
	p.Bytes, p.HandshakeMS, p.KernelBytes = connect.KiBPerConn*1024, connect.CPUPerConn, <-kernel
	echo, err := m.load(n, "-d", m.seconds.String(), "echo")
	if err != nil {
		return p, err
	}
	p.EchoUS, p.EchoRate, p.Others = echo.CPUPer1M, echo.PerSecond, echo.Others
	broadcast, err := m.load(n, "-d", m.seconds.String(), "-size", "128", "broadcast")
	if err != nil {
		return p, err
	}
	p.DeliveryUS = broadcast.CPUPer1M
	if n < 10_000 { // CPU time comes in steps of ten milliseconds
		return p, nil
	}
	idle, err := m.load(n, "-d", "25s", "idle")
	p.HeartbeatMS = idle.CPUPerMin
	return p, err
}

// load starts a server and loads it.
func (m *meter) load(n int, args ...string) (l loaded, err error) {
	port, err := freePort()
	if err != nil {
		return l, err
	}
	server := exec.Command("taskset", "-c", "0", m.server)
	server.Env = append(os.Environ(), "PORT="+port)
	server.Stderr = os.Stderr
	if err := server.Start(); err != nil {
		return l, err
	}
	defer func() {
		_ = server.Process.Kill() // it has no other end
		_ = server.Wait()
	}()
	addr := "127.0.0.1:" + port
	if err := await(addr); err != nil {
		return l, err
	}
	load := exec.Command("taskset", append([]string{"-c", "1", m.loadgen, "-addr", addr,
		"-pid", strconv.Itoa(server.Process.Pid), "-c", strconv.Itoa(n)}, args...)...)
	load.Stderr = os.Stderr
	out, err := load.Output()
	if err == nil {
		err = json.Unmarshal(out, &l)
	}
	if err == nil && !l.OK {
		err = fmt.Errorf("%q: the load generator has seen mistakes: %v", args, l.Errors)
	}
	return l, err
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

// await waits until somebody listens.
func await(addr string) (err error) {
	for range 200 {
		var nc net.Conn
		if nc, err = net.Dial("tcp", addr); err == nil {
			return nc.Close()
		}
		time.Sleep(20 * time.Millisecond)
	}
	return err
}

// slabBytes is what the kernel keeps in small objects, which sockets are.
func slabBytes() float64 {
	text, _ := os.ReadFile("/proc/meminfo")
	for line := range strings.Lines(string(text)) {
		if kib, ok := strings.CutPrefix(line, "SUnreclaim:"); ok {
			n, _ := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(kib), "kB")), 64)
			return n * 1024
		}
	}
	return 0
}
