package publish_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"

	"socketio"
	"socketio/publish"
)

func Example() {
	key := "from the environment, say"
	srv := socketio.NewServer(nil)
	defer srv.Close()
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", srv)
	mux.Handle("POST /publish", publish.Handler(key, srv.Namespace))
	web := httptest.NewServer(mux) // http.ListenAndServe(":3000", mux) in a program
	defer web.Close()

	// Any other program:
	body := bytes.NewBufferString(`{"event": "news", "rooms": ["subscribers"], "args": ["it compiles"]}`)
	r, err := http.NewRequest(http.MethodPost, web.URL+"/publish", body)
	if err != nil {
		panic(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		panic(err)
	}
	answer.Body.Close()
	fmt.Println(answer.Status)
	// Output: 202 Accepted
}
