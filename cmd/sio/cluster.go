package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"socketio/adapter"
	"socketio/adapter/nats"
	"socketio/adapter/nats/embedded"
)

// A membership is the part that a server has in a cluster. The zero value is that of a
// server that is alone.
type membership struct {
	bus    adapter.Bus      // what joins the server with the others, nil without
	broker *embedded.Broker // its own, with --cluster
	leave  func()
}

// join makes the server one of the cluster that the flags say, if they do.
func (s *serving) join(ctx context.Context) (membership, error) {
	switch {
	case s.via.url != "":
		bus, done, err := s.via.open(ctx)
		return membership{bus: bus, leave: func() { _ = done() }}, err
	case len(s.cluster) == 0:
		return membership{leave: func() {}}, nil
	}
	secret := s.secret
	if file, ok := strings.CutPrefix(secret, "@"); ok {
		text, err := os.ReadFile(file)
		if err != nil {
			return membership{}, err
		}
		secret = strings.TrimSpace(string(text))
	}
	broker, err := embedded.Start(&embedded.Options{Cluster: s.cluster, Secret: secret})
	if err != nil {
		return membership{}, err
	}
	conn, err := broker.Dial()
	if err != nil {
		broker.Close()
		return membership{}, errors.Join(errors.New("no connection to the broker within"), err)
	}
	leave := func() { // when nothing is sent any more
		conn.Close()
		broker.Close()
	}
	return membership{bus: nats.NewCore(conn, nil), broker: broker, leave: leave}, nil
}

// tellEvery is how often is looked whether the cluster has changed.
const tellEvery = 200 * time.Millisecond

// tell prints where the others find this server, and how many there are whenever that has
// changed, until ctx ends.
func (m membership) tell(ctx context.Context, out io.Writer) {
	if m.broker == nil {
		return
	}
	fmt.Fprintf(out, "its address in the cluster is %s\n", m.broker.Address())
	look := time.NewTicker(tellEvery)
	defer look.Stop()
	for known := 0; ; {
		select {
		case <-look.C:
		case <-ctx.Done():
			return
		}
		if servers := 1 + m.broker.Peers(); servers != known {
			fmt.Fprintf(out, "the cluster has %s\n", count(servers, "server"))
			known = servers
		}
	}
}
