package main

import (
	"embed"
	"log"
	"net/http"

	"github.com/evanw/esbuild/pkg/api"

	"socketio/examples/internal/serve"
)

//go:embed index.html client/main.ts
var page embed.FS

// newPage serves the page. Its types were for the compiler; esbuild takes them away, and
// names the client that the server has in place of the package from npm.
func newPage() http.Handler {
	source, err := page.ReadFile("client/main.ts")
	if err != nil {
		log.Fatal(err)
	}
	const client = "/socket.io/socket.io.esm.min.js"
	made := api.Build(api.BuildOptions{
		Stdin:    &api.StdinOptions{Contents: string(source), Sourcefile: "main.ts", Loader: api.LoaderTS},
		Bundle:   true,
		Format:   api.FormatESModule,
		Alias:    map[string]string{"socket.io-client": client},
		External: []string{client},
		LogLevel: api.LogLevelWarning,
	})
	if len(made.Errors) > 0 {
		log.Fatal("client/main.ts is not TypeScript")
	}
	mux := http.NewServeMux()
	mux.Handle("/", serve.Page(page))
	mux.HandleFunc("GET /main.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		w.Write(made.OutputFiles[0].Contents)
	})
	return mux
}
