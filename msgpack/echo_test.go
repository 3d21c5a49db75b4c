package msgpack_test

import (
	"context"
	"encoding/json/v2"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"socketio"
	"socketio/internal/serial"
	"socketio/internal/ws"
	"socketio/msgpack"
	"socketio/sio5"
)

// An item is a part of a message as applications send them.
type item struct {
	ID    int      `json:"id"`
	Name  string   `json:"name"`
	Price float64  `json:"price"`
	Tags  []string `json:"tags"`
	Stock struct {
		Left int  `json:"left"`
		OK   bool `json:"ok"`
	} `json:"stock"`
	Note *string `json:"note"`
}

func items() []item {
	list := make([]item, 9)
	for i := range list {
		list[i] = item{ID: 1000 + i, Name: fmt.Sprintf("item number %d", i), Price: float64(i) + 0.25, Tags: []string{"new", "sale"}}
		list[i].Stock.Left, list[i].Stock.OK = 100*i, true
	}
	return list
}

// BenchmarkEcho has a client send an event, on a WebSocket over loopback, and wait for
// it to come back from a typed handler. What the client does is the same for both forms.
func BenchmarkEcho(b *testing.B) {
	mixed, err := json.Marshal(items())
	if err != nil {
		b.Fatal(err)
	}
	for _, form := range []struct {
		name  string
		codec sio5.Codec
	}{{"JSON", nil}, {"MessagePack", msgpack.Codec{}}} {
		for _, load := range []struct {
			name   string
			packet sio5.Packet
		}{
			{"hello", sio5.Packet{Type: sio5.Event, Data: []byte(`["text","hello world"]`)}},
			{"1KiB", sio5.Packet{Type: sio5.Event, Data: []byte(`["mixed",` + string(mixed) + `]`)}},
			{"64KiB", sio5.Packet{
				Type: sio5.Event, Data: []byte(`["bytes",{"_placeholder":true,"num":0}]`), Attachments: [][]byte{make([]byte, 64<<10)},
			}},
		} {
			b.Run(form.name+"/"+load.name, func(b *testing.B) { benchmarkEcho(b, form.codec, load.packet) })
		}
	}
}

func benchmarkEcho(b *testing.B, codec sio5.Codec, packet sio5.Packet) {
	srv := socketio.NewServer(&socketio.Options{Codec: codec, Logger: slog.New(slog.DiscardHandler)})
	srv.On("text", func(_ context.Context, s *socketio.Socket, v string) error { return s.Emit("text", v) })
	srv.On("mixed", func(_ context.Context, s *socketio.Socket, v []item) error { return s.Emit("mixed", v) })
	srv.On("bytes", func(_ context.Context, s *socketio.Socket, v []byte) error { return s.Emit("bytes", v) })
	web := httptest.NewServer(srv)
	defer web.Close()
	defer srv.Close()
	c := dialEcho(b, web.URL)
	defer c.end()
	c.exchange(b, 1, frames(b, codec, sio5.Packet{Type: sio5.Connect})...)
	message := frames(b, codec, packet)
	b.ReportAllocs()
	for b.Loop() {
		c.exchange(b, len(message), message...)
	}
	size := 0
	for _, f := range message {
		size += len(f.Data)
	}
	b.ReportMetric(float64(size), "wire-bytes")
}

// frames encodes a packet as WebSocket frames.
func frames(b *testing.B, codec sio5.Codec, packet sio5.Packet) []ws.Frame {
	if codec != nil {
		message, err := codec.Append(nil, packet)
		if err != nil {
			b.Fatal(err)
		}
		return []ws.Frame{{Op: ws.OpBinary, Data: message}}
	}
	if len(packet.Attachments) > 0 {
		packet.Type = sio5.BinaryEvent
	}
	all := []ws.Frame{{Op: ws.OpText, Data: sio5.Append([]byte("4"), packet)}}
	for _, attachment := range packet.Attachments {
		all = append(all, ws.Frame{Op: ws.OpBinary, Data: attachment})
	}
	return all
}

// An echoClient counts what it receives.
type echoClient struct {
	conn       ws.Conn
	monitor    serial.Monitor
	goroutines sync.WaitGroup
	arrived    chan struct{}
}

func dialEcho(b *testing.B, url string) *echoClient {
	url = strings.Replace(url, "http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket"
	nc, early, _, err := ws.Dial(b.Context(), url, ws.DialOptions{})
	if err != nil {
		b.Fatal(err)
	}
	c := &echoClient{arrived: make(chan struct{}, 16)}
	c.conn.Init(nc, &ws.Config{
		Client: true, MaxPayload: 1 << 20, QueueBytes: 1 << 24, Monitor: &c.monitor, Goroutines: &c.goroutines,
	}, c)
	c.goroutines.Go(func() { c.conn.Serve(early) })
	<-c.arrived // the handshake
	return c
}

func (c *echoClient) Message(ws.Message) { c.arrived <- struct{}{} }

func (c *echoClient) Closed(error) { close(c.arrived) }

// exchange sends a message and waits for as many as the answer has.
func (c *echoClient) exchange(b *testing.B, answers int, message ...ws.Frame) {
	if err := c.conn.Write(message...); err != nil {
		b.Fatal(err)
	}
	for range answers {
		if _, open := <-c.arrived; !open {
			b.Fatal("the connection has ended")
		}
	}
}

func (c *echoClient) end() {
	c.conn.CloseNow()
	c.goroutines.Wait()
	c.monitor.Stop()
}
