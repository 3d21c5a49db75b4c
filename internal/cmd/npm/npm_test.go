package npm

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A stand-in for npm on the PATH counts how often it is called.
func TestPackagesAreInstalledOncePerLockFile(t *testing.T) {
	bin, dir := t.TempDir(), t.TempDir()
	calls := filepath.Join(bin, "calls")
	write(t, filepath.Join(bin, "npm"), "#!/bin/sh\nmkdir -p node_modules\necho \"$1\" >> '"+calls+"'\n", 0o755)
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	write(t, filepath.Join(dir, "package.json"), "{}", 0o644)

	for _, step := range []struct{ lock, want string }{
		{"one", "ci\n"},
		{"one", "ci\n"},
		{"two", "ci\nci\n"},
	} {
		write(t, filepath.Join(dir, "package-lock.json"), step.lock, 0o644)
		var out strings.Builder
		if err := Ci(t.Context(), &out, dir, filepath.Join(bin, "log")); err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
		got, err := os.ReadFile(calls)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != step.want {
			t.Errorf("with lock file %q npm was called with %q, want %q", step.lock, got, step.want)
		}
	}
}

func TestAFailedInstallIsTriedAgain(t *testing.T) {
	bin, dir := t.TempDir(), t.TempDir()
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	write(t, filepath.Join(bin, "npm"), "#!/bin/sh\nmkdir -p node_modules\nexit 1\n", 0o755)
	write(t, filepath.Join(dir, "package.json"), "{}", 0o644)
	write(t, filepath.Join(dir, "package-lock.json"), "{}", 0o644)
	for range 2 {
		var out strings.Builder
		if err := Ci(t.Context(), &out, dir, filepath.Join(bin, "log")); err == nil {
			t.Error("an npm that exits 1 was taken for a success")
		}
	}
}

func write(t *testing.T, file, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}
