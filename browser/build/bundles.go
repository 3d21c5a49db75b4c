package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/evanw/esbuild/pkg/api"
)

// A bundle is a file that is made of the sources.
type bundle struct {
	name    string            // in dist; its map is called name.map
	entry   string            // in src
	format  format            // how it gives what it exports
	style   style             // for whom it is written
	instead map[string]string // modules of src and what is built in their place
	limit   int               // bytes of gzip -9, 0 for none
}

// A style says for whom a bundle is written.
type style int

const (
	// small is for pages: as few bytes as can be.
	small style = iota

	// readable is for whoever wants to read what runs.
	readable

	// shakable is for bundlers, which make it small themselves and leave out what is not
	// used: it keeps the notes that tell them what that may be.
	shakable
)

// A format is how a bundle gives what it exports.
type format int

const (
	// umd is the global io of a script tag, or a module of CommonJS or AMD.
	umd format = iota

	// esm is a module of ECMAScript.
	esm
)

var bundles = []bundle{
	{name: "socket.io.js", entry: "global.ts", format: umd, style: readable},
	{name: "socket.io.min.js", entry: "global.ts", format: umd, limit: 9216},
	{name: "socket.io.esm.min.js", entry: "index.ts", format: esm, limit: 8192},
	{name: "socket.io.msgpack.min.js", entry: "global.ts", format: umd, instead: map[string]string{
		"./parser.js": "parser-msgpack.ts",
	}},
	{name: "npm/socket.io.esm.mjs", entry: "index.ts", format: esm, style: shakable},
	{name: "socket.io.lite.esm.min.js", entry: "index-lite.ts", format: esm, limit: 4096, instead: lite},
	{name: "npm/socket.io.lite.esm.mjs", entry: "index-lite.ts", format: esm, style: shakable, instead: lite},
}

// lite is what the lite build goes without.
var lite = map[string]string{
	"./catchall.js": "catchall-lite.ts",
	"./emitter.js":  "emitter-core.ts",
	"./engine.js":   "engine-lite.ts",
	"./settings.js": "settings-lite.ts",
	"./timers.js":   "timers-lite.ts",
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
		Define:        map[string]string{"LITE": strconv.FormatBool(b.instead["./engine.js"] != "")},
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
	options.MinifyWhitespace = b.style == small
	options.MinifyIdentifiers = b.style == small
	options.MinifySyntax = b.style != readable
	if b.style != readable {
		options.MangleProps = "^_"
	}
	return files(api.Build(options), filepath.Join(src, "..", "dist"))
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

// files returns what a build has made, by the names of the files in a directory.
func files(result api.BuildResult, dir string) (map[string][]byte, error) {
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
		name, err := filepath.Rel(dir, f.Path)
		if err != nil {
			return nil, err
		}
		made[filepath.ToSlash(name)] = f.Contents
	}
	return made, nil
}
