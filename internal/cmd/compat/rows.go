package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// rowCount is how many capabilities the list has that the project was begun with. Their
// numbers stay what they are.
const rowCount = 173

// later are the rows whose part of the project is still to come: the client's files and
// the browser, the rest of the Go client, servers in several processes, operation. Others must
// be tested.
var later = []span{{37, 37}, {71, 72}, {128, 128}, {131, 138}, {140, 165}, {168, 170}}

// A span is some rows, by their first and last number.
type span struct{ from, to int }

// A row is one capability.
type row struct {
	number     int
	group      string
	capability string
	tests      []string // references, see reference
	planned    string   // where it is not there yet: with what it will come
	differs    string   // a sentence, where this server does it otherwise
}

var numbered = regexp.MustCompile(`^(\d+)\. (.+)$`)

// parse reads the table. A line beginning with # names a group, one with a number is a
// capability, and the indented lines below it are its tests, or say what is planned or
// differs.
func parse(text string) ([]row, error) {
	var rows []row
	group := ""
	for i, line := range strings.Split(text, "\n") {
		content := strings.TrimSpace(line)
		switch {
		case content == "":
		case strings.HasPrefix(line, "# "):
			group = content[2:]
		case content != line && len(rows) > 0:
			rows[len(rows)-1].add(content)
		default:
			m := numbered.FindStringSubmatch(line)
			if m == nil {
				return nil, fmt.Errorf("rows.txt:%d: %q is neither a group nor a row", i+1, line)
			}
			number, err := strconv.Atoi(m[1])
			if err != nil {
				return nil, fmt.Errorf("rows.txt:%d: %w", i+1, err)
			}
			rows = append(rows, row{number: number, group: group, capability: m[2]})
		}
	}
	return rows, nil
}

// add takes a line that is about the row.
func (r *row) add(line string) {
	if why, ok := strings.CutPrefix(line, "differs: "); ok {
		r.differs = why
	} else if why, ok := strings.CutPrefix(line, "planned: "); ok {
		r.planned = why
	} else {
		r.tests = append(r.tests, line)
	}
}

// faultsOf says what is wrong with the table itself.
func faultsOf(rows []row) []string {
	var faults []string
	fault := func(r row, format string, args ...any) {
		faults = append(faults, fmt.Sprintf("row %d: ", r.number)+fmt.Sprintf(format, args...))
	}
	for i, r := range rows {
		if r.number != i+1 {
			fault(r, "stands where %d should", i+1)
		}
		switch {
		case len(r.tests) == 0 && r.planned == "":
			fault(r, "neither tested nor planned")
		case len(r.tests) > 0 && r.planned != "":
			fault(r, "both tested and planned")
		case r.planned != "" && !mayBePlanned(r.number):
			fault(r, "planned, but it is not one of those that may be")
		}
		if r.differs != "" && (r.planned != "" || !isSentence(r.differs)) {
			fault(r, "what differs wants a test and one sentence, not %q", r.differs)
		}
	}
	if len(rows) != rowCount {
		faults = append(faults, fmt.Sprintf("there are %d rows, not %d", len(rows), rowCount))
	}
	return faults
}

func mayBePlanned(number int) bool {
	for _, s := range later {
		if s.from <= number && number <= s.to {
			return true
		}
	}
	return false
}

func isSentence(s string) bool { return strings.HasSuffix(s, ".") && !strings.Contains(s, ". ") }

// count is the line with the sums.
func count(rows []row) string {
	tested, planned, different := 0, 0, 0
	for _, r := range rows {
		if len(r.tests) > 0 {
			tested++
		}
		if r.planned != "" {
			planned++
		}
		if r.differs != "" {
			different++
		}
	}
	return fmt.Sprintf("rows: %d, tested: %d, planned: %d, different: %d", len(rows), tested, planned, different)
}
