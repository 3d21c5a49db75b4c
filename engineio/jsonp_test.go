package engineio

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"socketio/eio3"
)

func TestB18B19JSONPIsServedWhereItIsSwitchedOn(t *testing.T) {
	const refused = `{"code":3,"message":"Bad request"}`
	for _, test := range []struct {
		jsonp  bool
		index  string
		status int
		begin  string
	}{
		{true, "0", 200, `___eio[0]("0{\"sid\":\"`}, // B18
		{true, "1234567890", 200, `___eio[1234567890]("0{\"sid\":\"`},
		{true, "%31", 200, `___eio[1]("`},
		{true, "12345678901", 400, refused},
		{true, "", 400, refused},
		{true, "alert(1)", 400, refused}, // B19
		{true, "-1", 400, refused},
		{true, "1&j=2", 400, refused},
		{false, "0", 400, refused},
	} {
		r := newRig(t, &Options{JSONP: test.jsonp}, nil)
		a := r.ask("GET", "/socket.io/?EIO=4&transport=polling&j="+test.index, "")
		if a.status != test.status || !strings.HasPrefix(a.body, test.begin) {
			t.Errorf("JSONP %t, j=%s: %d %q, want %d %q", test.jsonp, test.index, a.status, a.body, test.status, test.begin)
		}
		if a.status != http.StatusOK {
			continue
		}
		content, sniff := a.header.Get("Content-Type"), a.header.Get("X-Content-Type-Options")
		if content != "text/javascript; charset=UTF-8" || sniff != "nosniff" || !strings.HasSuffix(a.body, `}");`) {
			t.Errorf("j=%s: %q, %q, %q", test.index, content, sniff, a.body)
		}
	}
}

// form submits a payload as engine.io-client does, which escapes line ends, and as the
// browser does after it.
func form(payload string) string {
	payload = strings.ReplaceAll(payload, `\n`, "\\\n")
	return "d=" + url.QueryEscape(strings.ReplaceAll(payload, "\n", `\n`))
}

func TestJSONPCarriesAnyText(t *testing.T) {
	c := newRig(t, &Options{EIO3: true, JSONP: true}, nil).openV3("")
	for _, text := range []string{
		"hello", `"quoted" & <b>`, "a line\nand another", `no line \n, none \\n, none \\\n`, `2["a\nb"]`,
		"\u2028 \u2029", "é€😀 + %", "\x00\x1f", `\`, `\\`,
	} {
		payload := string(eio3.AppendPayload(nil, eio3.Packet{Type: eio3.Message, Data: []byte(text)}))
		a := c.ask("POST", c.url("&j=0"), form(payload), "Content-Type: application/x-www-form-urlencoded")
		if a.status != 200 || a.body != "ok" {
			t.Fatalf("POST %q: %d", text, a.status)
		}
		a = c.get("&j=0")
		if got, ok := evaluate(a.body); !ok || got != payload {
			t.Errorf("%q came back as %q, in %q", payload, got, a.body)
		}
	}
}

// evaluate returns the argument of the only call in a script, if it is written as one that
// each engine takes for a string on one line.
func evaluate(script string) (string, bool) {
	quoted, ok := strings.CutPrefix(script, `___eio[0]("`)
	quoted, closed := strings.CutSuffix(quoted, `");`)
	if !ok || !closed || strings.ContainsAny(quoted, "\n\r\u2028\u2029\x00") {
		return "", false
	}
	var b strings.Builder
	for i := 0; i < len(quoted); i++ {
		switch {
		case quoted[i] == '"':
			return "", false // the string ends early
		case quoted[i] != '\\':
			b.WriteByte(quoted[i])
		case quoted[i+1] == 'u':
			var unit uint16
			for _, digit := range []byte(quoted[i+2 : i+6]) {
				unit = unit<<4 | uint16(strings.IndexByte("0123456789abcdef", digit|0x20))
			}
			b.WriteString(string(utf16.Decode([]uint16{unit})))
			i += 5
		default:
			i++
			b.WriteByte("\"\\\n\t\r\b\f"[strings.IndexByte(`"\ntrbf`, quoted[i])])
		}
	}
	return b.String(), true
}

func TestJSONPHasBinaryMessagesInBase64(t *testing.T) {
	r := newRig(t, &Options{EIO3: true, JSONP: true}, nil)
	c := r.openV3("")
	c.takes("6:b4AQID")
	if a := c.get("&j=7"); a.body != `___eio[7]("6:b4AQID");` {
		t.Errorf("revision 3: %q", a.body)
	}
	sid := r.poll()
	r.want("POST", "POST", "transport=polling&j=7&sid="+sid, "d=bAQID%1e4x", 200, "ok")
	r.want("GET", "GET", "transport=polling&j=7&sid="+sid, "", 200, `___eio[7]("bAQID\u001e4x");`)
}

func TestFormsThatAreNoneEndTheSession(t *testing.T) {
	r := newRig(t, &Options{EIO3: true, JSONP: true}, nil)
	for _, body := range []string{"", "2:4x", "e=2:4x", "d=2:4x&d=2:4x", "d=%zz", "d=%ff", "x=1&d=2:4x"} {
		c := r.openV3("")
		if a := c.ask("POST", c.url("&j=0"), body); a.status != 400 {
			t.Errorf("%q: %d, want 400", body, a.status)
		}
		c.isOver("transport error")
	}
}

// FuzzFromForm submits text as a client does, and expects it back. Clients do not tell a
// backslash and a line end from a backslash and an n; JSON has no line ends.
func FuzzFromForm(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "\\\n") {
			t.Skip("ambiguous")
		}
		got, err := fromForm([]byte(form(text)))
		if valid := utf8.ValidString(text); valid != (err == nil) || valid && string(got) != text {
			t.Fatalf("%q came as %q, %v", text, got, err)
		}
	})
}
