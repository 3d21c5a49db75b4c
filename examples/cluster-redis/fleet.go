package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"socketio"
	"socketio/adapter/redis"
	"socketio/examples/internal/broker"
)

// A fleet is servers that share nothing but Redis, as they would on several machines.
type fleet []*node

// A node is one of them.
type node struct {
	srv   *socketio.Server
	web   *http.Server
	url   *url.URL
	redis rueidis.Client
}

// secret is how servers know requests that other servers pass on. Those on several machines
// are given it as they are given passwords.
var secret = rand.Text()

// add starts a server.
func (f *fleet) add(address, where string, sticky bool) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	client, err := broker.Dial(where)
	if err != nil {
		return err
	}
	o := &socketio.Options{Bus: redis.NewStreams(client, nil)}
	o.Recovery.Window = 2 * time.Minute // clients of a server that has died get from another what they missed
	o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	if !sticky {
		// Any server takes any request, and passes it on to the one that has the session.
		o.Advertise, o.ClusterSecret = listener.Addr().String(), secret
	}
	srv := socketio.NewServer(o)
	chat(srv, fmt.Sprintf("server %d", len(*f)+1))
	n := &node{
		srv:   srv,
		web:   &http.Server{Handler: newMux(srv), ReadHeaderTimeout: 10 * time.Second},
		url:   &url.URL{Scheme: "http", Host: listener.Addr().String()},
		redis: client,
	}
	*f = append(*f, n)
	go func() {
		if err := n.web.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Fatal(err)
		}
	}()
	return nil
}

// balancer sends each request to the next server, WebSockets too.
func (f fleet) balancer() http.Handler {
	var turn atomic.Uint64
	return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(f[turn.Add(1)%uint64(len(f))].url)
		r.Out.Host = r.In.Host // by which pages of the same origin are known
		r.SetXForwarded()
	}}
}

// Shutdown ends the servers one after the other, each first for its sockets.
func (f fleet) Shutdown(ctx context.Context) error {
	var errs []error
	for _, n := range f {
		errs = append(errs, n.srv.Shutdown(ctx))
		http.DefaultClient.CloseIdleConnections() // those of the balancer, for which web would wait
		errs = append(errs, n.web.Shutdown(ctx))
		n.redis.Close()
	}
	return errors.Join(errs...)
}
