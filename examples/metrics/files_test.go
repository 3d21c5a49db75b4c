package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Prometheus takes the configuration, with the rules that deploy has.
func TestPrometheusTakesTheConfiguration(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("needs what make setup installs: ", err)
	}
	dir := t.TempDir()
	for from, to := range map[string]string{"prometheus.yaml": "prometheus.yaml", "../../deploy/alerts.yaml": "alerts.yaml"} {
		text, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, to), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command(promtool, "check", "config", filepath.Join(dir, "prometheus.yaml")).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
