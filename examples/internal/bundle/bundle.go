// Package bundle makes scripts for browsers of sources that import packages from npm.
package bundle

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"runtime"

	"github.com/evanw/esbuild/pkg/api"
)

// Script returns a handler that serves the script made of an entry, whose path begins at
// the directory of examples. The packages are those that make setup installs; alias names
// some of them in place of others.
//
// A project of its own has its sources made by a tool for that, and serves the files.
func Script(entry string, alias map[string]string) (http.Handler, error) {
	_, source, _, _ := runtime.Caller(0)
	examples := filepath.Join(filepath.Dir(source), "../..")
	packages := filepath.Join(examples, "../interop/js/node_modules")
	if _, err := os.Stat(filepath.Join(packages, "react")); err != nil {
		return nil, fmt.Errorf("run make setup first: %w", err)
	}
	names := map[string]string{"socket.io-client": "client-4.8.4"} // as make setup calls it
	maps.Copy(names, alias)
	made := api.Build(api.BuildOptions{
		EntryPoints:       []string{filepath.Join(examples, entry)},
		Bundle:            true,
		Format:            api.FormatESModule,
		JSX:               api.JSXAutomatic,
		Loader:            map[string]api.Loader{".js": api.LoaderJSX},
		NodePaths:         []string{packages},
		Alias:             names,
		Define:            map[string]string{"process.env.NODE_ENV": `"production"`},
		ResolveExtensions: []string{".web.js", ".jsx", ".js"},
		MinifyWhitespace:  true,
		LogLevel:          api.LogLevelWarning, // they are printed
	})
	if len(made.Errors) > 0 {
		return nil, fmt.Errorf("%s cannot be built", entry)
	}
	script := made.OutputFiles[0].Contents
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		w.Write(script)
	}), nil
}
