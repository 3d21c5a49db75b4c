package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"socketio/engineio"
)

func TestEachAnswerHasItsFault(t *testing.T) {
	for _, tt := range []struct {
		status int
		header string // of a content type
		body   string
		want   string
	}{
		{400, "", `{"code":0,"message":"Transport unknown"}`, faultTransport},
		{400, "", `{"code":1,"message":"Session ID unknown"}`, faultSticky},
		{400, "", `{"code":2,"message":"Bad handshake method"}`, faultRefused},
		{400, "", `{"code":3,"message":"Bad request"}`, faultUpgrade},
		{403, "", `{"code":4,"message":"Forbidden"}`, faultRefused},
		{400, "", `{"code":5,"message":"Unsupported protocol version"}`, faultRevision},
		{400, "", `{"code":6,"message":"new"}`, faultRefused},
		{200, "", `97:0{"sid":"a"}`, faultEIO3},
		{301, "", "", faultRedirect},
		{307, "text/html", "<a>", faultRedirect},
		{404, "text/html", "<html>", faultPath},
		{404, "", "Cannot GET /socket.io/", faultPath},
		{200, "text/html", "anything", faultHTML},
		{200, "", "  <!doctype html>", faultHTML},
		{500, "", "<html>", faultHTML},
		{502, "", "<html>", faultHTML},
		{502, "", "", faultProxy},
		{503, "", "no server is available", faultProxy},
		{504, "", "upstream request timeout", faultProxy},
		{426, "", "", faultWebSocket},
		{400, "", "Not a WebSocket handshake", faultWebSocket},
		{401, "", "", faultRefused},
		{403, "", "RBAC: access denied", faultRefused},
		{407, "", "", faultRefused},
		{400, "", "Client sent an HTTP request to an HTTPS server.", faultTLS},
		{200, "", `{"status":"ok"}`, faultOther},
		{200, "", "", faultOther},
		{418, "", "teapot", faultOther},
	} {
		f := judge(tt.status, http.Header{"Content-Type": {tt.header}}, tt.body)
		if f.Fault != tt.want {
			t.Errorf("%d %s %q: %s, want %s", tt.status, tt.header, tt.body, f.Fault, tt.want)
		}
		if f.Seen == "" || f.Cause == "" || f.Fix == "" {
			t.Errorf("%d %q: %+v", tt.status, tt.body, f)
		}
	}
}

func TestWhatTheNetworkSaysIsInnermost(t *testing.T) {
	err := fmt.Errorf("engineio: dialling: %w", errors.Join(errors.New("first"), errors.New("second")))
	if got := innermost(err); got != "second" {
		t.Errorf("got %q", got)
	}
	answer := &engineio.ResponseError{Status: 200, Body: "<html>"}
	if f := findingOf(fmt.Errorf("wrapped: %w", answer), "/"); f.Fault != faultHTML {
		t.Errorf("a page is %s", f.Fault)
	}
}

func TestFramesOfAServerAreRead(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, tt := range []struct {
		in     string
		want   string
		binary bool
	}{
		{"\x81\x02hi", "hi", false},
		{"\x82\x01\x00", "\x00", true},
		{"\x81\x7e\x01\x2c" + long, long, false},
		{"\x81\x00", "", false},
	} {
		data, binary, err := readFrame(bufio.NewReader(strings.NewReader(tt.in)))
		if err != nil || string(data) != tt.want || binary != tt.binary {
			t.Errorf("%.10q: %d bytes, binary %v, error %v", tt.in, len(data), binary, err)
		}
	}
	for _, in := range []string{"", "\x81", "\x81\x02h", "\x88\x00", "\x81\x7e\x01", "\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"} {
		if data, _, err := readFrame(bufio.NewReader(strings.NewReader(in))); err == nil {
			t.Errorf("%q: %q", in, data)
		}
	}
}

// FuzzDecode: whatever comes is explained or refused.
func FuzzDecode(f *testing.F) {
	for _, line := range []string{
		`0{"sid":"abc","pingInterval":1}`, `42["a",1]`, `451-["a",{"_placeholder":true,"num":0}]` + "\nbAAEC",
		`96:0{"sid":"abc"}2:40`, `42["a"]\x1e2`, "hex:00ff", `43/x,1[]`, "3", "\x1e", "1:2",
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		for _, d := range []decoding{{revision: 3}, {revision: 4}, {revision: 4, msgpack: true}} {
			var out bytes.Buffer
			err := d.run(t.Context(), &program{stdin: bytes.NewReader(input), stdout: &out}, nil)
			if lines := bytes.Count(out.Bytes(), []byte("\n")); lines < d.packets || (err == nil) != (d.packets > 0 && d.invalid == 0) {
				t.Errorf("%d lines of %d packets, %d of them invalid: %v", lines, d.packets, d.invalid, err)
			}
		}
	})
}
