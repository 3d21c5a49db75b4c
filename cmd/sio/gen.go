package main

import (
	"context"
	"errors"
	"flag"
	"os"

	"socketio/cmd/sio/contract"
)

func genCommand() command {
	return command{
		name: "gen", args: "PACKAGE", least: 1, most: 1,
		brief: "write types for JavaScript, a JSON Schema or an AsyncAPI document",
		about: `PACKAGE is a Go package that declares constants of type socketio.Event and socketio.Call,
named as for the go command. What is asked for is written into files; - is standard output,
and without a flag the types go there.

A constant, or a group, with the comment //sio:client above it is sent by clients, with
//sio:server by the server, and by both without one.

  sio gen --types web/chat.d.ts ./chat
  sio gen --schema - ./chat | jq '."$defs"."event say"'`,
		bind: func(flags *flag.FlagSet) action {
			var g generation
			flags.StringVar(&g.types, "types", "", "write declarations for TypeScript to `FILE`")
			flags.StringVar(&g.schema, "schema", "", "write a JSON Schema (2020-12) to `FILE`")
			flags.StringVar(&g.asyncAPI, "asyncapi", "", "write a document of AsyncAPI 3 to `FILE`")
			flags.StringVar(&g.namespace, "namespace", "/", "`NAMESPACE` of the AsyncAPI document")
			flags.StringVar(&g.version, "contract-version", "0.0.0", "`VERSION` of the AsyncAPI document")
			return g.run
		},
	}
}

// A generation is what sio gen is asked for: the files to write.
type generation struct {
	types, schema, asyncAPI string
	namespace, version      string
}

func (g *generation) run(_ context.Context, p *program, args []string) error {
	c, err := contract.Load(".", args[0])
	if err != nil {
		return err
	}
	if g.types == "" && g.schema == "" && g.asyncAPI == "" {
		g.types = "-"
	}
	schema, badSchema := c.JSONSchema()
	asyncAPI, badAsyncAPI := c.AsyncAPI(g.namespace, g.version)
	return errors.Join(badSchema, badAsyncAPI,
		p.write(g.types, []byte(c.TypeScript())),
		p.write(g.schema, append(schema, '\n')),
		p.write(g.asyncAPI, append(asyncAPI, '\n')))
}

// write writes a file that was asked for.
func (p *program) write(file string, content []byte) error {
	switch file {
	case "":
		return nil
	case "-":
		_, err := p.stdout.Write(content)
		return err
	}
	return os.WriteFile(file, content, 0o644) //nolint:gosec // as others are to read it
}
