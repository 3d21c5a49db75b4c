package socketio_test

import (
	"context"
	"encoding/json/v2"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"socketio"
	"socketio/engineio"
)

// Where messages are listed, one that begins with b is binary, in base64.

func TestBadConnects(t *testing.T) {
	testBadInputs(t, []badInput{
		{"B77 event before CONNECT", nil, closedBeforeConnect(`42["relay"]`, `421["relay"]`, "41", "43[]", `451-["relay",{"_placeholder":true,"num":0}]`)},
		{"B78 event right behind CONNECT", nil, func(v *victim) {
			v.webSocket().text("40", `421["echo"]`).wantConnected("").want("431[]")
			sid := v.session()
			v.want("a POST", v.post(sid, "40\x1e"+`421["echo"]`), 200, "ok")
			if got := v.get(sid); !strings.HasPrefix(got.body, `40{"sid":"`) || !strings.HasSuffix(got.body, "\x1e431[]") {
				v.Errorf("answered %v", got)
			}
			v.wantKept(sid)
		}},
		{"B78 events while CONNECT is decided", nil, attackWhileDeciding},
		{"B79 bad data in CONNECT", nil, closedBeforeConnect("40[]", `40"x"`, "40null", "40{", `40{"a":}`, "40{}x", "40true", "40{}{}", "40/x,[]")},
		{"B80 unknown namespace", nil, func(v *victim) {
			for _, name := range []string{"/nope", "//", "/x?y=1", "/__proto__", "/" + strings.Repeat("n", 255)} {
				v.webSocket().text("40" + name + ",").want("44" + name + `,{"message":"Invalid namespace"}`)
				v.webSocket().text("40" + name).want("44" + name + `,{"message":"Invalid namespace"}`)
			}
		}},
		{"B80 long namespace, CVE-2020-36049", nil, closedBeforeConnect(
			"40/"+strings.Repeat("n", 256)+",", "40/"+strings.Repeat("n", 100_000)+",", "40/"+strings.Repeat("n", 999_000), "42/"+strings.Repeat("n", 999_000)+",[]")},
		{"B80 many unknown namespaces", nil, func(v *victim) {
			l := v.webSocket()
			for range 5 {
				l.text("40/nope,").want(`44/nope,{"message":"Invalid namespace"}`)
			}
			l.text("40/nope,").wantClosed(1005)
			l = v.webSocket()
			for range 20 { // a CONNECT that is accepted begins the count anew
				l.text("40/nope,").want(`44/nope,{"message":"Invalid namespace"}`)
				l.text("40").wantConnected("").text("41")
			}
		}},
		{"B81 second CONNECT", nil, closedWhenJoined("40", "40{}", "40/,")},
		{"B82 second CONNECT while the first is decided", nil, attackPendingConnect},
		{"B84 no CONNECT", impatient(), func(v *victim) {
			l := v.webSocket()
			got := l.next()
			for ; got == "2"; got = l.next() {
				l.text("3")
			}
			if got != "close 1005" {
				v.Errorf("received %q", got)
			}
		}},
		{"B85 CONNECT_ERROR", nil, closedWhenJoined("44{}", `44"x"`, "44", `44/,{"message":"x"}`)},
		{"B85 namespace that was not joined", nil, closedWhenJoined(`42/other,["relay"]`, "41/other,", "43/other,1[]")},
		{"B85 no packet", nil, closedWhenJoined("4", "47", "48", "49", "4a", "4-1", "4{}")},
		{"B86 space for a packet", nil, closedBeforeConnect("4 ", "4 0", "4\t", "4\n0")},
		{"B115 DISCONNECT with data", nil, closedWhenJoined("41{}", "41[]", `41"x"`, "411[]", "41/,{}")},
		{"B116 event behind DISCONNECT", impatient(), func(v *victim) {
			l := v.joinedWebSocket().text("41", `421["relay"]`, "43[]")
			got := l.next()
			for ; got == "2"; got = l.next() {
				l.text("3")
			}
			if got != "close 1005" {
				v.Errorf("received %q", got)
			}
			v.wantNothingDelivered()
		}},
	})
}

func TestBadEvents(t *testing.T) {
	testBadInputs(t, []badInput{
		{"B87 no name, CVE-2023-32695", nil, closedWhenJoined("42{}", "42[]", "42[null]", "42[true]", "42[{}]", "42[[]]", `42[{"toString":"relay"}]`, `42["relay"`, `42["relay",]`, `42["relay"]]`, `42["relay"]x`, "42null", `42"relay"`, `42["relay" 1]`, `42[relay]`, `42['relay']`)},
		{"B88 no data", nil, closedWhenJoined("42", "421", "42/,")},
		{"B89 number for a name", nil, func(v *victim) {
			v.joinedWebSocket().text("421[1]", `422["1","x"]`).want(`431["1"]`, `432["1"]`)
			v.joinedWebSocket().text("42[-1.5e7]", `421["echo"]`).want("431[]")
		}},
		{"B90 reserved names", nil, closedWhenJoined(`42["connect"]`, `42["connect_error"]`, `42["disconnect"]`, `42["disconnecting"]`, `42["newListener"]`, `42["removeListener"]`,
			`42["\u0063onnect"]`, `421["disconnect",1]`, `451-["disconnect",{"_placeholder":true,"num":0}]`)},
		{"B91 names that are nothing special, CVE-2024-38355", nil, func(v *victim) {
			l := v.joinedWebSocket()
			for _, name := range unusualNames {
				l.text(`421["`+name+`"]`, `422["unheard-`+name+`"]`).want(`431["` + name + `"]`)
			}
		}},
		{"B92 acknowledgement id beyond 2^53-1", nil, closedWhenJoined(`429007199254740992["relay"]`, `429007199254740993["relay"]`, `4218446744073709551616["relay"]`, `4218446744073709551617["relay"]`)},
		{"B92 acknowledgement id of 2^53-1", nil, func(v *victim) {
			v.joinedWebSocket().text(`429007199254740991["echo"]`).want("439007199254740991[]")
		}},
		{"B93 acknowledgement id without end, CVE-2020-36049", nil, closedWhenJoined("42"+strings.Repeat("1", 400)+`["relay"]`, "42"+strings.Repeat("0", 400)+"9"+strings.Repeat("0", 20)+`["relay"]`, "42"+strings.Repeat("9", 999_990))},
		{"B94 space before the id", nil, closedWhenJoined(`42 1["relay"]`, `42	1["relay"]`, `42/, 1["relay"]`)},
		{"B95 unusual ids", nil, func(v *victim) {
			v.joinedWebSocket().text(`42007["echo"]`, `420["echo"]`).want("437[]", "430[]")
		}},
		{"B95 ids that are none", nil, closedWhenJoined(`42-1["relay"]`, `42+1["relay"]`, `421.0["relay"]`, `421e3["relay"]`, `42٣["relay"]`)},
		{"B96 one id twice", nil, func(v *victim) {
			v.joinedWebSocket().text(`421["echo",1]`, `421["echo",2]`).want("431[1]", "431[2]")
		}},
		{"B97 acknowledgement that nobody waits for", nil, func(v *victim) {
			l := v.joinedWebSocket().text("43[]", "43999[1]", "439007199254740991[]", `461-0[{"_placeholder":true,"num":0}]`)
			l.binary("x").text(`421["echo"]`).want("431[]")
		}},
		{"B97 acknowledgement that comes late", nil, func(v *victim) {
			l := v.joinedWebSocket().text(`421["ask",1]`)
			question := l.wantPrefix("42")
			l.want("431[true]")
			id, _, _ := strings.Cut(question[2:], "[")
			l.text("43"+id+`["late"]`, "43"+id+`["twice"]`, `422["echo"]`).want("432[]")
		}},
		{"B97 acknowledgement that is none", nil, closedWhenJoined(`43{"a":1}`, "431{}", "431", `431"x"`, "431[", "431[1,]", "43-1[]")},
		{"B98 acknowledging twice", nil, func(v *victim) {
			v.joinedWebSocket().text(`421["twice"]`, `422["echo"]`).want("431[1]", "432[]")
		}},
		{"B99 many acknowledgements that never come", &socketio.Options{MaxAcks: 3, AckTimeout: 50 * time.Millisecond}, attackByNotAnswering},
		{"B111 deep nesting", nil, closedWhenJoined(nested(513), nested(6000), nested(400_000), `42["relay",`+strings.Repeat(`{"a":`, 6000)+"1"+strings.Repeat("}", 6000)+"]", `42["relay",`+strings.Repeat("[", 900_000))},
		{"B111 nesting of just the limit", nil, func(v *victim) {
			echo := strings.Replace(nested(512), `["relay"`, `1["echo"`, 1)
			want := strings.Replace(strings.Replace(echo, "42", "43", 1), `"echo",`, "", 1)
			v.joinedWebSocket().text(echo).want(want)
			l := v.joinedWebSocket().text(nested(512))
			l.want(nested(512))
		}},
		{"B112 unusual JSON", nil, attackWithUnusualJSON},
		{"B114 separator on a WebSocket", nil, func(v *victim) {
			for _, text := range []string{"42[\"relay\",\"a\x1eb\"]", "42[\"relay\"]\x1e", "42[\"relay\"]\x1e42[\"relay\"]"} {
				v.joinedWebSocket().text(text).wantClosed(1005)
			}
			v.wantNothingDelivered()
		}},
		{"B114 control character within a string", nil, closedWhenJoined("42[\"relay\",\"\x00\"]", "42[\"relay\",\"\n\"]", "42[\"\x7f\x1f\"]")},
	})
}

func TestBadAttachments(t *testing.T) {
	testBadInputs(t, []badInput{
		{"B100 no number of attachments, CVE-2026-69185", nil, closedWhenJoined(`450-["relay"]`, `45-["relay"]`, `45-1-["relay"]`, `451.5-["relay"]`, `451["relay",{"_placeholder":true,"num":0}]`, `45["relay"]`, "45", "451", "451-", `460-1[]`, `4500-["relay"]`)},
		{"B101 numbers that are no digits", nil, closedWhenJoined(`451e0-`+relayed, `450x1-`+relayed, `45 1-`+relayed, `45+1-`+relayed, `451 -`+relayed, `45١-`+relayed)},
		{"B102 too many attachments, CVE-2026-33151", nil, closedWhenJoined("4511-"+placeholders("relay", 11), `451000000000-["relay"]`, `4599999999999999999999-["relay"]`, "4518446744073709551617-"+relayed)},
		{"B102 ten attachments", nil, func(v *victim) {
			l := v.joinedWebSocket().text("4510-1" + placeholders("echo", 10))
			for i := range 10 {
				l.binary(fmt.Sprint(i))
			}
			l.want("4610-1" + strings.Replace(placeholders("echo", 10), `"echo",`, "", 1))
			for i := range 10 {
				l.want(fmt.Sprint("binary ", i))
			}
		}},
		{"B103 text while attachments are due", nil, closedWhenJoined("451-"+relayed+"\x1e"+`42["relay"]`, "451-"+relayed+"\x1e451-"+relayed+"\x1ebAQID", "451-"+relayed+"\x1e41")},
		{"B103 attachment that is not due", nil, closedWhenJoined("bAQID", "b", "451-"+relayedByNobody+"\x1ebAQID\x1ebAQID")},
		{"B103 attachments before CONNECT", nil, closedBeforeConnect("451-"+relayed+"\x1ebAQID", "bAQID")},
		{"B104 leaving with attachments due, CVE-2026-48804", nil, func(v *victim) {
			for range 200 {
				v.joinedWebSocket().text("4510-" + placeholders("relay", 10)).binary(strings.Repeat("x", 10_000)).Close()
			}
			v.until("the sessions end", func() bool { return v.srv.Engine().Len() == 1 })
			v.wantNothingDelivered()
		}},
		{"B105 large attachments together", small(), func(v *victim) {
			v.joinedWebSocket().text("452-1" + placeholders("echo", 2)).binary(strings.Repeat("x", 600)).binary(strings.Repeat("x", 400)).wantPrefix("462-1")
			v.joinedWebSocket().text("452-" + placeholders("relay", 2)).binary(strings.Repeat("x", 600)).binary(strings.Repeat("x", 401)).wantClosed(1005)
			v.wantNothingDelivered()
		}},
		{"B106 placeholder for no attachment, CVE-2022-2421", nil, closedWhenJoined(withPlaceholders(
			`{"_placeholder":true,"num":1}`, `{"_placeholder":true,"num":10}`, `{"_placeholder":true,"num":-1}`, `{"_placeholder":true,"num":"0"}`, `{"_placeholder":true,"num":"splice"}`,
			`{"_placeholder":true,"num":1000000000}`, `{"_placeholder":true,"num":null}`, `{"_placeholder":true,"num":{}}`, `{"_placeholder":true}`, `{"_placeholder":true,"num":18446744073709551616}`)...)},
		{"B107 placeholder for part of an attachment, CVE-2022-2421", nil, closedWhenJoined(withPlaceholders(
			`{"_placeholder":true,"num":0.5}`, `{"_placeholder":true,"num":0.0}`, `{"_placeholder":true,"num":0e0}`, `{"_placeholder":true,"num":-0}`)...)},
		{"B108 attachment used twice", nil, closedWhenJoined(
			`451-["relay",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]`+"\x1ebAQID",
			`451-["relay"`+strings.Repeat(`,{"_placeholder":true,"num":0}`, 10_000)+"]\x1ebAQID",
			`452-["relay",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]`+"\x1ebAQID\x1ebAQID")},
		{"B108 attachment not used", nil, closedWhenJoined(`451-["relay"]`+"\x1ebAQID", "452-"+relayed+"\x1ebAQID\x1ebAQID")},
		{"B109 placeholder in a plain event", nil, func(v *victim) {
			l := v.joinedWebSocket()
			l.text(`421["echo",{"_placeholder":true}]`).want(`431[{"_placeholder":true}]`)
			l.text(`422["raw",{"_placeholder":true,"num":0}]`).want(`432["{\"_placeholder\":true,\"num\":0}"]`)
			// The keys of a map have no order.
			got := l.text(`423["echo",{"_placeholder":true,"num":0}]`).next()
			if got != `433[{"_placeholder":true,"num":0}]` && got != `433[{"num":0,"_placeholder":true}]` {
				v.Errorf("received %s", got)
			}
		}},
		{"B110 placeholder for a name", nil, closedWhenJoined(`451-[{"_placeholder":true,"num":0}]`+"\x1ebAQID", `451-[{"_placeholder":true,"num":0},"relay"]`+"\x1ebAQID")},
	})
}

// relayed is the data of an event with one attachment.
const (
	relayed         = `["relay",{"_placeholder":true,"num":0}]`
	relayedByNobody = `["unheard",{"_placeholder":true,"num":0}]`
)

// placeholders is the data of an event with as many attachments.
func placeholders(event string, n int) string {
	text := `["` + event + `"`
	for i := range n {
		text += fmt.Sprintf(`,{"_placeholder":true,"num":%d}`, i)
	}
	return text + "]"
}

// withPlaceholders are events whose one attachment follows, each with one of the
// placeholders.
func withPlaceholders(some ...string) []string {
	var events []string
	for _, p := range some {
		events = append(events, `451-["relay",`+p+"]\x1ebAQID")
	}
	return events
}

// nested is an event whose array holds arrays, so many deep.
func nested(depth int) string {
	return `42["relay",` + strings.Repeat("[", depth-1) + strings.Repeat("]", depth-1) + "]"
}

// wantConnected expects the answer to a CONNECT.
func (l *line) wantConnected(namespace string) *line {
	l.v.Helper()
	l.wantPrefix("40" + namespace + `{"sid":"`)
	return l
}

// closedWhenJoined is an attack with messages, each of which ends the session of a
// client that has joined the main namespace, on either transport, and delivers
// nothing. Where several messages make one, they are separated as polling does it.
func closedWhenJoined(inputs ...string) func(v *victim) { return closedBy(true, inputs) }

// closedBeforeConnect is closedWhenJoined for a client that has joined nothing.
func closedBeforeConnect(inputs ...string) func(v *victim) { return closedBy(false, inputs) }

func closedBy(joined bool, inputs []string) func(v *victim) {
	return func(v *victim) {
		for _, input := range inputs {
			l, sid := v.webSocket(), v.session()
			if joined {
				l.text("40").wantConnected("")
				v.want("CONNECT", v.post(sid, "40"), 200, "ok")
				v.get(sid)
			}
			l.text(strings.Split(input, "\x1e")...)
			if got := l.next(); got != "close 1005" {
				v.Errorf("%.60q: received %.100q, want close 1005", input, got)
			}
			l.write(frame(0x88, "")).wantEnd()
			v.want(fmt.Sprintf("%.60q", input), v.post(sid, input), 200, "ok")
			v.want(fmt.Sprintf("the poll after %.60q", input), v.get(sid), 200, "1")
			v.wantGone(sid)
		}
		v.until("the sessions end", func() bool { return v.srv.Engine().Len() == 1 })
		v.wantNothingDelivered()
	}
}

// impatient are options for clients that join nothing.
func impatient() *socketio.Options {
	return &socketio.Options{
		ConnectTimeout: 120 * time.Millisecond,
		Options:        engineio.Options{PingInterval: 30 * time.Millisecond, PingTimeout: time.Second},
	}
}

// deciding adds a namespace that lets clients in when it is told to.
func deciding(v *victim) (decide func()) {
	decided := make(chan struct{})
	v.srv.Of("/slow").Use(func(ctx context.Context, _ *socketio.Socket) (context.Context, error) {
		select {
		case <-decided:
			return nil, nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	})
	v.srv.Of("/slow").Handle("echo", func(_ context.Context, _ *socketio.Socket, m *socketio.Message) error {
		return m.Ack()
	})
	return func() { close(decided) }
}

// attackWhileDeciding sends events for a namespace before it is joined: sixteen wait,
// one more is too many.
func attackWhileDeciding(v *victim) {
	decide := deciding(v)
	patient, pushy := v.webSocket(), v.webSocket()
	events := []string{"40/slow,"}
	for i := range 16 {
		events = append(events, fmt.Sprintf(`42/slow,%d["echo"]`, i))
	}
	patient.text(events...)
	pushy.text(append(events, `42/slow,16["echo"]`)...).wantClosed(1005)
	decide()
	patient.wantConnected("/slow,")
	for i := range 16 {
		patient.want(fmt.Sprintf("43/slow,%d[]", i))
	}
}

// attackPendingConnect asks again for what is not decided yet.
func attackPendingConnect(v *victim) {
	decide := deciding(v)
	v.webSocket().text("40/slow,", "40/slow,").wantClosed(1005)
	many := make([]string, 500)
	for i := range many {
		many[i] = "40/slow,"
	}
	v.webSocket().text(many...).wantClosed(1005)
	l := v.webSocket().text("40/slow,")
	decide()
	l.wantConnected("/slow,")
	if n := len(sockets(v.srv.Of("/slow"))); n != 1 {
		v.Errorf("%d sockets, want one", n)
	}
}

func sockets(ns *socketio.Namespace) (all []*socketio.Socket) {
	for s := range ns.Sockets() {
		all = append(all, s)
	}
	return all
}

// attackByNotAnswering has the server ask for more acknowledgements than may be open, and
// gives none.
func attackByNotAnswering(v *victim) {
	ended := make(chan error, 10)
	v.srv.Handle("ask a lot", func(ctx context.Context, s *socketio.Socket, _ *socketio.Message) error {
		for range 10 {
			go func() {
				_, err := s.EmitArgsAck(context.WithoutCancel(ctx), "question")
				ended <- err
			}()
		}
		return nil
	})
	l := v.joinedWebSocket().text(`42["ask a lot"]`)
	late := 0
	for range 10 {
		if err := <-ended; errors.Is(err, context.DeadlineExceeded) {
			late++
		}
	}
	if late != 3 {
		v.Errorf("%d acknowledgements were waited for, want 3", late)
	}
	for range 3 {
		l.wantPrefix("42")
	}
	l.text(`421["echo"]`).want("431[]")
}

// attackWithUnusualJSON sends what is JSON all the same. Who takes it as it comes gets
// it to the byte; who decodes it gets an error that goes nowhere but to OnError.
func attackWithUnusualJSON(v *victim) {
	l := v.joinedWebSocket()
	for _, value := range []string{
		`{"a":1,"a":2}`, "1e999", "-1e-999", `"\ud800"`, `"\udc00\ud800"`, `"\u0000"`, "12345678901234567890123", "0.1000", "-0",
		`{"":{"":""}}`, `"\/\u002f"`, `{"__proto__":{"x":1},"constructor":0}`, `"` + "\u2028\u2029\ufeff\ufffe" + `"`, " [ 1 ,\n2 ] ",
	} {
		got := l.text(`421["raw",` + value + `]`).wantPrefix("431")
		var raw [1]string
		if err := json.Unmarshal([]byte(got[3:]), &raw); err != nil || raw[0] != strings.TrimSpace(value) {
			v.Errorf("%s arrived as %s (%v)", value, raw[0], err)
		}
	}
	for _, value := range []string{"1e999", "1.5", `"1"`, "{}", "[]", "true", "99999999999999999999", `"\ud800"`} {
		l.text(`421["double",`+value+`]`, `422["echo"]`).want("432[]")
	}
	l.text(`421["double",21]`).want("431[42]")
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, err := range v.errors {
		if _, ok := errors.AsType[*socketio.DecodeError](err); !ok {
			v.Errorf("OnError was given %v", err)
		}
	}
	if len(v.errors) != 8 {
		v.Errorf("OnError was given %d errors, want 8", len(v.errors))
	}
}
