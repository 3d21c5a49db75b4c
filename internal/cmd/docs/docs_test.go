package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The Chinese pages say what the English ones do, as far as a program can tell.
func TestTheChinesePagesHaveTheHeadingsAndTheCodeOfTheEnglish(t *testing.T) {
	t.Chdir("../../..")
	state, err := compare()
	if err != nil {
		t.Fatal(err)
	}
	for _, difference := range state.differences {
		t.Error(difference)
	}
	// A page may be written before it is translated, but not many of them.
	if untranslated := strings.Join(state.missing, " "); len(state.missing) > 3 {
		t.Errorf("not translated: %s", untranslated)
	} else if untranslated != "" {
		t.Logf("not translated yet: %s", untranslated)
	}
	if state.pages < 40 {
		t.Errorf("docs/ has %d pages, of which there were 40", state.pages)
	}
}

const english = "# Title\n\ntext\n\n## Part\n\n```go\nx := 1 // why\n// more\ny := \"http://a\"\n```\n\n```sh\nmake x # now\n```\n"

func TestWhatATranslationLacksIsNamed(t *testing.T) {
	for _, tt := range []struct {
		name, translated string
		want             string // part of the difference; "" where there is none
	}{
		{"all that may be", "# 标题\n\n## 部分\n\n```go\nx := 1 // 为什么\n\n// 更多\n// 行\ny := \"http://a\"\n```\n```sh\nmake x # 现在\n```\n", ""},
		{"a heading less", "# 标题\n", `no heading for "Part"`},
		{"a heading of another level", "# 标题\n\n### 部分\n", "of level 3"},
		{"a heading more", "# 标题\n\n## 部分\n\n## 更多\n", `"更多" is not in the original`},
		{"no code", "# 标题\n\n## 部分\n", "the code of the original's line 8 is missing"},
		{"other code", "# 标题\n\n## 部分\n\n```go\nx := 2\n```\n", "the code of line 6 is not that of the original's line 8"},
		{"code in another language", "# 标题\n\n## 部分\n\n```js\nx := 1\ny := \"http://a\"\n```\n", "the code of line 6"},
		{"another address in the code", strings.Replace(english, "http://a", "http://b", 1), "the code of line 8"},
		{"more code", english + "```go\nz := 3\n```\n", "is not in the original"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := difference(parse(english), parse(tt.translated))
			if got != tt.want && (tt.want == "" || !strings.Contains(got, tt.want)) {
				t.Errorf("difference: %q, want %q", got, tt.want)
			}
		})
	}
}

func TestPagesOfOneLanguageAloneAreFound(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "docs/a.md", "# A\n")
	write(t, "docs/b.md", "# B\n")
	write(t, "docs/zh/b.md", "# B\n")
	write(t, "docs/zh/c.md", "# C\n")
	state, err := compare()
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"a.md"}; !slices.Equal(state.missing, want) {
		t.Errorf("missing: %v, want %v", state.missing, want)
	}
	if want := []string{"docs/zh/c.md is the translation of nothing"}; !slices.Equal(state.differences, want) {
		t.Errorf("differences: %v, want %v", state.differences, want)
	}
}

func TestDeadLinksOfASiteAreFound(t *testing.T) {
	for _, tt := range []struct{ name, link, want string }{
		{"another page", "/b.html", ""},
		{"an anchor", "/b.html#there", ""},
		{"an anchor in Chinese", "/b.html#%E8%BF%99%E9%87%8C", ""},
		{"an anchor of the same page", "#here", ""},
		{"a relative link", "b.html", ""},
		{"a directory", "/design/", ""},
		{"a file", "/logo.svg", ""},
		{"another site", "https://elsewhere.example/x", ""},
		{"a page that is not translated yet", "/zh/a.html", ""},
		{"no page", "/c.html", "no such file"},
		{"no anchor", "/b.html#here", "no such anchor"},
		{"no anchor on the same page", "#there", "no such anchor"},
		{"no translation of a page that is translated", "/zh/b.html", "no such file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir+"/a.html", `<p id="here"><a href="`+tt.link+`">`)
			write(t, dir+"/b.html", `<p id="there"></p><p id="这里"></p>`)
			write(t, dir+"/design/index.html", "")
			write(t, dir+"/logo.svg", "")
			pages, dead, err := follow(dir, "/", []string{"a.md"})
			if err != nil || pages != 3 {
				t.Fatalf("%d pages, error %v", pages, err)
			}
			switch {
			case tt.want == "" && len(dead) > 0:
				t.Errorf("dead: %v", dead)
			case tt.want != "" && (len(dead) != 1 || !strings.Contains(dead[0].Error(), tt.want)):
				t.Errorf("dead: %v, want one with %q", dead, tt.want)
			}
		})
	}
}

func TestLinksOfASiteBelowAPathAreFollowed(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/a.html", `<a href="/go/b.html">`)
	write(t, dir+"/b.html", `<a href="/go/c.html">`)
	_, dead, err := follow(dir, "/go/", nil)
	if err != nil || len(dead) != 1 || !strings.Contains(dead[0].Error(), "/b.html links to /go/c.html") {
		t.Errorf("dead: %v, error %v, want the link of b.html", dead, err)
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
