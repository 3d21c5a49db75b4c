package engineio

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
)

// A coding is one of HTTP's content codings, with encoders that are borrowed while a
// body is encoded.
type coding struct {
	name  string
	value []string // of Content-Encoding
	make  func() encoder
	pool  sync.Pool // of *encoding
}

// codings are what bodies can be encoded with, the one that is preferred first.
var codings = [...]*coding{
	newCoding("gzip", func() encoder {
		w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // fails for no level that there is
		return w
	}),
	newCoding("deflate", func() encoder {
		w, _ := zlib.NewWriterLevel(nil, zlib.BestSpeed)
		return w
	}),
}

func newCoding(name string, maker func() encoder) *coding {
	return &coding{name: name, value: []string{name}, make: maker}
}

type encoder interface {
	io.WriteCloser
	Reset(io.Writer)
}

// An encoding is a body that is encoded, in memory that is borrowed.
type encoding struct {
	*coding
	encoder encoder
	body    bytes.Buffer
}

// keepEncoded is how large a body may have been whose memory is used again.
const keepEncoded = 64 << 10

// encode encodes a body. No writing fails, since that to a bytes.Buffer does not.
func (c *coding) encode(body []byte) *encoding {
	e, ok := c.pool.Get().(*encoding)
	if !ok {
		e = &encoding{coding: c, encoder: c.make()}
	}
	e.body.Reset()
	e.encoder.Reset(&e.body)
	_, _ = e.encoder.Write(body)
	_ = e.encoder.Close()
	return e
}

func (e *encoding) giveBack() {
	if e.body.Cap() <= keepEncoded {
		e.pool.Put(e)
	}
}

// coding says how a body of so many bytes is to be encoded for the client; nil for not
// at all.
func (s *Server) coding(r *http.Request, size int) *coding {
	if least := s.options.HTTPCompression; least < 0 || size < least {
		return nil
	}
	return acceptedCoding(r.Header["Accept-Encoding"])
}

// acceptedCoding returns the coding that a client likes best: of the two with the same
// weight the one that it names first (RFC 9110 §12.5.3). It is nil if the client
// accepts none by name or by "*".
func acceptedCoding(accept []string) *coding {
	var best *coding
	var bestRank rank
	for _, c := range codings {
		if r := c.rank(accept); r.weight > 0 && (best == nil || r.before(bestRank)) {
			best, bestRank = c, r
		}
	}
	return best
}

// A rank is how much a client likes a coding.
type rank struct {
	weight float64
	named  bool // not only as "*"
	place  int  // in the list
}

func (r rank) before(other rank) bool {
	switch {
	case r.weight != other.weight:
		return r.weight > other.weight
	case r.named != other.named:
		return r.named
	}
	return r.place < other.place
}

// rank looks for what the client says of a coding. What it says by name counts more
// than what it says of all.
func (c *coding) rank(accept []string) (found rank) {
	place := 0
	for _, line := range accept {
		for element := range strings.SplitSeq(line, ",") {
			place++
			name, parameters, _ := strings.Cut(element, ";")
			name = strings.TrimSpace(name)
			named := strings.EqualFold(name, c.name)
			if named || name == "*" && !found.named {
				found = rank{weight: weight(parameters), named: named, place: place}
			}
		}
	}
	return found
}

// weight reads the q of an element's parameters: 1 without one, 0 if it is none.
func weight(parameters string) float64 {
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(parameter, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "q") {
			continue
		}
		q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err != nil || !(q >= 0 && q <= 1) {
			return 0
		}
		return q
	}
	return 1
}

// encodedOutside says whether middleware is going to compress the response, by what it has
// set so far: what is compressed twice but said to be so once no client can read.
func encodedOutside(h http.Header) bool {
	return h["Content-Encoding"] != nil || slices.Contains(h["Vary"], "Accept-Encoding")
}
