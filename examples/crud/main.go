// Command crud keeps a list of things to do for all who look at it:
//
//	go run ./examples/crud
//
// Its events are those of the CRUD application among the official examples, so that its
// front ends, for Angular and for Vue, run with this server as they are.
package main

import (
	"context"
	"embed"
	"errors"
	"flag"
	"log"
	"net/http"
	"net/url"

	"socketio"
	"socketio/examples/internal/serve"
)

//go:embed index.html page.js
var page embed.FS

// What clients ask for. If it fails the acknowledgement is a [Refusal].
const (
	Create socketio.Call[Draft, Result[string]]         = "todo:create"
	Read   socketio.Call[any, Result[Todo]]             = "todo:read"
	Update socketio.Call[Draft, socketio.None]          = "todo:update"
	Delete socketio.Call[any, socketio.None]            = "todo:delete"
	List   socketio.Call[socketio.None, Result[[]Todo]] = "todo:list"
)

// What clients are told that others have done.
const (
	Created socketio.Event[Todo]   = "todo:created"
	Updated socketio.Event[Todo]   = "todo:updated"
	Deleted socketio.Event[string] = "todo:deleted"
)

// A Result is what was asked for.
type Result[T any] struct {
	Data T `json:"data"`
}

func newServer(list *Todos) *socketio.Server {
	srv := socketio.NewServer(&socketio.Options{
		CORS:    socketio.CORS{OriginFunc: ofThisMachine},
		OnError: report,
	})
	srv.OnAck(Create, func(_ context.Context, s *socketio.Socket, draft Draft) (Result[string], error) {
		todo, err := list.Create(draft)
		if err != nil {
			return Result[string]{}, err
		}
		return Result[string]{todo.ID}, s.Broadcast().Emit(Created, todo)
	})
	srv.OnAck(Read, func(_ context.Context, _ *socketio.Socket, id any) (Result[Todo], error) {
		todo, err := list.Read(id)
		return Result[Todo]{todo}, err
	})
	srv.OnAck(Update, func(_ context.Context, s *socketio.Socket, draft Draft) (socketio.None, error) {
		todo, err := list.Update(draft)
		if err != nil {
			return socketio.None{}, err
		}
		return socketio.None{}, s.Broadcast().Emit(Updated, todo)
	})
	srv.OnAck(Delete, func(_ context.Context, s *socketio.Socket, id any) (socketio.None, error) {
		todo, err := list.Delete(id)
		if err != nil {
			return socketio.None{}, err
		}
		return socketio.None{}, s.Broadcast().Emit(Deleted, todo.ID)
	})
	srv.OnAck(List, func(context.Context, *socketio.Socket, socketio.None) (Result[[]Todo], error) {
		return Result[[]Todo]{list.All()}, nil
	})
	return srv
}

// ofThisMachine lets in the own page, and those that `ng serve` and `yarn serve` have at
// another port.
func ofThisMachine(origin string) bool {
	from, err := url.Parse(origin)
	return err == nil && from.Hostname() == "localhost"
}

// report leaves out what clients have been told: nothing is wrong with this program then.
func report(_ context.Context, _ *socketio.Socket, err error) {
	if _, told := errors.AsType[*Refusal](err); !told {
		log.Print(err)
	}
}

func main() {
	dir := flag.String("page", "", "a directory with another front end, in place of the own one")
	flag.Parse()
	front := serve.Page(page)
	if *dir != "" {
		front = http.FileServer(http.Dir(*dir))
	}

	srv := newServer(&Todos{})
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", srv)
	mux.Handle("/", front)
	serve.Run(mux, srv)
}
