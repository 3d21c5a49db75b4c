package main

import (
	"runtime/debug"
	"testing"
)

func TestTheVersionSaysWhatIsKnown(t *testing.T) {
	built := func(module string, settings ...string) *debug.BuildInfo {
		info := &debug.BuildInfo{Main: debug.Module{Version: module}}
		for i := 0; i < len(settings); i += 2 {
			info.Settings = append(info.Settings, debug.BuildSetting{Key: settings[i], Value: settings[i+1]})
		}
		return info
	}
	commit := []string{"vcs", "git", "vcs.revision", "0123456789abcdef0123", "vcs.time", "2026-11-23T16:00:00Z", "vcs.modified", "false"}
	changed := append(commit[:6:6], "vcs.modified", "true")
	for _, tt := range []struct {
		name     string
		released string
		info     *debug.BuildInfo
		want     string
	}{
		{"a release", "v1.2.3", built("(devel)", commit...), "v1.2.3, commit 0123456789ab of 2026-11-23"},
		{"go install of a version", "", built("v1.2.3"), "v1.2.3"},
		{"go build in a checkout", "", built("(devel)", changed...), "not released, commit 0123456789ab of 2026-11-23 with changes"},
		{"without version control", "", built(""), "not released"},
		{"without anything", "", nil, "not released"},
	} {
		if got := version(tt.released, tt.info); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
