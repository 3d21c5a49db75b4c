package transcript

import (
	"maps"
	"regexp"
	"strings"
)

// variables are the $names that have been seen, with what they stand for.
type variables map[string]string

var variable = regexp.MustCompile(`\$([a-z][A-Za-z0-9]*|_)`)

// value matches what a variable can stand for.
const value = `([0-9A-Za-z_-]+)`

// expand replaces the variables in a client's line. It returns the first that has not
// been seen, if any.
func (v variables) expand(text string) (expanded, unknown string) {
	expanded = variable.ReplaceAllStringFunc(text, func(name string) string {
		known, ok := v[name]
		if !ok && unknown == "" {
			unknown = name
		}
		return known
	})
	return expanded, unknown
}

// match compares what a server has said with its line, and learns the variables that are
// new. One that comes twice in a line must stand for the same.
func (v variables) match(line, said string) bool {
	pattern := strings.Builder{}
	var names []string
	rest := line
	for at := variable.FindStringIndex(rest); at != nil; at = variable.FindStringIndex(rest) {
		pattern.WriteString(regexp.QuoteMeta(rest[:at[0]]))
		name := rest[at[0]:at[1]]
		if known, ok := v[name]; ok {
			pattern.WriteString(regexp.QuoteMeta(known))
		} else {
			pattern.WriteString(value)
			names = append(names, name)
		}
		rest = rest[at[1]:]
	}
	pattern.WriteString(regexp.QuoteMeta(rest))
	found := regexp.MustCompile(`(?s)^` + pattern.String() + `$`).FindStringSubmatch(said)
	if found == nil {
		return false
	}
	learned := variables{}
	for i, name := range names {
		if name == "$_" {
			continue
		}
		if before, twice := learned[name]; twice && before != found[i+1] {
			return false
		}
		learned[name] = found[i+1]
	}
	maps.Copy(v, learned)
	return true
}
