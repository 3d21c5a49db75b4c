package main

import (
	"bufio"
	"context"
	"encoding/json/v2"
	"flag"
	"fmt"
	"slices"
	"strings"
	"sync"

	"socketio"
)

func connectCommand() command {
	return command{
		name: "connect", args: "URL", least: 1, most: 1,
		brief: "talk to a server, line by line",
		about: `Events are printed as they come. Lines from standard input are commands, of which help
lists all: emit, call, ack, on, off, wait, of, leave, history, state, quit. It ends with the
input.

  sio connect :3000
  > emit chat hello
  > call upload {"name":"a.png"} file:a.png`,
		bind: func(flags *flag.FlagSet) action {
			var t target
			t.bind(flags)
			return func(ctx context.Context, p *program, args []string) error {
				return (&console{
					target: t, p: p, out: p.output(t.format), hidden: map[string]bool{},
					joined: map[string]bool{}, greets: map[string]int{}, heard: make(chan struct{}),
				}).run(ctx, args[0])
			}
		},
	}
}

// A console is a conversation with a server.
type console struct {
	target  target
	p       *program
	out     *output
	session *session
	socket  *socketio.ClientSocket // of the namespace in use
	joined  map[string]bool        // namespaces whose events are printed
	history []string

	mu     sync.Mutex
	hidden map[string]bool   // events that are not printed
	only   []string          // if not empty, those that are
	asked  *socketio.Message // the last one that wants an answer
	recent []string          // names of the last events that nobody has waited for
	greets map[string]int    // how often each namespace was connected
	here   int               // how many namespaces are, of whose end nothing was printed
	heard  chan struct{}     // closed at the next event, connection or end of one
}

// A noteLine is what is written of something that is no event.
type noteLine struct {
	Note string `json:"note"`
}

func (c *console) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	c.out.put(noteLine{text}, text)
}

func (c *console) run(ctx context.Context, rawURL string) error {
	s, err := c.target.connect(ctx, c.p, rawURL, func(s *session) { c.follow(s.ClientSocket) })
	if err != nil {
		return err
	}
	c.session, c.socket = s, s.ClientSocket
	c.joined[s.Name()] = true
	c.awaitGreeting(ctx, s.Name(), 0)
	lines := make(chan string)
	go c.read(ctx, lines)
	for {
		if c.p.terminal && !c.out.json {
			fmt.Fprint(c.p.stdout, "> ")
		}
		select {
		case <-ctx.Done():
			return c.end()
		case line, ok := <-lines:
			if !ok || !c.obey(ctx, line) {
				return c.end()
			}
		}
	}
}

// end ends the session, and waits until that is printed, too.
func (c *console) end() error {
	err := c.session.end(c.target.timeout)
	ctx, cancel := context.WithTimeout(context.Background(), c.target.timeout)
	defer cancel()
	c.await(ctx, func() bool { return c.here == 0 })
	return err
}

// awaitGreeting waits, after a namespace was connected, until that is printed. It was so
// before as often as greets says.
func (c *console) awaitGreeting(ctx context.Context, name string, greets int) {
	ctx, cancel := context.WithTimeout(ctx, c.target.timeout)
	defer cancel()
	c.await(ctx, func() bool { return c.greets[name] > greets })
}

// await waits until done, which is called with mu held, says so. It says whether that was
// before ctx ended.
func (c *console) await(ctx context.Context, done func() bool) bool {
	for {
		c.mu.Lock()
		over, heard := done(), c.heard
		c.mu.Unlock()
		if over {
			return true
		}
		select {
		case <-heard:
		case <-ctx.Done():
			return false
		}
	}
}

// signal lets await look again. The caller holds mu.
func (c *console) signal() {
	close(c.heard)
	c.heard = make(chan struct{})
}

// read reads lines until the input ends or ctx does. Nobody can interrupt the read itself.
func (c *console) read(ctx context.Context, lines chan<- string) {
	defer close(lines)
	in := bufio.NewReader(c.p.stdin)
	for {
		line, err := in.ReadString('\n')
		if line = strings.TrimSpace(line); line != "" {
			select {
			case lines <- line:
			case <-ctx.Done():
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// follow prints what happens in a namespace.
func (c *console) follow(s *socketio.ClientSocket) {
	s.OnAny(c.hear)
	s.OnConnect(func(_ context.Context, s *socketio.ClientSocket) error {
		c.note("connected to %s", s.Name())
		c.mu.Lock()
		defer c.mu.Unlock()
		c.greets[s.Name()]++
		c.here++
		c.signal()
		return nil
	})
	s.OnDisconnect(func(_ context.Context, s *socketio.ClientSocket, why socketio.Reason) error {
		c.note("disconnected from %s: %s", s.Name(), why)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.here--
		c.signal()
		return nil
	})
}

// hear is called with each event.
func (c *console) hear(_ context.Context, s *socketio.ClientSocket, m *socketio.Message) error {
	c.mu.Lock()
	shown := !c.hidden[m.Event] && (len(c.only) == 0 || slices.Contains(c.only, m.Event))
	c.mu.Unlock()
	var err error
	if shown {
		err = c.out.event(s, m)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if m.WantsAck() {
		c.asked = m
	}
	const remembered = 100
	c.recent = append(c.recent[max(0, len(c.recent)-remembered):], m.Event)
	c.signal()
	return err
}

// obey does what a line says, and says whether to go on.
func (c *console) obey(ctx context.Context, line string) bool {
	line, err := c.recall(line)
	if err != nil {
		c.complain(err)
		return true
	}
	c.history = append(c.history, line)
	words, err := split(line)
	if err != nil {
		c.complain(err)
		return true
	}
	all := verbs()
	i := slices.IndexFunc(all, func(v verb) bool { return v.name == words[0] })
	if i < 0 {
		var names []string
		for _, v := range all {
			names = append(names, v.name)
		}
		c.complain(fmt.Errorf("there is no %q%s; help lists what there is", words[0], suggestion("", words[0], names)))
		return true
	}
	v := all[i]
	if v.do == nil {
		return false
	}
	if len(words)-1 < v.least {
		c.complain(fmt.Errorf("%s wants more: %s %s", v.name, v.name, v.args))
		return true
	}
	if strings.HasPrefix(v.args, "EVENT") {
		// A name with spaces stands between quotes, which are not a part of it.
		_ = json.Unmarshal([]byte(words[1]), &words[1])
	}
	if err := v.do(c, ctx, words[1:]); err != nil {
		c.complain(err)
	}
	return true
}

// complain says what is wrong with a line, or has gone wrong.
func (c *console) complain(err error) { fmt.Fprintln(c.p.stderr, "sio:", err) }

// recall replaces !N and !! by lines of the history.
func (c *console) recall(line string) (string, error) {
	number, ok := strings.CutPrefix(line, "!")
	if !ok {
		return line, nil
	}
	n := len(c.history)
	if number != "!" {
		if _, err := fmt.Sscanf(number, "%d", &n); err != nil {
			return "", fmt.Errorf("%s is no line of the history", line)
		}
	}
	if n < 1 || n > len(c.history) {
		return "", fmt.Errorf("the history has %d lines", len(c.history))
	}
	return c.history[n-1], nil
}
