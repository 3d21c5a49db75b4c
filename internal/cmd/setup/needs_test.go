package main

import (
	"slices"
	"testing"
)

func TestOnlyWhatIsMissingIsNamed(t *testing.T) {
	there, gone := func() bool { return true }, func() bool { return false }
	missing := probe([]need{
		{"A", []string{"a"}, there},
		{"B", []string{"b1", "b2"}, gone},
		{"C", []string{"c"}, gone},
	})
	if got, want := names(missing), "B, C"; got != want {
		t.Errorf("missing = %q, want %q", got, want)
	}
	if got, want := debian(missing), []string{"b1", "b2", "c"}; !slices.Equal(got, want) {
		t.Errorf("packages = %q, want %q", got, want)
	}
}

func TestMajorVersionOfNode(t *testing.T) {
	for version, want := range map[string]int{"v20.20.2\n": 20, "v8.0.0\n": 8, "": 0, "nonsense": 0} {
		if got := major(version); got != want {
			t.Errorf("major(%q) = %d, want %d", version, got, want)
		}
	}
}
