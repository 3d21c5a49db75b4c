package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A verb is a command of the console.
type verb struct {
	name, args, brief string
	least             int // arguments
	do                func(c *console, ctx context.Context, args []string) error
}

// verbs are all there are, in the order of the help.
func verbs() []verb {
	return []verb{
		{"emit", "EVENT [ARGUMENT…]", "send an event", 1, (*console).emit},
		{"call", "EVENT [ARGUMENT…]", "send an event and print its acknowledgement", 1, (*console).call},
		{"ack", "[ARGUMENT…]", "answer the last event that wants an answer", 0, (*console).ack},
		{"on", "[EVENT…]", "print only these events, or all again", 0, (*console).on},
		{"off", "EVENT…", "do not print these events", 1, (*console).off},
		{"wait", "EVENT", "wait until an event has come, for which no wait was before", 1, (*console).wait},
		{"of", "NAMESPACE", "join a namespace as well, and emit and call there from now on", 1, (*console).of},
		{"leave", "", "leave the namespace in use", 0, (*console).leave},
		{"history", "", "list the lines so far; !N does line N again, !! the last one", 0, (*console).list},
		{"state", "", "tell namespace, transport and id", 0, (*console).state},
		{"help", "", "list the commands", 0, (*console).help},
		{"quit", "", "end", 0, nil},
	}
}

func (c *console) emit(_ context.Context, args []string) error {
	values, err := parseValues(args[1:])
	if err != nil {
		return err
	}
	return c.socket.EmitArgs(args[0], values...)
}

func (c *console) call(ctx context.Context, args []string) error {
	values, err := parseValues(args[1:])
	if err != nil {
		return err
	}
	answer, err := ask(ctx, c.socket, c.target.patience(), args[0], values)
	if err == nil {
		c.out.answer(answer)
	}
	return err
}

func (c *console) ack(_ context.Context, args []string) error {
	values, err := parseValues(args)
	if err != nil {
		return err
	}
	c.mu.Lock()
	asked := c.asked
	c.asked = nil
	c.mu.Unlock()
	if asked == nil {
		return errors.New("no event wants an answer")
	}
	return asked.Ack(values...)
}

func (c *console) on(_ context.Context, args []string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.only = args
	c.hidden = map[string]bool{}
	return nil
}

func (c *console) off(_ context.Context, args []string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, event := range args {
		c.hidden[event] = true
	}
	return nil
}

// wait waits for an event. One that has come already, and was not waited for, will do.
func (c *console) wait(ctx context.Context, args []string) error {
	ctx, cancel := context.WithTimeout(ctx, c.target.patience())
	defer cancel()
	came := c.await(ctx, func() bool {
		i := slices.Index(c.recent, args[0])
		if i < 0 {
			return false
		}
		c.recent = slices.Delete(c.recent, i, i+1)
		return true
	})
	if !came {
		return fmt.Errorf("no event %s has come within %v", args[0], c.target.patience())
	}
	return nil
}

// of takes a namespace into use, and joins it before if need be.
func (c *console) of(ctx context.Context, args []string) error {
	name := args[0]
	if !strings.HasPrefix(name, "/") {
		name = "/" + name
	}
	const longest = 256
	if strings.ContainsAny(name, ",?") || len(name) > longest {
		return fmt.Errorf("%s is no namespace", name)
	}
	s := c.session.Of(name)
	if !c.joined[name] {
		c.joined[name] = true
		c.follow(s)
	}
	if !s.Active() {
		ctx, cancel := context.WithTimeout(ctx, c.target.timeout)
		defer cancel()
		c.mu.Lock()
		greets := c.greets[name]
		c.mu.Unlock()
		if err := s.Connect(ctx); err != nil {
			f := findingOf(err, name)
			return fmt.Errorf("%s; %s", f.Seen, f.Fix)
		}
		c.awaitGreeting(ctx, name, greets)
	}
	c.socket = s
	return nil
}

func (c *console) leave(context.Context, []string) error {
	c.socket.Disconnect()
	return nil
}

func (c *console) list(context.Context, []string) error {
	for i, line := range c.history[:len(c.history)-1] {
		c.note("%3d  %s", i+1, line)
	}
	return nil
}

func (c *console) state(context.Context, []string) error {
	if !c.socket.Connected() {
		c.note("%s: not connected", c.socket.Name())
		return nil
	}
	transport := "a connection that is lost"
	if conn := c.session.Conn(); conn != nil {
		transport = conn.Transport()
	}
	c.note("%s: connected by %s, id %s", c.socket.Name(), transport, c.socket.ID())
	return nil
}

func (c *console) help(context.Context, []string) error {
	for _, v := range verbs() {
		c.note("%-24s %s", strings.TrimSpace(v.name+" "+v.args), v.brief)
	}
	return nil
}
