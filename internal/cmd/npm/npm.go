// Package npm installs the npm packages of a directory once per version of its lock file.
package npm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"socketio/internal/cmd/progress"
)

// Ci runs "npm ci" in dir unless node_modules already holds what package.json and
// package-lock.json ask for. What it does, it says on out.
func Ci(ctx context.Context, out io.Writer, dir, log string) error {
	want, err := fingerprint(dir)
	if err != nil {
		return err
	}
	stamp := filepath.Join(dir, "node_modules", ".installed")
	if have, err := os.ReadFile(stamp); err == nil && string(have) == want {
		return nil
	}
	name := "npm ci in " + dir
	fmt.Fprintln(out, name)
	r := progress.Run(ctx, out, progress.Step{
		Name:    name,
		Command: []string{"npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"},
		Dir:     dir,
		Log:     log,
		Quiet:   true,
	})
	if r.Err != nil {
		return fmt.Errorf("%s: %w", name, r.Err)
	}
	fmt.Fprintf(out, "%s, %.1f s\n", name, r.Elapsed.Seconds())
	return os.WriteFile(stamp, []byte(want), 0o644)
}

// fingerprint is a hash of the two files that decide what npm ci installs.
func fingerprint(dir string) (string, error) {
	h := sha256.New()
	for _, name := range []string{"package.json", "package-lock.json"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return "", err
		}
		h.Write(text)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
