package demo

import (
	"encoding/json"
	"io/fs"
	"maps"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sourceOf returns a file of the page.
func sourceOf(t *testing.T, name string) string {
	t.Helper()
	b, err := page.ReadFile("page/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestEveryFileIsServedUnderThePolicy(t *testing.T) {
	types := map[string]string{".html": "text/html", ".js": "text/javascript", ".json": "application/json", ".css": "text/css", ".svg": "image/svg+xml"}
	srv := NewServer()
	defer srv.Close()
	files, err := fs.ReadDir(page, "page")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name := f.Name()
		w := httptest.NewRecorder()
		Handler(srv).ServeHTTP(w, httptest.NewRequest("GET", "/"+strings.TrimSuffix(name, "index.html"), nil))
		want := types[filepath.Ext(name)]
		if got := w.Header().Get("Content-Type"); w.Code != 200 || want == "" || !strings.HasPrefix(got, want) {
			t.Errorf("%s: status %d, %q, want 200, %q", name, w.Code, got, want)
		}
		if got := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'none'; script-src 'self';") || strings.Contains(got, "unsafe") {
			t.Errorf("%s: the policy is %q", name, got)
		}
	}
}

func TestNothingOfThePageNeedsWhatThePolicyForbids(t *testing.T) {
	if m := regexp.MustCompile(`<script(>| [^>]*>[^<])|<style|\bstyle="|\bon[a-z]+="|https?://`).FindString(sourceOf(t, "index.html")); m != "" {
		t.Errorf("index.html has %q", m)
	}
	files, err := fs.Glob(page, "page/*.js")
	if err != nil || len(files) < 3 {
		t.Fatalf("the scripts are %q, %v", files, err)
	}
	for _, name := range files {
		if m := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|https?://`).FindString(sourceOf(t, filepath.Base(name))); m != "" {
			t.Errorf("%s has %q", name, m)
		}
	}
}

// keysOf matches the keys of the string table where the page uses them.
var keysOf = regexp.MustCompile(`(?:data-(?:text|label|placeholder)="|(?:say|note|showState)\("|show\([^\n]*, "|\? "|: ")([a-zA-Z]+)"`)

func TestEveryLanguageHasAllThatThePageSays(t *testing.T) {
	var tables map[string]map[string]string
	if err := json.Unmarshal([]byte(sourceOf(t, "strings.json")), &tables); err != nil {
		t.Fatal(err)
	}
	english := tables["en"]
	placeholders := regexp.MustCompile(`\{\w+\}`)
	for language, table := range tables {
		if got, want := slices.Sorted(maps.Keys(table)), slices.Sorted(maps.Keys(english)); !slices.Equal(got, want) {
			t.Errorf("%s has the keys %q, want %q", language, got, want)
		}
		for key, text := range table {
			got, want := placeholders.FindAllString(text, -1), placeholders.FindAllString(english[key], -1)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s, %s: %q has other places for values than %q", language, key, text, english[key])
			}
		}
		if !strings.Contains(sourceOf(t, "index.html"), `<option value="`+language+`" lang="`) {
			t.Errorf("nobody can choose %s", language)
		}
	}

	used := map[string]bool{"polling": true, "websocket": true} // by the names of the transports
	for _, name := range []string{"index.html", "app.js", "panel.js", "talk.js"} {
		source := sourceOf(t, name)
		if name != "index.html" && !strings.Contains(source, "./language.js") {
			continue
		}
		for _, m := range keysOf.FindAllStringSubmatch(source, -1) {
			used[m[1]] = true
		}
	}
	for key := range english {
		if !used[key] {
			t.Errorf("nothing says %q", key)
		}
	}
	for _, m := range regexp.MustCompile(`data-(?:text|label|placeholder)="(\w+)"`).FindAllStringSubmatch(sourceOf(t, "index.html"), -1) {
		if _, ok := english[m[1]]; !ok {
			t.Errorf("index.html says %q, which no language has", m[1])
		}
	}
}
