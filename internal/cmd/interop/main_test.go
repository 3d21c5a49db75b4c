package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestTablesOfTheDocumentationAreTheOnesThatRuns(t *testing.T) {
	page, err := os.ReadFile("../../../docs/clients.md")
	if err != nil {
		t.Fatal(err)
	}
	for table := range strings.SplitSeq(tables(), "\n\n") {
		if !strings.Contains(string(page), strings.TrimSpace(table)) {
			t.Errorf("docs/clients.md lacks what go run ./internal/cmd/interop -table prints:\n%s", table)
		}
	}
}

func TestOnlyChecksThatExistAreDeclaredNotApplicable(t *testing.T) {
	for i := range clients {
		for name := range clients[i].without {
			if !slices.ContainsFunc(checks, func(c check) bool { return c.name == name }) {
				t.Errorf("%s is without %q, which is no check", clients[i].name, name)
			}
		}
	}
}

func TestEachCheckMustBeReportedOnce(t *testing.T) {
	c := &client{without: map[string]string{"nested binary": "by its design"}}
	var all []string
	for _, transport := range transports {
		for _, ch := range checks {
			if ch.name != "nested binary" {
				all = append(all, fmt.Sprintf(`{"transport":%q,"check":%q}`, transport, ch.name))
			}
		}
	}
	for _, tt := range []struct {
		name   string
		output []string
		ended  error
		want   []string
	}{
		{"all passed", all, nil, nil},
		{"a library's words between", append([]string{"warning: {", `{"level":"info"}`}, all...), nil, nil},
		{"one too few", all[1:], nil, []string{"polling: connect: no result"}},
		{"one twice", append(all[:1:1], all...), nil, []string{`polling: "connect" was not asked for`}},
		{"one that does not apply", append(slices.Clip(all), `{"transport":"polling","check":"nested binary"}`), nil, []string{`polling: "nested binary" was not asked for`}},
		{"one failed", append([]string{`{"transport":"polling","check":"connect","error":"why"}`}, all[1:]...), nil, []string{"polling: connect: why"}},
		{"a process that failed", all, errors.New("exit status 3"), []string{"exit status 3"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := c.judge([]byte(strings.Join(tt.output, "\n")), tt.ended)
			if v.checks != len(all) || !slices.Equal(v.failures, tt.want) {
				t.Errorf("%d checks, %q; want %d, %q", v.checks, v.failures, len(all), tt.want)
			}
		})
	}
}

func TestARunPassesOnlyIfEveryClientRan(t *testing.T) {
	var s summary
	for i := range clients[1:] {
		s.add(&clients[i], verdict{checks: 2})
	}
	if s.passed() {
		t.Error("a run passes without one of the clients")
	}
	s.skip(&clients[0], "no toolchain")
	if s.passed() {
		t.Error("a run passes with a client skipped")
	}
	want := fmt.Sprintf("interop: %d clients, %d checks, 0 failed, 1 skipped", len(clients)-1, 2*len(clients)-2)
	if got := s.String(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestRelayPassesBytesUntilTheyAreCut(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.URL.Query().Get("say"))
	}))
	defer server.Close()
	r, err := newRelay(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()

	response, err := http.Get(r.url() + "/?say=hello")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	response.Body.Close()
	if string(body) != "hello" || err != nil {
		t.Fatalf("%q, %v", body, err)
	}

	open, err := net.Dial("tcp", strings.TrimPrefix(r.url(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	// The first answer shows that the relay has taken the connection.
	fmt.Fprint(open, "GET /?say=x HTTP/1.1\r\nHost: x\r\n\r\n")
	if _, err := open.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	cut, err := http.Get(r.cutURL())
	if err != nil {
		t.Fatal(err)
	}
	cut.Body.Close()
	if _, err := io.Copy(io.Discard, open); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the connection stays: %v", err)
	}
}
