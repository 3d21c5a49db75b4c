package main

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"socketio/internal/cmd/npm"
)

// manifests are what is installed for the suites of the clients, the clients themselves
// among it as they were released, and what is loaded before a suite.
//
//go:embed clients
var manifests embed.FS

// installClient puts the suite's tests from the checkout beside the client as npm has it:
// nothing of the checkout has to be built.
func (s suite) installClient(ctx context.Context, dir, work string) error {
	programs := s.programs(work)
	if err := os.MkdirAll(programs, 0o755); err != nil {
		return err
	}
	for _, name := range []string{"package.json", "package-lock.json", "resolver.cjs"} {
		text, err := manifests.ReadFile("clients/" + name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(programs, name), text, 0o644); err != nil {
			return err
		}
	}
	if err := npm.Ci(ctx, os.Stdout, programs, filepath.Join(work, "clients npm.log")); err != nil {
		return err
	}
	released := filepath.Join(programs, "node_modules", s.client)
	if err := sameVersion(released, filepath.Join(dir, s.path)); err != nil {
		return err
	}
	to := s.copy(work)
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	if err := os.CopyFS(to, os.DirFS(released)); err != nil {
		return err
	}
	return os.CopyFS(filepath.Join(to, "test"), os.DirFS(filepath.Join(dir, s.path, "test")))
}

// sameVersion says whether both directories hold the same version of an npm package: its
// tests count only then.
func sameVersion(released, checkout string) error {
	a, err := version(released)
	if err != nil {
		return err
	}
	b, err := version(checkout)
	if err != nil {
		return err
	}
	if a != b {
		return fmt.Errorf("%s has version %s; what is tested here is %s, by internal/cmd/official/clients", checkout, b, a)
	}
	return nil
}

func version(dir string) (string, error) {
	text, err := os.ReadFile(filepath.Join(dir, "package.json"))
	if err != nil {
		return "", err
	}
	var manifest struct {
		Version string `json:"version"`
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		return "", fmt.Errorf("%s/package.json: %w", dir, err)
	}
	return manifest.Version, nil
}
