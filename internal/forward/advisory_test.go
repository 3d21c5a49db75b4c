package forward

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// A session is looked up by what its id says of the node, and nothing but an id of ours says
// anything.
func TestCVE_2026_102600_AWordOfTheLanguageIsNoSession(t *testing.T) {
	own := func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "own") }
	_, near := pair(t, never(t), own, nil)
	for _, sid := range []string{"__proto__", "constructor", "toString", "hasOwnProperty", "__defineGetter__", strings.Repeat("__proto__", 3)[:20]} {
		for _, body := range []string{"", "4hello"} {
			if status, text, _ := fetch(t, client(t), near.url(sid), strings.NewReader(body)); status != http.StatusOK || text != "own" {
				t.Errorf("%s: the answer is %d %q", sid, status, text)
			}
		}
	}
}
