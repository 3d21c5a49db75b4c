package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	"socketio"
)

func emitCommand() command {
	return command{
		name: "emit", args: "URL EVENT [ARGUMENT…]", least: 1, most: -1,
		brief: "send one event",
		about: valuesHelp + `

It ends when the server has taken the event, and prints nothing.

  sio emit :3000 chat hello
  sio emit https://chat.example/admin upload '{"name":"a.png"}' file:a.png

With --via it reaches the clients of a cluster through its broker, which has to be the one
of the servers' Options.Bus; no URL of a server is given then. Adapters are classic, sharded
and streams of Redis, core and jetstream of NATS, bus and log of PostgreSQL.

  sio emit --via redis://127.0.0.1:6379 --room lobby said '{"text":"closing soon"}'`,
		bind: func(flags *flag.FlagSet) action {
			var t target
			var v via
			t.bind(flags)
			v.bind(flags, "reach the clients of a cluster through its broker at `URL`, in place of a server")
			v.bindRooms(flags)
			return func(ctx context.Context, p *program, args []string) error {
				if err := v.check(); err != nil {
					return err
				}
				if v.url != "" {
					values, err := parseValues(args[1:])
					if err != nil {
						return err
					}
					return v.emit(ctx, t.namespace, args[0], values, t.timeout)
				}
				if len(args) < 2 {
					return emitCommand().check(nil)
				}
				values, err := parseValues(args[2:])
				if err != nil {
					return err
				}
				s, err := t.connect(ctx, p, args[0], nil)
				if err != nil {
					return err
				}
				if err := s.EmitArgs(args[1], values...); err != nil {
					return errors.Join(err, s.Close())
				}
				return s.end(t.timeout)
			}
		},
	}
}

func callCommand() command {
	return command{
		name: "call", args: "URL EVENT [ARGUMENT…]", least: 2, most: -1,
		brief: "send one event and print the acknowledgement",
		about: valuesHelp + `

The answer is printed as one line of JSON for each of its arguments, or where it is piped as
one line {"args":[…]}. The exit code is 1 if there is none within --answer.

  sio call :3000 lookup gophers`,
		bind: func(flags *flag.FlagSet) action {
			var t target
			t.bind(flags)
			return func(ctx context.Context, p *program, args []string) error {
				values, err := parseValues(args[2:])
				if err != nil {
					return err
				}
				s, err := t.connect(ctx, p, args[0], nil)
				if err != nil {
					return err
				}
				defer s.end(time.Second) //nolint:errcheck // the answer is there, or its error is
				answer, err := ask(ctx, s.ClientSocket, t.patience(), args[1], values)
				if err != nil {
					return err
				}
				p.output(t.format).answer(answer)
				return nil
			}
		},
	}
}

// An answerLine is what is written of an acknowledgement.
type answerLine struct {
	Args []any `json:"args"`
}

// answer writes an acknowledgement: of JSON one line, for people one for each argument.
func (o *output) answer(args []any) {
	if o.json {
		o.put(answerLine{args}, "")
		return
	}
	for _, arg := range args {
		o.put(nil, asText([]any{arg}))
	}
}

// ask sends an event and returns the arguments of its acknowledgement.
func ask(ctx context.Context, s *socketio.ClientSocket, timeout time.Duration, event string, values []any) ([]any, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	m, err := s.EmitArgsAck(ctx, event, values...)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, fmt.Errorf("%q was not acknowledged within %v\n"+
			"  cause: the server handles no such event, or its handler does not answer\n"+
			"  try:   sio emit sends without waiting; --namespace, if the handler is in another one", event, timeout)
	}
	if err != nil {
		return nil, err
	}
	return arguments(m)
}
