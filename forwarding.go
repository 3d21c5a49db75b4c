package socketio

import (
	"context"
	"net"
	"net/http"
	"strings"
	"time"

	"socketio/internal/cluster"
	"socketio/internal/forward"
)

// minSecret is how long Options.ClusterSecret has to be.
const minSecret = 16

// patienceBeyond is how much longer than a heartbeat may take an answer of another server is
// waited for.
const patienceBeyond = 30 * time.Second

// newForwarder returns what passes requests for sessions of other servers on to them, nil if
// the options do not say so. Session ids then name the server. The node must have no group
// yet.
func newForwarder(srv *Server) *forward.Forwarder {
	o := &srv.options
	if o.Advertise == "" {
		return nil
	}
	srv.node.Advertise(o.Advertise)
	tag := cluster.Tag(srv.node.UID())
	o.GenerateID = func(*http.Request) (string, error) { return forward.NewID(tag), nil }
	return forward.New(forward.Config{
		Tag: tag, Directory: srv.node, Secret: o.ClusterSecret,
		Path:         strings.TrimSuffix(orDefault(o.Path, "/socket.io/"), "/") + "/",
		MaxPayload:   orDefault(o.MaxPayload, 1_000_000),
		WriteTimeout: orDefault(o.WriteTimeout, 10*time.Second),
		Patience:     orDefault(o.PingInterval, 25*time.Second) + orDefault(o.PingTimeout, 20*time.Second) + patienceBeyond,
		Leave:        func(id string) { srv.engine.Release(srv.lifetime, id) },
		Logger:       o.Logger.With("component", "forward"),
		TLS:          o.ClusterTLS,
	})
}

// checkAdvertise panics if what Advertise needs is not there.
func (o *Options) checkAdvertise() {
	if o.Advertise == "" {
		if o.ClusterTLS != nil {
			panic("socketio: Options.ClusterTLS without Options.Advertise")
		}
		return
	}
	host, port, err := net.SplitHostPort(o.Advertise)
	switch {
	case err != nil || host == "" || port == "" || port == "0":
		panic("socketio: Options.Advertise is not a host and a port, such as 10.0.0.7:3000: " + o.Advertise)
	case o.Bus == nil:
		panic("socketio: Options.Advertise without Options.Bus, by which the others would know")
	case len(o.ClusterSecret) < minSecret:
		panic("socketio: Options.Advertise without Options.ClusterSecret, of at least 16 characters")
	case o.GenerateID != nil:
		panic("socketio: Options.Advertise needs ids that name the server, and Options.GenerateID makes others")
	}
}

// drainConnections is Drain for connections, also of other servers that come through this one.
func (srv *Server) drainConnections(ctx context.Context, over time.Duration) error {
	return srv.withForwarding(
		func() error { return srv.engine.Drain(ctx, over) },
		func() error { return srv.forward.Drain(ctx, over) })
}

// shutdownConnections is drainConnections for Shutdown.
func (srv *Server) shutdownConnections(ctx context.Context) error {
	return srv.withForwarding(
		func() error { return srv.engine.Shutdown(ctx) },
		func() error { return srv.forward.Shutdown(ctx) })
}

// withForwarding does one thing with the server's own connections, and at the same time
// another with what it passes on, if it does.
func (srv *Server) withForwarding(own, passedOn func() error) error {
	if srv.forward == nil {
		return own()
	}
	other := make(chan error, 1)
	go func() { other <- passedOn() }()
	err := own()
	if also := <-other; err == nil {
		err = also
	}
	return err
}
