package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

func doctorCommand() command {
	return command{
		name: "doctor", args: "URL", least: 1, most: 1,
		brief: "find out why clients cannot connect, and what to do",
		about: `It checks, one after the other: the handshake by polling; whether pages of --origin may
connect; whether requests of one session reach one server; WebSockets; the namespace; and
whether a connection on which nothing is sent stays, for --wait. Each problem is told with
what was seen, its cause and its fix. The exit code is 1 if there is one.

  sio doctor https://chat.example --origin https://app.example
  sio doctor :3000/admin --auth '{"token":"abc"}' --wait 0s`,
		bind: func(flags *flag.FlagSet) action {
			var d doctor
			d.target.bind(flags)
			flags.Func("origin", "look whether pages of `ORIGIN` may connect, as https://app.example", d.setOrigin)
			flags.IntVar(&d.sessions, "sessions", 10, "look with `N` sessions whether they stick to their server")
			flags.Func("wait", "watch an idle connection for `TIME`, 0s is not at all; default a second longer than from one ping to the next", d.setWait)
			return d.run
		},
	}
}

// A doctor examines one server.
type doctor struct {
	target   target
	origin   string
	sessions int
	wait     time.Duration
	waitSet  bool

	p         *program
	out       *output
	server    *url.URL
	namespace string
	http      *http.Client // a new connection for each request, no redirects, no cookies

	// What earlier checks have found out.
	proxy        string // what stands in front, if that is known
	pingInterval time.Duration
	polling      bool // it works
	webSocket    bool
	joined       bool // the namespace can be joined
}

// A result is how a check ended: with a fault, or a note, or it was left out.
type result struct {
	note    string
	skipped string
	fault   *finding
	fatal   bool // there is no use in going on
}

func (d *doctor) setOrigin(value string) error {
	u, err := url.Parse(value)
	if err != nil || u.Scheme == "" || u.Host == "" || strings.Trim(u.Path, "/") != "" {
		return errors.New("want scheme and host, as https://app.example")
	}
	d.origin = u.Scheme + "://" + u.Host
	return nil
}

func (d *doctor) setWait(value string) (err error) {
	d.wait, err = time.ParseDuration(value)
	d.waitSet = true
	return err
}

// reportLine is what is written of a check where JSON is wanted.
type reportLine struct {
	Check   string `json:"check"`
	OK      bool   `json:"ok"`
	Note    string `json:"note,omitzero"`
	Skipped string `json:"skipped,omitzero"`
	*finding
}

// summaryLine is the last one.
type summaryLine struct {
	Problems int `json:"problems"`
}

func (d *doctor) run(ctx context.Context, p *program, args []string) error {
	var err error
	if d.server, d.namespace, err = d.target.address(args[0]); err != nil {
		return err
	}
	d.p, d.out = p, p.output(d.target.format)
	transport := d.target.transport()
	transport.DisableKeepAlives = true
	d.http = &http.Client{Transport: transport, Timeout: d.target.timeout}
	d.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

	problems := 0
	for _, check := range []struct {
		name string
		run  func(context.Context) result
	}{
		{"handshake", d.checkHandshake},
		{"origin", d.checkOrigin},
		{"sticky sessions", d.checkSticky},
		{"websocket", d.checkWebSocket},
		{"namespace", d.checkNamespace},
		{"idle", d.checkIdle},
	} {
		r := check.run(ctx)
		if ctx.Err() != nil {
			return errInterrupted
		}
		d.report(check.name, r)
		if r.fault != nil {
			problems++
		}
		if r.fatal {
			break
		}
	}
	return d.conclude(problems)
}

// report writes how a check ended.
func (d *doctor) report(check string, r result) {
	line := reportLine{Check: check, OK: r.fault == nil, Note: r.note, Skipped: r.skipped, finding: r.fault}
	text := fmt.Sprintf("ok    %s: %s", check, r.note)
	if r.skipped != "" {
		text = fmt.Sprintf("--    %s: %s", check, r.skipped)
	}
	if f := r.fault; f != nil {
		text = fmt.Sprintf("FAIL  %s: %s\n      seen:  %s\n      cause: %s\n      fix:   %s", check, f.Fault, f.Seen, f.Cause, f.Fix)
	}
	d.out.put(line, text)
}

// conclude writes how many problems there are, and returns the error of there being any.
func (d *doctor) conclude(problems int) error {
	text := count(problems, "problem") + " found"
	if problems == 0 {
		text = "no problem found"
	}
	d.out.put(summaryLine{problems}, text)
	if problems > 0 {
		return errTold
	}
	return nil
}
