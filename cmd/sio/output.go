package main

import (
	"flag"
	"fmt"
	"strings"
	"sync"

	"socketio"
)

// An output writes lines, of JSON or for people. Handlers and commands share it.
type output struct {
	p    *program
	json bool

	mu sync.Mutex
}

// A format says in which form a command writes.
type format struct{ json, plain bool }

// bind declares the flags.
func (f *format) bind(flags *flag.FlagSet) {
	flags.BoolVar(&f.json, "json", false, "write lines of JSON, as is done anyway where no terminal reads them")
	flags.BoolVar(&f.plain, "plain", false, "write for people, also where no terminal is")
}

// output is where a command writes.
func (p *program) output(f format) *output {
	return &output{p: p, json: f.json || !p.terminal && !f.plain}
}

// count is a number of things, in words.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// put writes one line: v as JSON, or the text.
func (o *output) put(v any, text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.json {
		text = asJSON(v)
	}
	fmt.Fprintln(o.p.stdout, text)
}

// An eventLine is what is written of an event.
type eventLine struct {
	Namespace string `json:"namespace,omitzero"` // of another namespace than the main one
	Event     string `json:"event"`
	Args      []any  `json:"args"`
	WantsAck  bool   `json:"wantsAck,omitzero"`
}

// event writes an event that has arrived.
func (o *output) event(s *socketio.ClientSocket, m *socketio.Message) error {
	args, err := arguments(m)
	if err != nil {
		return err
	}
	line := eventLine{Event: m.Event, Args: args, WantsAck: m.WantsAck()}
	text := strings.TrimSpace(m.Event + " " + asText(args))
	if s.Name() != "/" {
		line.Namespace = s.Name()
		text = s.Name() + " " + text
	}
	if m.WantsAck() {
		text += " (wants an answer)"
	}
	o.put(line, text)
	return nil
}
