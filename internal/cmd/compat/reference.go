package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// missing says which tests that the rows name do not exist in the tree, or cannot fail.
// A reference is one of
//
//	engineio.TestCORSHeaders                        a test in Go, below the package's path
//	socketio.TestBadPolling/B22 empty body          one of its subtests
//	interop/js/node/rooms.mjs: a socket's id is a room
//	browser/check/checks/socket.mjs: emit returns the socket
//	interop: room                                   a check of the clients of all languages
//	suite: engine.io v4                             a suite of the reference
func missing(tree fs.FS, rows []row) []string {
	var faults []string
	code := newSources(tree)
	known := map[string]error{}
	for _, r := range rows {
		for _, test := range r.tests {
			err, seen := known[test]
			if !seen {
				err = exists(tree, code, test)
				known[test] = err
			}
			if err != nil {
				faults = append(faults, fmt.Sprintf("row %d: %s: %v", r.number, test, err))
			}
		}
	}
	return faults
}

var errNoCheck = errors.New("contains no check")

func exists(tree fs.FS, code *sources, reference string) error {
	if t, ok := goTest(reference); ok {
		return code.find(t)
	}
	where, title, ok := strings.Cut(reference, ": ")
	switch {
	case !ok:
		return errors.New("names neither a test in Go nor one of a script")
	case where == "interop":
		return holds(tree, "docs/clients.md", "\n| "+title+" |")
	case where == "suite":
		return holds(tree, "internal/cmd/official/suite.go", `{name: "`+title+`"`, `name: "`+title+`"`)
	default:
		return scriptHas(tree, where, title)
	}
}

// A testID is a test in Go: the path of its package, the function, and the subtest or "".
type testID struct{ pkg, function, subtest string }

func (t testID) String() string {
	if t.subtest == "" {
		return t.function
	}
	return t.function + "/" + t.subtest
}

var goReference = regexp.MustCompile(`^([a-z0-9/]+)\.((?:Test|Fuzz)\w+)(?:/(.+))?$`)

// goTest reads a reference to a test in Go. Subtests are named as in the source.
func goTest(reference string) (testID, bool) {
	m := goReference.FindStringSubmatch(reference)
	if m == nil {
		return testID{}, false
	}
	pkg := module
	if m[1] != module {
		pkg = module + "/" + m[1]
	}
	return testID{pkg, m[2], strings.ReplaceAll(m[3], " ", "_")}, true
}

// holds says so if the file has none of the texts.
func holds(tree fs.FS, name string, texts ...string) error {
	content, err := fs.ReadFile(tree, name)
	if err != nil {
		return err
	}
	for _, text := range texts {
		if strings.Contains(string(content), text) {
			return nil
		}
	}
	return fmt.Errorf("%s does not have it", name)
}

// expectation is a call of what lib/expect.mjs has.
var (
	expectation = regexp.MustCompile(`\b(?:equal|holds|oneOf)\(`)
	nextTest    = regexp.MustCompile("(?m)^ +(?:\"[^\"]*\"|\\[`[^`]*`\\]):")
	call        = regexp.MustCompile(`\b([a-zA-Z]\w*)\(`)
)

// scriptHas says so if the script has no test of that title, or none that can fail.
func scriptHas(tree fs.FS, name, title string) error {
	inJS, _ := path.Match("interop/js/*/*.mjs", name) // the error is that of a bad pattern
	ofBrowser, _ := path.Match("browser/check/checks/*.mjs", name)
	if !inJS && !ofBrowser {
		return errors.New("no such kind of test")
	}
	content, err := fs.ReadFile(tree, name)
	if err != nil {
		return err
	}
	script := string(content)
	quoted := regexp.QuoteMeta(title)
	at := regexp.MustCompile("(?m)^ +(?:\"" + quoted + "\"|\\[`" + quoted + "`\\]):").FindStringIndex(script)
	if at == nil {
		return fmt.Errorf("%s has no test of that title", name)
	}
	body := script[at[1]:]
	if next := nextTest.FindStringIndex(body); next != nil {
		body = body[:next[0]]
	}
	if expects(script, body, map[string]bool{}) {
		return nil
	}
	return errNoCheck
}

// expects says whether a piece of a script, or a function of the script that it calls,
// expects something.
func expects(script, body string, seen map[string]bool) bool {
	if expectation.MatchString(body) {
		return true
	}
	for _, m := range call.FindAllStringSubmatch(body, -1) {
		if seen[m[1]] {
			continue
		}
		seen[m[1]] = true
		for _, declaration := range []string{"function " + m[1] + "(", "const " + m[1] + " = "} {
			_, helper, ok := strings.Cut(script, declaration)
			if !ok {
				continue
			}
			if helper, _, _ = strings.Cut(helper, "\n}"); expects(script, helper, seen) {
				return true
			}
		}
	}
	return false
}
