package socketio_test

import (
	"context"
	"fmt"
	"log"

	"socketio"
	"socketio/adapter"
)

func Example_severalServers() {
	ctx := context.Background()
	bus := adapter.NewMemory()
	newServer := func() *socketio.Server {
		srv := socketio.NewServer(&socketio.Options{Bus: bus})
		srv.On("say", func(_ context.Context, s *socketio.Socket, text string) error {
			return s.Broadcast().Emit("said", text) // to everybody else, on every server
		})
		return srv
	}
	public, internal := newServer(), newServer()

	ada, grace := visit(public), visit(internal)
	defer ada.end()
	defer grace.end()
	servers, err := public.ServerCount(ctx)
	for ; servers < 2 && err == nil; servers, err = public.ServerCount(ctx) {
	}
	ada.send(`2["say","hello"]`)
	fmt.Println("grace", grace.receive())
	sockets, err := public.All().FetchSockets(ctx)
	fmt.Println(len(sockets), "sockets on", servers, "servers", err)
	// Output:
	// grace 2["said","hello"]
	// 2 sockets on 2 servers <nil>
}

func Example_serverToServer() {
	const (
		Reload socketio.Event[string]               = "reload"
		Load   socketio.Call[socketio.None, string] = "load"
	)
	ctx := context.Background()
	bus := adapter.NewMemory()
	newServer := func(name string) *socketio.Server {
		srv := socketio.NewServer(&socketio.Options{Bus: bus})
		srv.OnServerSide(Reload, func(_ context.Context, file string) error {
			fmt.Println(name, "reloads", file)
			return nil
		})
		srv.OnServerSideAck(Load, func(context.Context, socketio.None) (string, error) {
			return name + " is idle", nil
		})
		return srv
	}
	one, two := newServer("one"), newServer("two")
	defer one.Shutdown(ctx)
	defer two.Shutdown(ctx)
	for servers := 0; servers < 2; {
		servers, _ = one.ServerCount(ctx)
	}

	if err := one.ServerSideEmit(Reload, "rules.json"); err != nil {
		log.Print(err)
	}
	for answer, err := range one.ServerSideEmitAcks(ctx, Load, socketio.None{}) {
		if err != nil {
			log.Print(err) // *PartialError: names the servers that are missing
			break
		}
		fmt.Println(answer)
	}
	// Output:
	// two reloads rules.json
	// two is idle
}

func Example_emitter() {
	bus := adapter.NewMemory()
	srv := socketio.NewServer(&socketio.Options{Bus: bus})
	srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
		s.Join("subscribers")
		return s.Emit("welcome", socketio.None{})
	})
	ada := visit(srv)
	defer ada.end()
	fmt.Println(ada.receive())
	if _, err := srv.ServerCount(context.Background()); err != nil { // when it hears the bus
		log.Print(err)
	}

	emitter := adapter.NewEmitter(bus)
	if err := emitter.To("subscribers").EmitArgs(context.Background(), "news", "it compiles"); err != nil {
		log.Print(err)
	}
	fmt.Println(ada.receive())
	// Output:
	// 2["welcome"]
	// 2["news","it compiles"]
}

func Example_roomEvents() {
	srv := socketio.NewServer(nil)
	srv.Trace(&socketio.Trace{Room: func(ns *socketio.Namespace, e adapter.RoomEvent) {
		if e.Room == "go" {
			fmt.Println(ns.Name(), e.Op, e.Room)
		}
	}})
	srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
		s.Join("go")
		s.Leave("go")
		return s.Emit("done", socketio.None{})
	})
	ada := visit(srv)
	defer ada.end()
	ada.receive()
	// Output:
	// / create-room go
	// / join-room go
	// / leave-room go
	// / delete-room go
}
