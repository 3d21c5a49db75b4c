package socketio_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http/httptest"
	"sync"
	"time"

	"socketio"
)

// A tokenSource has the token that is to be shown, and asks for another one when that was
// refused or grows old.
type tokenSource struct {
	fetch func(context.Context) (token string, until time.Time, err error)

	mu    sync.Mutex // guards what follows
	token string
	until time.Time
}

func (t *tokenSource) get(ctx context.Context) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.token != "" && time.Until(t.until) > time.Minute {
		return t.token, nil
	}
	var err error
	t.token, t.until, err = t.fetch(ctx)
	return t.token, err
}

func (t *tokenSource) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.token = ""
}

// connectWithToken returns a client that shows a token at each attempt to connect.
func connectWithToken(url string, tokens *tokenSource) *socketio.Client {
	return socketio.NewClient(url, &socketio.ClientOptions{
		AuthFunc: func(ctx context.Context) (any, error) {
			token, err := tokens.get(ctx)
			return map[string]string{"token": token}, err
		},
		OnRetry: quietly,
	})
}

// stay keeps a client connected. A token that was refused is replaced by another one, once.
func stay(ctx context.Context, c *socketio.Client, tokens *tokenSource) error {
	for fresh := false; ; {
		err := c.Connect(ctx)
		if err == nil {
			fresh = false
			err = c.Wait(ctx)
		}
		refused, ok := errors.AsType[*socketio.ConnectError](err)
		if !ok || fresh || refused.Message != "token expired" {
			return err
		}
		tokens.forget()
		fresh = true
	}
}

// members is a server that lets in who shows the token that is valid.
func members(valid func() string, welcome chan<- string) *socketio.Server {
	srv := socketio.NewServer(nil)
	srv.Use(func(_ context.Context, s *socketio.Socket) (context.Context, error) {
		var auth struct {
			Token string `json:"token"`
		}
		if err := s.Handshake().DecodeAuth(&auth); err != nil {
			return nil, err
		}
		if auth.Token != valid() {
			return nil, &socketio.ConnectError{Message: "token expired", Data: map[string]int{"code": 401}}
		}
		s.SetData(auth.Token)
		return nil, nil
	})
	srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
		token, _ := s.Data[string]()
		welcome <- token
		return nil
	})
	return srv
}

func Example_tokenRefresh() {
	var mu sync.Mutex
	number := 1
	valid := func() string {
		mu.Lock()
		defer mu.Unlock()
		return fmt.Sprint("token ", number)
	}
	welcome := make(chan string)
	srv := members(valid, welcome)
	web := httptest.NewServer(srv)
	defer web.Close()

	tokens := &tokenSource{fetch: func(context.Context) (string, time.Time, error) {
		return valid(), time.Now().Add(time.Hour), nil
	}}
	ctx, stop := context.WithCancel(context.Background())
	c, ended := connectWithToken(web.URL, tokens), make(chan error)
	defer c.Close()
	go func() { ended <- stay(ctx, c, tokens) }()
	fmt.Println("in by", <-welcome)

	mu.Lock()
	number = 2 // and token 1 is no good any more
	mu.Unlock()
	for s := range srv.Sockets() {
		if err := s.Conn().Close(); err != nil { // the connection is lost
			log.Fatal(err)
		}
	}
	fmt.Println("in by", <-welcome)
	stop()
	fmt.Println(<-ended)
	// Output:
	// in by token 1
	// in by token 2
	// socketio: not connected: context canceled
}
