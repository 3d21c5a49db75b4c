package socketio_test

import (
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"

	"socketio"
)

func Example_origins() {
	srv := socketio.NewServer(&socketio.Options{
		CORS: socketio.CORS{
			Origins:        []string{"https://app.example", "http://localhost:5173"},
			Credentials:    true,
			AllowedHeaders: []string{"my-custom-header"},
		},
		Logger: linesOnly(),
	})

	defer srv.Close()
	web := httptest.NewServer(srv)
	defer web.Close()
	for _, origin := range []string{"https://app.example", "https://evil.example", ""} {
		status, allowed := ask(web.URL+"/socket.io/?EIO=4&transport=polling", origin)
		fmt.Printf("%q: %d, allows %q\n", origin, status, allowed)
	}
	// Output:
	// "https://app.example": 200, allows "https://app.example"
	// level=WARN msg="engineio: request refused" component=engineio status=403 cause="Forbidden (INVALID_ORIGIN)" code=4 origin=https://evil.example method=GET hint="if this page is yours, add \"https://evil.example\" to Options.CORS.Origins"
	// "https://evil.example": 403, allows ""
	// "": 200, allows ""
}

// linesOnly logs to standard output, without what differs from run to run.
func linesOnly() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		Level: slog.LevelWarn,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == "host" || a.Key == "remote" {
				return slog.Attr{}
			}
			return a
		},
	}))
}

// ask makes the first request of a page of that origin.
func ask(url, origin string) (status int, allowed string) {
	r, err := http.NewRequest(http.MethodGet, url, http.NoBody)
	if err != nil {
		log.Fatal(err)
	}
	if origin != "" {
		r.Header.Set("Origin", origin)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode, response.Header.Get("Access-Control-Allow-Origin")
}
