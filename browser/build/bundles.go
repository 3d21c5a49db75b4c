package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// A bundle is a file that is made of the sources.
type bundle struct {
	name    string            // in dist; its map is called name.map
	entry   string            // in src
	format  format            // how it gives what it exports
	plain   bool              // not minified, for reading
	instead map[string]string // modules of src and what is built in their place
	limit   int               // bytes of gzip -9, 0 for none
}

// A format is how a bundle gives what it exports.
type format int

const (
	// umd is the global io of a script tag, or a module of CommonJS or AMD.
	umd format = iota

	// esm is a module of ECMAScript.
	esm
)

var bundles = []bundle{
	{name: "socket.io.js", entry: "global.ts", format: umd, plain: true},
	{name: "socket.io.min.js", entry: "global.ts", format: umd, limit: 9216},
	{name: "socket.io.esm.min.js", entry: "index.ts", format: esm, limit: 8192},
	{name: "socket.io.msgpack.min.js", entry: "global.ts", format: umd, instead: map[string]string{
		"./parser.js": "parser-msgpack.ts",
	}},
	{name: "socket.io.lite.esm.min.js", entry: "index-lite.ts", format: esm, limit: 4096, instead: map[string]string{
		"./catchall.js": "catchall-lite.ts",
		"./emitter.js":  "emitter-core.ts",
		"./engine.js":   "engine-lite.ts",
		"./settings.js": "settings-lite.ts",
	}},
}

// What stands around a bundle for script tags and require: the loader of either is asked
// for first, as it hides the global.
const (
	umdHead = `(function(g,f){typeof exports=="object"&&typeof module=="object"?module.exports=f():typeof define=="function"&&define.amd?define(f):g.io=f()})(typeof globalThis=="object"?globalThis:self,function(){"use strict";`
	umdFoot = `return client.default});`
)

// build makes a bundle of the sources in dir/src: the file and its map, by their names.
// Nothing is written.
func (b bundle) build(dir string) (map[string][]byte, error) {
	src, err := filepath.Abs(filepath.Join(dir, "src"))
	if err != nil {
		return nil, err
	}
	options := api.BuildOptions{
		EntryPoints:   []string{filepath.Join(src, b.entry)},
		Outfile:       filepath.Join(src, "..", "dist", b.name),
		AbsWorkingDir: filepath.Dir(src),
		Bundle:        true,
		Format:        api.FormatESModule,
		Target:        api.ES2020,
		Charset:       api.CharsetUTF8,
		Sourcemap:     api.SourceMapLinked,
		Define:        map[string]string{"LITE": strconv.FormatBool(strings.Contains(b.name, "lite"))},
		LegalComments: api.LegalCommentsNone,
		TsconfigRaw:   `{"compilerOptions":{"target":"es2020","useDefineForClassFields":false,"verbatimModuleSyntax":true}}`,
		LogLevel:      api.LogLevelSilent,
		Plugins:       []api.Plugin{b.replace(src)},
	}
	if b.format == umd {
		options.Format = api.FormatIIFE
		options.GlobalName = "client"
		options.Banner = map[string]string{"js": umdHead}
		options.Footer = map[string]string{"js": umdFoot}
	}
	if !b.plain {
		options.MinifyWhitespace = true
		options.MinifyIdentifiers = true
		options.MinifySyntax = true
		options.MangleProps = "^_"
	}
	return files(api.Build(options))
}

// replace builds other modules in the place of some.
func (b bundle) replace(src string) api.Plugin {
	return api.Plugin{Name: "replace", Setup: func(build api.PluginBuild) {
		build.OnResolve(api.OnResolveOptions{Filter: `^\./`}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
			if other, ok := b.instead[args.Path]; ok {
				return api.OnResolveResult{Path: filepath.Join(src, other)}, nil
			}
			return api.OnResolveResult{}, nil
		})
	}}
}

// files returns what a build has made, by the names of the files.
func files(result api.BuildResult) (map[string][]byte, error) {
	var all []error
	for _, m := range append(result.Errors, result.Warnings...) {
		where := ""
		if m.Location != nil {
			where = fmt.Sprintf("%s:%d: ", m.Location.File, m.Location.Line)
		}
		all = append(all, errors.New(where+m.Text))
	}
	if err := errors.Join(all...); err != nil {
		return nil, err
	}
	made := make(map[string][]byte)
	for _, f := range result.OutputFiles {
		made[filepath.Base(f.Path)] = f.Contents
	}
	return made, nil
}
