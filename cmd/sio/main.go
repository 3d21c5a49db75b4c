// Command sio talks to Socket.IO servers, finds out what is wrong with them, and is one.
//
//	sio serve                                   a server to try things with
//	sio connect http://127.0.0.1:3000           talk to it, line by line
//	sio doctor https://chat.example             why clients cannot connect
//
// `sio help` lists the commands, `sio help COMMAND` tells of one. The exit code is 0 when
// what was asked for has happened, 1 when it has not, and 2 when it was not understood.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
)

// The exit codes.
const (
	exitOK     = 0 // what was asked for has happened
	exitFailed = 1 // it has not
	exitUsage  = 2 // the command line is wrong; nothing was tried
)

func main() { os.Exit(mainWith(os.Args[1:])) }

// mainWith is main, in a form that returns.
func mainWith(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	// From the first interrupt on, the next one ends the process at once.
	context.AfterFunc(ctx, stop)
	p := &program{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, terminal: isTerminal(os.Stdout)}
	return p.run(ctx, args)
}

// A program is where a command reads and writes.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	terminal       bool // stdout is one: people read it, not programs
}

// A command is one of the words that may follow sio.
type command struct {
	name  string
	args  string // what comes after the flags, as it is written in the help
	least int    // so many of them there must be
	most  int    // so many there may be; -1 is any number
	brief string // one line
	about string // the rest of the help, whole paragraphs and examples

	// bind declares the flags, and returns what runs the command once they are set.
	bind func(flags *flag.FlagSet) action
}

// An action runs a command with the arguments that are no flags.
type action func(ctx context.Context, p *program, args []string) error

// commands are all there are, in the order in which the help lists them.
func commands() []command {
	return []command{
		serveCommand(), connectCommand(), emitCommand(), callCommand(), listenCommand(),
		decodeCommand(), benchCommand(), doctorCommand(), genCommand(), versionCommand(),
	}
}

// run runs the command that args name, and returns the exit code.
func (p *program) run(ctx context.Context, args []string) int {
	err := p.dispatch(ctx, args)
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	if errors.Is(err, errTold) {
		return exitFailed
	}
	fmt.Fprintln(p.stderr, "sio:", err)
	if _, ok := errors.AsType[*usageError](err); ok {
		return exitUsage
	}
	return exitFailed
}

// errTold ends a command that has failed and has said why.
var errTold = errors.New("failed")

func (p *program) dispatch(ctx context.Context, args []string) error {
	if len(args) == 0 {
		fmt.Fprint(p.stderr, overview())
		return usage("which command?")
	}
	switch name := args[0]; name {
	case "help", "-h", "-help", "--help":
		return p.help(args[1:])
	case "-version", "--version":
		return p.dispatch(ctx, append([]string{"version"}, args[1:]...))
	default:
		c, err := find(name)
		if err != nil {
			return err
		}
		flags := flag.NewFlagSet(name, flag.ContinueOnError)
		act := c.bind(flags)
		rest, err := parse(flags, args[1:])
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprint(p.stdout, c.help())
			return err
		}
		if err == nil {
			err = c.check(rest)
		}
		if err != nil {
			return err
		}
		return act(ctx, p, rest)
	}
}

// help prints what there is to know of all commands, or of one.
func (p *program) help(args []string) error {
	if len(args) == 0 {
		fmt.Fprint(p.stdout, overview())
		return nil
	}
	c, err := find(args[0])
	if err == nil {
		fmt.Fprint(p.stdout, c.help())
	}
	return err
}

// find returns the command of a name.
func find(name string) (command, error) {
	var names []string
	for _, c := range commands() {
		if c.name == name {
			return c, nil
		}
		names = append(names, c.name)
	}
	return command{}, usage("there is no command %q%s; sio help lists them", name, suggestion("", name, append(names, "help")))
}
