package main

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
)

func versionCommand() command {
	return command{
		name: "version", brief: "say which version this is",
		bind: func(*flag.FlagSet) action {
			return func(_ context.Context, p *program, _ []string) error {
				fmt.Fprintf(p.stdout, "sio %s, Socket.IO protocol 5, Engine.IO protocols 4 and 3, %s %s/%s\n",
					version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
				return nil
			}
		},
	}
}

// version is that of the module, or of the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "of unknown version"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return "of commit " + s.Value[:min(len(s.Value), 12)]
		}
	}
	return "not released"
}
