package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A balancer is a load balancer that the page in docs has a configuration for.
type balancer struct {
	program string
	paths   []string // where it is if it is not on the PATH
	port    string   // how the configuration says where it listens
	around  string   // the whole configuration, with %s for the page's text
	command func(config string) []string
}

var balancers = map[string]balancer{
	"nginx": {
		program: "nginx", paths: []string{"/usr/sbin/nginx"}, port: "listen 80;",
		around: `daemon off;
error_log stderr warn;
pid nginx.pid;
master_process off;
events { worker_connections 4096; }
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
%s}
`,
		command: func(config string) []string {
			return []string{"-p", filepath.Dir(config), "-e", "stderr", "-c", config}
		},
	},
	"haproxy": {
		program: "haproxy", paths: []string{"/usr/sbin/haproxy"}, port: "bind :80",
		around:  "global\n    maxconn 4096\n\n%s",
		command: func(config string) []string { return []string{"-db", "-f", config} },
	},
}

// page has the configurations.
const page = "no-sticky-sessions.md"

// snippet returns the text of a block of the page.
func snippet(docs, language string) (string, error) {
	text, err := os.ReadFile(filepath.Join(docs, page))
	if err != nil {
		return "", err
	}
	_, rest, found := strings.Cut(string(text), "\n```"+language+"\n")
	block, _, closed := strings.Cut(rest, "```\n")
	if !found || !closed {
		return "", fmt.Errorf("%s has no block of %s", page, language)
	}
	return block, nil
}

// configure writes a balancer's configuration: that of the page with other addresses.
func (b *balancer) configure(dir, docs, address string, servers []string) (file string, err error) {
	text, err := snippet(docs, b.program)
	if err != nil {
		return "", err
	}
	keyword, _, _ := strings.Cut(b.port, " ")
	swap := []string{b.port, strings.Replace(strings.Replace(b.port, ":80", address, 1), " 80;", " "+address+";", 1)}
	for i, server := range servers {
		swap = append(swap, fmt.Sprintf("10.0.0.%d:3000", i+1), server)
	}
	for i := 0; i < len(swap); i += 2 {
		if !strings.Contains(text, swap[i]) {
			return "", fmt.Errorf("%s: the block of %s has no %q, which says %s", page, b.program, swap[i], keyword)
		}
	}
	file = filepath.Join(dir, b.program+".conf")
	return file, os.WriteFile(file, fmt.Appendf(nil, b.around, strings.NewReplacer(swap...).Replace(text)), 0o600)
}

// find returns the program.
func (b *balancer) find() (string, error) {
	found, err := exec.LookPath(b.program)
	if err == nil {
		return found, nil
	}
	for _, path := range b.paths {
		if _, missing := os.Stat(path); missing == nil {
			return path, nil
		}
	}
	return "", err
}
