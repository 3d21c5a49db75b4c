package socketio_test

import (
	"go/version"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"socketio"
)

// Advisories about other programs of this kind. What one describes is tried by a test that
// has its number in its name: one below, or one of the bad inputs, or one of the package
// in question. SECURITY.md lists them.

// advisories are all that can apply to what is here.
var advisories = []string{
	"CVE-2016-10518", "CVE-2016-10536", "CVE-2016-10542", "CVE-2016-10544", "CVE-2017-16031", "CVE-2019-13611",
	"CVE-2020-27813", "CVE-2020-28481", "CVE-2020-36048", "CVE-2020-36049", "CVE-2021-32640", "CVE-2022-2421",
	"CVE-2022-21676", "CVE-2022-41940", "CVE-2023-31125", "CVE-2023-32695", "CVE-2024-37890", "CVE-2024-38355",
	"CVE-2025-61765", "CVE-2026-1526", "CVE-2026-33151", "CVE-2026-42577", "CVE-2026-42786", "CVE-2026-44545",
	"CVE-2026-45736", "CVE-2026-47073", "CVE-2026-48779", "CVE-2026-48802", "CVE-2026-48804", "CVE-2026-54464",
	"CVE-2026-54490", "CVE-2026-59724", "CVE-2026-59725", "CVE-2026-69185", "CVE-2026-78659", "CVE-2026-78663",
	"CVE-2026-78667", "CVE-2026-97054", "CVE-2026-102599", "CVE-2026-102600", "GHSA-5v72-xg48-5rpm", "GHSA-mj22-23ff-2hrr",
	"GO-2022-0236", "GO-2026-6278", "GO-2026-6559", "GO-2026-6617",
}

// advisoriesApart are about what is not here. SECURITY.md says what that is.
var advisoriesApart = []string{"CVE-2020-28502", "CVE-2021-31597"}

func TestEveryAdvisoryIsAnswered(t *testing.T) {
	advisoryName := regexp.MustCompile(`CVE|GHSA|GO[-_]`)
	var code strings.Builder // the lines that name tests: to search all of the tests takes minutes under load
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || len(name) > 1 && strings.HasPrefix(name, ".")):
			return fs.SkipDir
		case strings.HasSuffix(name, "_test.go"):
			for line := range strings.Lines(mustRead(t, name)) {
				if (strings.HasPrefix(line, "func Test") || strings.Contains(line, `{"B`)) && advisoryName.MatchString(line) {
					code.WriteString(line)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{} // of SECURITY.md, by advisory
	id := regexp.MustCompile(`\b(?:CVE|GHSA|GO)-[\w-]+`)
	for line := range strings.Lines(mustRead(t, "SECURITY.md")) {
		advisory, _, _ := strings.Cut(strings.TrimPrefix(line, "|"), "|")
		for _, one := range id.FindAllString(advisory, -1) {
			rows[one] += line
		}
	}
	numbers := regexp.MustCompile(`, (?:CVE|GHSA|GO)-`)
	for _, advisory := range advisories {
		named := regexp.MustCompile(`(?m)^func (Test\w*` + strings.ReplaceAll(advisory, "-", "_") + `(?:_\w+)?)\(|\{"(B\d+ [^"]*), (?:[^"]+, )?` + advisory + `[",]`)
		tests := named.FindAllStringSubmatch(code.String(), -1)
		if len(tests) == 0 {
			t.Errorf("no test has the name of %s", advisory)
		}
		for _, test := range tests {
			name := numbers.Split(test[1]+test[2], 2)[0]
			if !strings.Contains(rows[advisory], name) {
				t.Errorf("SECURITY.md does not list %q for %s", name, advisory)
			}
		}
	}
	for _, advisory := range advisoriesApart {
		if rows[advisory] == "" {
			t.Errorf("SECURITY.md does not say why %s has no test", advisory)
		}
	}
	for advisory := range rows {
		if !slices.Contains(slices.Concat(advisories, advisoriesApart), advisory) {
			t.Errorf("SECURITY.md lists %s, which is not one of the advisories", advisory)
		}
	}
}

// Buffers are used again, for whoever comes next.
func TestCVE_2016_10518_CVE_2026_45736_NobodyGetsBytesOfOthers(t *testing.T) {
	v := newVictim(t, nil, nil)
	for range 20 {
		v.joinedWebSocket().text(`421["echo","` + strings.Repeat("secret", 1000) + `"]`).wantPrefix("431[")
		next := v.webSocket()
		next.write(frame(0x89, "x"))
		if got := string(next.read(3)); got != "\x8a\x01x" {
			t.Errorf("the ping is answered by %q", got)
		}
		next.write(frame(0x88, "\x03\xe8bye"))
		if got := string(next.read(4)); got != "\x88\x02\x03\xe8" {
			t.Errorf("the close frame is answered by %q", got)
		}
		next.wantEnd()
	}
	v.settle()
}

// What was wrong with Go itself was mended by a release, the last of which this was.
func TestCVE_2026_78659_CVE_2026_78663_CVE_2026_78667_GO_2026_6617_TheToolchainIsNewEnough(t *testing.T) {
	wanted := regexp.MustCompile(`(?m)^go (\S+)$`)
	modules := 0
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || len(d.Name()) > 1 && d.Name()[0] == '.'):
			return fs.SkipDir
		case d.Name() != "go.mod" && d.Name() != "go.work":
			return nil
		}
		modules++
		line := wanted.FindStringSubmatch(mustRead(t, name))
		if line == nil || version.Compare("go"+line[1], "go1.27.4") < 0 {
			t.Errorf("%s wants %q, of which go1.27.4 is the oldest that will do", name, line)
		}
		return nil
	})
	if err != nil || modules < 5 {
		t.Errorf("%d modules were found, of which there were more than 5: %v", modules, err)
	}
}

// A limit of many megabytes for headers was what it took.
func TestGO_2022_0236_NobodyRaisesTheLimitOfHeaders(t *testing.T) {
	for _, pattern := range []string{"*.go", "*/*.go", "*/*/*.go", "docs/*.md"} {
		for _, name := range mustGlob(t, pattern) {
			if !strings.HasSuffix(name, "_test.go") && strings.Contains(mustRead(t, name), "MaxHeaderBytes:") {
				t.Errorf("%s sets MaxHeaderBytes", name)
			}
		}
	}
}

func TestCVE_2017_16031_SessionIDsCannotBeGuessed(t *testing.T) {
	srv := socketio.NewServer(nil)
	defer srv.Close()
	const sessions = 2000
	seen := map[string]bool{}
	var letters [20]map[byte]bool
	for range sessions {
		w := httptest.NewRecorder()
		srv.ServeHTTP(w, httptest.NewRequest("GET", "/socket.io/?EIO=4&transport=polling", nil))
		sid := strings.TrimPrefix(w.Body.String(), `0{"sid":"`)[:20]
		seen[sid] = true
		for i := range letters {
			if letters[i] == nil {
				letters[i] = map[byte]bool{}
			}
			letters[i][sid[i]] = true
		}
	}
	if len(seen) != sessions {
		t.Errorf("%d ids of %d sessions", len(seen), sessions)
	}
	for i, some := range letters {
		if len(some) < 48 { // of 64
			t.Errorf("%d different letters at place %d", len(some), i)
		}
	}
	tree, err := load(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range tree.files {
		for _, imported := range f.imports {
			if strings.HasPrefix(imported, "math/rand") && tree.inCore(path.Dir(f.name)) && !strings.HasSuffix(f.name, "_test.go") {
				t.Errorf("%s imports %s", f.name, imported)
			}
		}
	}
}

// An http.MaxBytesReader in the place of our own count would race with the response.
func TestCVE_2026_97054_BodiesOverTheLimitBesideResponses(t *testing.T) {
	v := newVictim(t, small(), nil)
	for range 50 {
		sid := v.session()
		parked := v.park(sid)
		large := v.dial().write(request("POST", "/socket.io/?"+polling(sid), strings.Repeat("4", 1001)))
		v.want("the large POST", large.answer("POST"), http.StatusRequestEntityTooLarge, "")
		v.want("the GET that waited", parked.answer("GET"), 200, "1")
	}
	v.settle()
}

// Packets are decoded in time that grows with their number, and no faster. A machine that is
// busy with something else may need more than one try to show it.
func TestKillEngineIO_APayloadOfManyPackets(t *testing.T) {
	v := newVictim(t, nil, nil)
	sid := v.session()
	body := strings.Repeat("6\x1e", 65_535) + "6"
	v.until("a body of 65,536 packets is taken within a second", func() bool {
		start := time.Now()
		v.want("65,536 packets", v.post(sid, body), 200, "ok")
		return time.Since(start) < time.Second
	})
	v.wantKept(sid)
	v.settle()
}
