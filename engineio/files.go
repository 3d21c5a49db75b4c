package engineio

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

// clientFiles serves the client for browsers below the server's path. Files do not
// change while the server runs: each is read when it is asked for first, and kept.
type clientFiles struct {
	fsys  fs.FS // nil for none
	known sync.Map
}

// A clientFile is one of them, or what becomes of it when it is compressed.
type clientFile struct {
	body        []byte
	tag         string // of this very form, in quotes
	contentType []string
	gzipped     func() *clientFile // nil if this is it
}

// contentTypes are those of the files that are served, by the ends of their names.
var contentTypes = map[string][]string{
	".js":  {"application/javascript; charset=utf-8"},
	".mjs": {"application/javascript; charset=utf-8"},
	".map": {"application/json; charset=utf-8"},
}

// file returns the client file that a request's path means, or nil.
func (s *Server) file(urlPath string) *clientFile {
	if s.files.fsys == nil || s.paths.serves(urlPath) {
		return nil
	}
	// http.StripPrefix leaves a slash, or nothing, in front of the name.
	name, ok := strings.CutPrefix(urlPath, s.paths.path)
	if !ok {
		name = strings.TrimPrefix(urlPath, "/")
	}
	return s.files.open(name)
}

func (f *clientFiles) open(name string) *clientFile {
	contentType := contentTypes[path.Ext(name)]
	if contentType == nil || strings.Contains(name, "/") {
		return nil
	}
	if known, ok := f.known.Load(name); ok {
		return known.(*clientFile)
	}
	body, err := fs.ReadFile(f.fsys, name)
	if err != nil {
		return nil
	}
	opened, _ := f.known.LoadOrStore(name, newClientFile(body, contentType))
	return opened.(*clientFile)
}

func newClientFile(body []byte, contentType []string) *clientFile {
	sum := sha256.Sum256(body)
	tag := base64.RawURLEncoding.EncodeToString(sum[:12])
	return &clientFile{
		body:        body,
		tag:         `"` + tag + `"`,
		contentType: contentType,
		gzipped: sync.OnceValue(func() *clientFile {
			return &clientFile{body: gzipped(body), tag: `"` + tag + `-gzip"`, contentType: contentType}
		}),
	}
}

// gzipped compresses as well as gzip can, which is done once. No writing fails, since
// that to a bytes.Buffer does not.
func gzipped(body []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is one that there is
	_, _ = w.Write(body)
	_ = w.Close()
	return b.Bytes()
}

// serveFile answers a request for a client file. Any page may load it as a script,
// whatever CORS says; which may read it as well is for CORS to say.
func (s *Server) serveFile(w http.ResponseWriter, r *http.Request, f *clientFile) {
	if origin := firstValue(r.Header["Origin"]); s.origins.admits(r, origin) {
		s.origins.allow(w.Header(), origin)
	} else {
		w.Header().Add("Vary", "Origin")
	}
	switch {
	case r.Method == http.MethodOptions && s.origins.set:
		s.origins.preflight(w, r)
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		s.writeStatus(w, r, &refusal{status: http.StatusMethodNotAllowed, cause: "bad method"})
		return
	}
	boundBody(w, r)
	h := w.Header()
	if !encodedOutside(h) {
		h.Add("Vary", "Accept-Encoding")
		if best := acceptedCoding(r.Header["Accept-Encoding"]); best != nil && best.name == "gzip" {
			f = f.gzipped()
			h["Content-Encoding"] = best.value
		}
	}
	h["Content-Type"] = f.contentType
	h["X-Content-Type-Options"] = noSniff
	h["Cache-Control"] = []string{"public, max-age=0"}
	h["Etag"] = []string{f.tag}
	if f.isKnown(r.Header["If-None-Match"]) {
		h.Del("Content-Encoding")
		h.Del("Content-Type")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h["Content-Length"] = []string{strconv.Itoa(len(f.body))}
	if r.Method == http.MethodGet {
		s.writeLarge(w, f.body)
	}
}

// isKnown says whether one of the tags that a client knows is the file's (RFC 9110
// §13.1.2). Weak ones count, which is what proxies that compress make of it.
func (f *clientFile) isKnown(tags []string) bool {
	for _, line := range tags {
		for tag := range strings.SplitSeq(line, ",") {
			tag = strings.TrimSpace(tag)
			if tag == "*" || strings.TrimPrefix(tag, "W/") == f.tag {
				return true
			}
		}
	}
	return false
}
