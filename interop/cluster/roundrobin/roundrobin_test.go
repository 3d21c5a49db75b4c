package main

import (
	"os"
	"strings"
	"testing"
)

// sizeEnv says how much is run, "short" or "whole"; else that takes too long, and needs
// programs that not every machine has.
const sizeEnv = "ROUNDROBIN"

// TestMain runs the tests, or is one of the servers of a run.
func TestMain(m *testing.M) {
	if os.Getenv(serverEnv) != "" {
		serve()
		return
	}
	os.Exit(m.Run())
}

func TestBehindNginx(t *testing.T) { behind(t, "nginx") }

func TestBehindHAProxy(t *testing.T) { behind(t, "haproxy") }

func behind(t *testing.T, balancer string) {
	p := plan{balancer: balancer, clients: 300, messages: 100}
	switch os.Getenv(sizeEnv) {
	case "whole":
	case "short":
		p.clients, p.messages = 60, 20
	default:
		t.Skipf("%s is neither short nor whole; make test-cluster and make round-robin run this", sizeEnv)
	}
	r, err := p.run()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s\n%s", balancer, r)
	if !r.passed(p) {
		t.Errorf("something was lost; while all was well the clients saw %v, and in all %v", r.steady.Troubles, r.all.Troubles)
	}
}

func TestThePageHasTheConfigurations(t *testing.T) {
	servers := []string{"127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"}
	for name, b := range balancers {
		file, err := b.configure(t.TempDir(), "../../../docs", "127.0.0.1:4", servers)
		if err != nil {
			t.Error(err)
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, address := range append(servers, "127.0.0.1:4") {
			if !strings.Contains(string(text), address) {
				t.Errorf("the configuration of %s has no %s", name, address)
			}
		}
		if strings.Contains(string(text), "10.0.0.") {
			t.Errorf("the configuration of %s has an address of the page", name)
		}
	}
}
