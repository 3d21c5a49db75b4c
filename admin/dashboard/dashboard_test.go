package dashboard

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"
)

// get asks the handler, as if it were mounted below /ops/dashboard/.
func get(name string, header http.Header) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", "/ops/dashboard/"+name, nil)
	r.Header = header
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w
}

// names returns those of the files of the page.
func names(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := fs.Glob(page, "page/"+pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("files %s are %q, %v", pattern, files, err)
	}
	for i := range files {
		files[i] = path.Base(files[i])
	}
	return files
}

func sourceOf(t *testing.T, name string) string {
	t.Helper()
	b, err := page.ReadFile("page/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestEveryFileIsServedUnderThePolicy(t *testing.T) {
	types := map[string]string{".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
	for _, name := range append(names(t, "*"), client) {
		w := get(strings.TrimSuffix(name, "index.html"), nil)
		want := types[path.Ext(name)]
		if got := w.Header().Get("Content-Type"); w.Code != 200 || want == "" || !strings.HasPrefix(got, want) {
			t.Errorf("%s: status %d, %q, want 200, %q", name, w.Code, got, want)
		}
		got := w.Header().Get("Content-Security-Policy")
		if !strings.HasPrefix(got, "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ws: wss:;") || strings.Contains(got, "unsafe") {
			t.Errorf("%s: the policy is %q", name, got)
		}
	}
}

func TestAFileThatTheBrowserHasIsNotSentAgain(t *testing.T) {
	tag := get("app.js", nil).Header().Get("ETag")
	w := get("app.js", http.Header{"If-None-Match": {tag}})
	if tag == "" || w.Code != http.StatusNotModified || w.Body.Len() != 0 {
		t.Errorf("status %d and %d bytes for the tag %q, want 304 and none", w.Code, w.Body.Len(), tag)
	}
	if other := get("style.css", nil).Header().Get("ETag"); other == tag {
		t.Errorf("two files have the tag %q", tag)
	}
}

func TestWhatIsNotServedIsRefusedUnderThePolicyToo(t *testing.T) {
	for _, tt := range []struct {
		method, path string
		want         int
	}{
		{"GET", "/ops/dashboard/nothing.js", http.StatusNotFound},
		{"GET", "/ops/dashboard", http.StatusNotFound},
		{"GET", "/ops/dashboard/types.d.ts", http.StatusNotFound},
		{"POST", "/ops/dashboard/", http.StatusMethodNotAllowed},
		{"HEAD", "/ops/dashboard/", http.StatusOK},
	} {
		w := httptest.NewRecorder()
		Handler().ServeHTTP(w, httptest.NewRequest(tt.method, tt.path, nil))
		if w.Code != tt.want || w.Header().Get("Content-Security-Policy") != policy {
			t.Errorf("%s %s: status %d, want %d, under the policy %q", tt.method, tt.path, w.Code, tt.want, w.Header().Get("Content-Security-Policy"))
		}
	}
}

func TestItIsServedWithoutItsPrefixToo(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle("/dashboard/", http.StripPrefix("/dashboard", Handler()))
	for _, name := range []string{"", "app.js"} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", "/dashboard/"+name, nil))
		if w.Code != http.StatusOK {
			t.Errorf("%q: status %d, want 200", name, w.Code)
		}
	}
}

// The policy would only be noticed in browsers that know it; no value of a server may become
// markup in any.
func TestNothingOfThePageNeedsWhatThePolicyForbids(t *testing.T) {
	if m := regexp.MustCompile(`<script(>| [^>]*>[^<])|<style|\bstyle="|\bon[a-z]+="|https?://`).FindString(sourceOf(t, "index.html")); m != "" {
		t.Errorf("index.html has %q", m)
	}
	for _, name := range names(t, "*.js") {
		if m := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|https?://|"style"`).FindString(sourceOf(t, name)); m != "" {
			t.Errorf("%s has %q", name, m)
		}
	}
}

func TestWhateverThePageAsksForIsServed(t *testing.T) {
	asked := regexp.MustCompile(`(?:src|href)="([^"#]+)"|from "\./([^"]+)"`)
	for _, name := range append(names(t, "*.js"), "index.html") {
		for _, m := range asked.FindAllStringSubmatch(sourceOf(t, name), -1) {
			if w := get(m[1]+m[2], nil); w.Code != http.StatusOK {
				t.Errorf("%s asks for %q: status %d", name, m[1]+m[2], w.Code)
			}
		}
	}
	ids := regexp.MustCompile(`byId\("([^"]+)"\)`)
	index := sourceOf(t, "index.html")
	for _, name := range names(t, "*.js") {
		for _, m := range ids.FindAllStringSubmatch(sourceOf(t, name), -1) {
			if !strings.Contains(index, ` id="`+m[1]+`"`) {
				t.Errorf("%s looks for the element %q, which index.html does not have", name, m[1])
			}
		}
	}
}
