package main

import (
	"flag"
	"fmt"
	"strings"
)

// A usageError says what is wrong with a command line.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usage(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// parse sets the flags, which may stand before, between and behind the other arguments,
// and returns those. A number is no flag, although it may begin with a minus, and behind
// "--" nothing is.
func parse(flags *flag.FlagSet, args []string) (rest []string, err error) {
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		switch {
		case arg == "--":
			return append(rest, args...), nil
		case len(arg) < 2 || arg[0] != '-' || strings.ContainsRune("0123456789.", rune(arg[1])):
			rest = append(rest, arg)
		default:
			if args, err = setFlag(flags, arg, args); err != nil {
				return nil, err
			}
		}
	}
	return rest, nil
}

// setFlag sets the flag that arg is, and returns args without its value.
func setFlag(flags *flag.FlagSet, arg string, args []string) ([]string, error) {
	name, value, hasValue := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(arg, "-"), "-"), "=")
	if name == "h" || name == "help" {
		return nil, flag.ErrHelp
	}
	f := flags.Lookup(name)
	if f == nil {
		var names []string
		flags.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
		return nil, usage("%s has no flag --%s%s; sio help %s lists them", flags.Name(), name,
			suggestion("--", name, names), flags.Name())
	}
	if boolean, ok := f.Value.(interface{ IsBoolFlag() bool }); !hasValue && ok && boolean.IsBoolFlag() {
		value, hasValue = "true", true
	}
	if !hasValue {
		if len(args) == 0 {
			kind, _ := flag.UnquoteUsage(f)
			return nil, usage("--%s wants a value: --%s %s", name, name, kind)
		}
		value, args = args[0], args[1:]
	}
	if err := f.Value.Set(value); err != nil {
		return nil, usage("--%s %q: %v", name, value, err)
	}
	return args, nil
}

// suggestion is what may have been meant by a name that there is not, put in words; ""
// if nothing is like it.
func suggestion(prefix, name string, names []string) string {
	best, least := "", 3
	for _, other := range names {
		if d := distance(name, other); d < least || len(name) > 1 && strings.HasPrefix(other, name) && best == "" {
			best, least = other, min(d, least)
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(", did you mean %s%s?", prefix, best)
}

// distance is how many letters have to be put in, left out or changed to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(row[j]+1, row[j+1]+1, change)
		}
	}
	return row[len(b)]
}

// overview is the help that lists the commands.
func overview() string {
	var b strings.Builder
	b.WriteString("sio talks to Socket.IO servers, and is one.\n\nusage: sio COMMAND [flags] [arguments]\n\n")
	for _, c := range commands() {
		fmt.Fprintf(&b, "  %-8s  %s\n", c.name, c.brief)
	}
	b.WriteString("\nsio help COMMAND tells more. The exit code is 0 when what was asked for has happened,\n" +
		"1 when it has not, and 2 when the command line is wrong.\n")
	return b.String()
}

// help is the help of one command.
func (c command) help() string {
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	c.bind(flags)
	var lines [][2]string
	flags.VisitAll(func(f *flag.Flag) {
		kind, text := flag.UnquoteUsage(f)
		name := "--" + f.Name
		if kind != "" {
			name += " " + kind
		}
		if f.DefValue != "" && f.DefValue != "false" && !strings.Contains(text, "default") {
			text += "; default " + f.DefValue
		}
		lines = append(lines, [2]string{name, text})
	})
	line := "usage: sio " + c.name
	if len(lines) > 0 {
		line += " [flags]"
	}
	if c.args != "" {
		line += " " + c.args
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n%s\n", line, strings.TrimSpace(c.brief+"\n\n"+c.about))
	if len(lines) > 0 {
		width := 0
		for _, l := range lines {
			width = max(width, len(l[0]))
		}
		b.WriteString("\nFlags:\n")
		for _, l := range lines {
			fmt.Fprintf(&b, "  %-*s  %s\n", width, l[0], l[1])
		}
	}
	return b.String()
}

// check is the error of a command line that has too few or too many arguments.
func (c command) check(args []string) error {
	switch {
	case len(args) < c.least:
		return usage("%s wants %s; sio help %s tells more", c.name, c.args, c.name)
	case c.most >= 0 && len(args) > c.most && c.most == 0:
		return usage("%s takes no arguments, but got %q", c.name, args)
	case c.most >= 0 && len(args) > c.most:
		return usage("%s takes %s and nothing more, but got %q as well", c.name, c.args, args[c.most:])
	}
	return nil
}
