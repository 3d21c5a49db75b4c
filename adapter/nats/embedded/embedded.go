// Package embedded is a broker of NATS that runs within a server of Socket.IO, for fleets
// that have none: nothing has to be installed, and with the last server the broker is gone.
//
// Each server starts a [Broker], gives a connection to it to package adapter/nats, and tells
// it where those of the others are:
//
//	broker, err := embedded.Start(&embedded.Options{
//		Cluster: []string{"10.0.0.1:4000", "10.0.0.2:4000"},
//	})
//	conn, err := broker.Dial()
//	srv := socketio.NewServer(&socketio.Options{Bus: nats.NewCore(conn, nil)})
//
// It is a module of its own, as nats-server is of some size.
package embedded

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"

	"socketio/adapter/nats"
)

// Options are the options of a [Broker].
type Options struct {
	// Cluster are the addresses of the brokers, host and port. The list may be the same
	// for all: a broker listens at the first address that is its machine's and free,
	// and connects to the others, as soon as they are there. Those whom these know it
	// finds as well. Without any it is alone, and does not listen for others.
	Cluster []string

	// Secret has to be the same for all. Without one, whoever reaches an address of the
	// cluster can be part of it. It is not encrypted on the way.
	Secret string

	// Clients is an address for programs that have no broker of their own, emitters for
	// example. By default there is none, and Dial is the only way to the broker.
	Clients string

	// Store is a directory where JetStream keeps what it is given. By default there is no
	// JetStream. A broker that has a store is alone.
	Store string

	// OnError is told what the broker has to say of trouble, such as that another cannot
	// be reached. It must not block. The default logs by package slog, as a warning.
	OnError func(error)
}

// A Broker is a broker of NATS that runs in this process; see [Start].
type Broker struct {
	server  *server.Server
	address string
	options Options
}

const (
	// clusterName is that of all clusters, as what separates them is whom they connect to.
	clusterName = "socketio"

	// secretUser is the name that goes with a secret.
	secretUser = "socketio"

	// startTimeout is how long a broker may take to start.
	startTimeout = 30 * time.Second

	// peerPing is how often brokers look for each other. One that does not answer twice
	// counts as lost.
	peerPing = 2 * time.Second

	// attempts is how often the addresses are tried, as another process may take a free
	// one at the last moment.
	attempts = 3
)

// Start starts a broker. It returns when the broker takes connections, whether or not others
// of its cluster are there.
func Start(o *Options) (*Broker, error) {
	if o == nil {
		o = new(Options)
	}
	if o.Store != "" && len(o.Cluster) > 0 {
		return nil, errors.New("embedded: a broker with a store has to be alone")
	}
	b := &Broker{options: *o}
	if b.options.OnError == nil {
		b.options.OnError = func(err error) { slog.Warn(err.Error()) }
	}
	if len(o.Cluster) == 0 {
		return b, b.start("")
	}
	var err error
	for range attempts {
		for _, address := range o.Cluster {
			own, free := claim(address)
			if free != nil {
				err = errors.Join(err, free)
				continue
			}
			if err = b.start(own, address); err == nil {
				return b, nil
			}
		}
	}
	return nil, fmt.Errorf("embedded: no address of the cluster is this machine's and free: %w", err)
}

// claim says whether an address can be listened at, and returns it with the port that
// it stands for.
func claim(address string) (own string, err error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return "", err
	}
	defer l.Close()
	host, _, err := net.SplitHostPort(address)
	return net.JoinHostPort(host, strconv.Itoa(l.Addr().(*net.TCPAddr).Port)), err
}

// start starts the broker at an address, of which the names are no peers'.
func (b *Broker) start(own string, names ...string) error {
	o, err := b.serverOptions(own, names)
	if err != nil {
		return err
	}
	b.server, err = server.NewServer(o)
	if err != nil {
		return fmt.Errorf("embedded: %w", err)
	}
	log := &logger{report: b.options.OnError}
	b.server.SetLogger(log, false, false)
	b.server.Start()
	if !b.server.ReadyForConnections(startTimeout) {
		b.Close()
		return fmt.Errorf("embedded: the broker does not start: %w", log.fatal())
	}
	b.address = own
	return nil
}

// serverOptions are what nats-server has to know.
func (b *Broker) serverOptions(own string, names []string) (*server.Options, error) {
	o := &server.Options{
		ServerName: "socketio-" + rand.Text(),
		NoSigs:     true, NoLog: true,
		DontListen: b.options.Clients == "",
		JetStream:  b.options.Store != "", StoreDir: b.options.Store,
	}
	var err error
	if b.options.Clients != "" {
		if o.Host, o.Port, err = hostPort(b.options.Clients); err != nil {
			return nil, err
		}
	}
	if own == "" {
		return o, nil
	}
	o.Cluster.Name = clusterName
	o.Cluster.PoolSize = -1 // one connection to each of the others
	o.Cluster.PingInterval, o.Cluster.MaxPingsOut = peerPing, 2
	if o.Cluster.Host, o.Cluster.Port, err = hostPort(own); err != nil {
		return nil, err
	}
	var user *url.Userinfo
	if b.options.Secret != "" {
		o.Cluster.Username, o.Cluster.Password = secretUser, b.options.Secret
		user = url.UserPassword(secretUser, b.options.Secret)
	}
	for _, address := range b.options.Cluster {
		if address != own && address != names[0] {
			o.Routes = append(o.Routes, &url.URL{Scheme: "nats-route", User: user, Host: address})
		}
	}
	return o, nil
}

func hostPort(address string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, fmt.Errorf("embedded: %w", err)
	}
	port, err = strconv.Atoi(text)
	if port == 0 {
		port = server.RANDOM_PORT
	}
	if host == "" {
		host = "0.0.0.0"
	}
	return host, port, err
}

// Dial opens a connection within the process, for a Bus of package adapter/nats. Close it
// before the broker.
func (b *Broker) Dial(options ...natsgo.Option) (*natsgo.Conn, error) {
	return nats.Dial("", append([]natsgo.Option{natsgo.InProcessServer(b.server)}, options...)...)
}

// Address returns where others of the cluster reach the broker, "" if it is alone.
func (b *Broker) Address() string { return b.address }

// ClientAddress returns where programs without a broker reach it, "" without
// Options.Clients.
func (b *Broker) ClientAddress() string {
	if b.options.Clients == "" {
		return ""
	}
	return b.server.Addr().String()
}

// Peers returns how many others it is connected to.
func (b *Broker) Peers() int { return b.server.NumRemotes() }

// Close ends the broker and returns when it has ended.
func (b *Broker) Close() {
	b.server.Shutdown()
	b.server.WaitForShutdown()
}
