package main

import (
	"fmt"
	"html"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

var (
	hrefs = regexp.MustCompile(` href="([^"]*)"`)
	ids   = regexp.MustCompile(` id="([^"]*)"`)
)

// A built page is what links lead from and to.
type built struct {
	links []string
	ids   []string
}

// follow looks where each link of a site leads that leads into the site, and returns the
// number of pages and the links that are dead. The site is served under base. Links to
// pages that are not translated yet, which the choice of languages has, are let through.
func follow(dir, base string, untranslated []string) (int, []error, error) {
	pages := map[string]built{}
	err := filepath.WalkDir(dir, func(file string, _ fs.DirEntry, err error) error {
		if err != nil || path.Ext(file) != ".html" || file == filepath.Join(dir, "404.html") {
			return err
		}
		text, err := os.ReadFile(file)
		name, _ := filepath.Rel(dir, file)
		pages["/"+filepath.ToSlash(name)] = built{found(hrefs, text), found(ids, text)}
		return err
	})
	if err != nil {
		return 0, nil, err
	}
	var dead []error
	for name, p := range pages {
		for _, link := range p.links {
			if why := leadsNowhere(dir, base, name, link, pages); why != "" && !isUntranslated(link, untranslated) {
				dead = append(dead, fmt.Errorf("%s%s links to %s: %s", dir, name, link, why))
			}
		}
	}
	slices.SortFunc(dead, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return len(pages), dead, nil
}

// found are the values of an attribute in a page.
func found(attribute *regexp.Regexp, text []byte) []string {
	var values []string
	for _, match := range attribute.FindAllSubmatch(text, -1) {
		values = append(values, html.UnescapeString(string(match[1])))
	}
	slices.Sort(values)
	return slices.Compact(values)
}

// leadsNowhere says what is wrong with a link of a page, or "".
func leadsNowhere(dir, base, from, link string, pages map[string]built) string {
	u, err := url.Parse(link)
	if err != nil {
		return err.Error()
	}
	if u.Scheme != "" || u.Host != "" {
		return ""
	}
	target := from
	if u.Path != "" {
		target = path.Join(path.Dir(from), u.Path)
		if strings.HasPrefix(u.Path, "/") {
			target = "/" + strings.TrimPrefix(u.Path, strings.TrimSuffix(base, "/")+"/")
		}
		if strings.HasSuffix(u.Path, "/") {
			target = path.Join(target, "index.html")
		}
	}
	p, isPage := pages[target]
	if !isPage {
		if _, err := os.Stat(filepath.Join(dir, target)); err != nil {
			return "there is no such file"
		}
		return ""
	}
	if u.Fragment != "" && !slices.Contains(p.ids, u.Fragment) {
		return "the page has no such anchor"
	}
	return ""
}

// isUntranslated reports whether a link leads to a page that is not translated yet.
func isUntranslated(link string, untranslated []string) bool {
	link, _, _ = strings.Cut(link, "#")
	if _, name, chinese := strings.Cut(link, "/zh/"); chinese {
		name = strings.TrimSuffix(name, ".html")
		if name == "" {
			name = "README"
		}
		// Pages of the design and of the repository are in English alone.
		return strings.Contains(name, "/") || slices.Contains(untranslated, name+".md")
	}
	return false
}
