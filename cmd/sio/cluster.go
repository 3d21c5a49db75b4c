package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	natsgo "github.com/nats-io/nats.go"

	"socketio/adapter"
	"socketio/adapter/nats"
	"socketio/adapter/nats/embedded"
)

// A membership is the part that a server has in a cluster: a broker of its own, which is
// connected to those of the others. It is nil without --cluster.
type membership struct {
	broker *embedded.Broker
	conn   *natsgo.Conn
}

// join makes the server one of the cluster that the flags say, if they do.
func (s *serving) join() (*membership, error) {
	if len(s.cluster) == 0 {
		return nil, nil
	}
	secret := s.secret
	if file, ok := strings.CutPrefix(secret, "@"); ok {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		secret = strings.TrimSpace(string(text))
	}
	broker, err := embedded.Start(&embedded.Options{Cluster: s.cluster, Secret: secret})
	if err != nil {
		return nil, err
	}
	conn, err := broker.Dial()
	if err != nil {
		broker.Close()
		return nil, errors.Join(errors.New("no connection to the broker within"), err)
	}
	return &membership{broker: broker, conn: conn}, nil
}

// bus returns what joins the server with the others.
func (m *membership) bus() adapter.Bus {
	if m == nil {
		return nil
	}
	return nats.NewCore(m.conn, nil)
}

// tellEvery is how often is looked whether the cluster has changed.
const tellEvery = 200 * time.Millisecond

// tell prints where the others find this server, and how many there are whenever that has
// changed, until ctx ends.
func (m *membership) tell(ctx context.Context, out io.Writer) {
	if m == nil {
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

// leave ends the membership, when nothing is sent any more.
func (m *membership) leave() {
	if m != nil {
		m.conn.Close()
		m.broker.Close()
	}
}
