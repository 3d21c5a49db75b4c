//go:build linux

// Command growth measures what a message and a connection cost as clients become more,
// and draws it; see ../README.md. It starts servers and load generators, and itself anew
// for what is measured in one process.
//
//	growth -server .tmp/bin/bench-server -loadgen loadgen
//	growth -draw
package main

import (
	"encoding/json/v2"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// A point is what was measured with so many clients. Zero is what was not.
type point struct {
	Link        string  `json:"link"` // tcp or memory
	Clients     int     `json:"clients"`
	Cores       int     `json:"cores"`
	EchoUS      float64 `json:"echo_us"`           // CPU per echoed message
	EchoRate    float64 `json:"echo_per_s"`        // echoed messages
	DeliveryUS  float64 `json:"delivery_us"`       // CPU per delivery of a broadcast
	Bytes       float64 `json:"bytes"`             // per connection: RSS over TCP, heap and stack in memory
	KernelBytes float64 `json:"kernel_bytes"`      // per connection, in objects that cannot be reclaimed
	HandshakeMS float64 `json:"handshake_ms"`      // CPU
	HeartbeatMS float64 `json:"heartbeats_min_ms"` // CPU per idle connection and minute
	Others      float64 `json:"others_cores"`      // what other programs used during echo
}

// A record is what the picture is drawn from.
type record struct {
	Date    string  `json:"date"`
	Machine string  `json:"machine"`
	Points  []point `json:"points"`
}

func main() {
	log.SetFlags(0)
	server := flag.String("server", ".tmp/bin/bench-server", "the server, as in bench/server")
	loadgen := flag.String("loadgen", "loadgen", "the load generator")
	data := flag.String("data", "bench/growth.json", "file of the figures")
	picture := flag.String("picture", "docs/design/growth.svg", "file of the picture")
	seconds := flag.Duration("d", 2*time.Second, "time of one measurement")
	part := flag.String("part", "tcp,memory", "what is measured; the rest is kept from the file")
	draw := flag.Bool("draw", false, "only draw what the file has")
	inMemory := flag.Int("in-memory", 0, "measure so many connections in memory, in this process, and print it")
	flag.Parse()
	if *inMemory > 0 {
		p, err := measureMemory(*inMemory, *seconds)
		if err == nil {
			err = json.MarshalWrite(os.Stdout, p)
		}
		exit(err)
	}
	r, err := load(*data)
	if err == nil && !*draw {
		m := meter{server: *server, loadgen: *loadgen, seconds: *seconds}
		err = m.measure(&r, *part)
	}
	if err == nil {
		err = r.save(*data)
	}
	if err == nil {
		err = os.WriteFile(*picture, r.draw(), 0o644)
	}
	exit(err)
}

func exit(err error) {
	if err != nil {
		log.Fatal(err)
	}
	os.Exit(0)
}

// load reads a record, an empty one if there is no file.
func load(name string) (r record, err error) {
	text, err := os.ReadFile(name)
	if os.IsNotExist(err) {
		return r, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	return r, err
}

// save writes a line for each point.
func (r *record) save(name string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "{\"date\": %q, \"machine\": %q, \"points\": [\n", r.Date, r.Machine)
	for i, p := range r.Points {
		line, err := json.Marshal(p)
		if err != nil {
			return err
		}
		b.Write(line)
		if i < len(r.Points)-1 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	b.WriteString("]}\n")
	return os.WriteFile(name, []byte(b.String()), 0o644)
}

// machine says what this is measured on.
func machine() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	model := "unknown processor"
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			model = strings.TrimSpace(value)
		}
	}
	release, _ := exec.Command("uname", "-r").Output()
	return fmt.Sprintf("%d cores (%s), Linux %s, %s", runtime.NumCPU(), model, strings.TrimSpace(string(release)), runtime.Version())
}
