package main

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

func versionCommand() command {
	return command{
		name: "version", brief: "say which version this is",
		bind: func(*flag.FlagSet) action {
			return func(_ context.Context, p *program, _ []string) error {
				info, _ := debug.ReadBuildInfo()
				fmt.Fprintf(p.stdout, "sio %s, %s %s/%s, Socket.IO protocol 5, Engine.IO protocols 4 and 3\n",
					version(released, info), runtime.Version(), runtime.GOOS, runtime.GOARCH)
				return nil
			}
		},
	}
}

// released is the version of a release, which internal/cmd/release gives to the linker.
var released string

// version is that of a release, or else of the module, and the commit that it was built
// from with its date, as far as they are known. Without info nothing else is.
func version(released string, info *debug.BuildInfo) string {
	v := released
	if info == nil {
		info = new(debug.BuildInfo)
	}
	if v == "" {
		v = info.Main.Version
	}
	if v == "" || v == "(devel)" {
		v = "not released"
	}
	of := map[string]string{}
	for _, s := range info.Settings {
		of[s.Key] = s.Value
	}
	if of["vcs.revision"] == "" {
		return v
	}
	day, _, _ := strings.Cut(of["vcs.time"], "T")
	text := fmt.Sprintf("%s, commit %.12s of %s", v, of["vcs.revision"], day)
	if of["vcs.modified"] == "true" {
		text += " with changes"
	}
	return text
}
