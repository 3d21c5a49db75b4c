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
	"crypto/tls"
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
	// cluster can be part of it. It is not encrypted on the way, unless TLS is set.
	Secret string

	// TLS makes the brokers of a cluster speak TLS with each other, all of them or none. Its
	// Certificates are for the addresses in Cluster, and for both directions, as each broker
	// has to prove to each other that RootCAs, or ClientCAs where that is set, vouch for it.
	// Clients are not concerned. The broker copies it.
	TLS *tls.Config

	// Clients is an address for programs that have no broker of their own, emitters for
	// example. With a secret they log in as "socketio", and that is the password. By
	// default Dial is the only way to the broker.
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
	server   *server.Server
	address  string
	options  Options
	password string // of its clients, "" if they need none
}

const (
	// clusterName is that of all clusters, as what separates them is whom they connect to.
	clusterName = "socketio"

	// user is the name that goes with a secret.
	user = "socketio"

	// startTimeout is how long a broker may take to start, and startStep how often is
	// looked whether it has failed.
	startTimeout = 30 * time.Second
	startStep    = 50 * time.Millisecond

	// peerPing is how often brokers look for each other, and peerPings how many may be
	// unanswered before one counts as lost. A machine that is busy is none that is gone.
	peerPing  = 5 * time.Second
	peerPings = 3

	// stalledFor is how long what is written may not be read, and loginWithin how many
	// seconds a login may take.
	stalledFor  = 30 * time.Second
	loginWithin = 10
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
	b := &Broker{options: *o, password: o.Secret}
	if b.options.OnError == nil {
		b.options.OnError = func(err error) { slog.With("component", "nats").Warn(err.Error()) }
	}
	if len(o.Cluster) == 0 {
		return b, b.start("")
	}
	var err error
	for _, address := range o.Cluster {
		failed := b.start(address)
		if failed == nil {
			return b, nil
		}
		err = errors.Join(err, failed)
	}
	return nil, fmt.Errorf("embedded: no address of the cluster is this machine's and free: %w", err)
}

// start starts the broker at an address, or without one for itself.
func (b *Broker) start(own string) error {
	o, err := b.serverOptions(own)
	if err != nil {
		return err
	}
	b.server, err = server.NewServer(o)
	if err != nil {
		return fmt.Errorf("embedded: %w", err)
	}
	log := &logger{report: b.options.OnError, ended: make(chan struct{})}
	b.server.SetLogger(log, false, false)
	b.server.Start()
	if err := b.await(log); err != nil {
		b.Close()
		return err
	}
	if own != "" {
		host, _, _ := net.SplitHostPort(own)
		b.address = net.JoinHostPort(host, strconv.Itoa(b.server.ClusterAddr().Port))
	}
	return nil
}

// await waits until the broker takes connections, or cannot.
func (b *Broker) await(log *logger) error {
	for deadline := time.Now().Add(startTimeout); time.Now().Before(deadline); {
		select {
		case <-log.ended:
			return fmt.Errorf("embedded: the broker has not started: %w", log.end)
		default:
		}
		if b.server.ReadyForConnections(startStep) {
			return nil
		}
	}
	return errors.New("embedded: the broker takes no connections")
}

// serverOptions are what nats-server has to know.
func (b *Broker) serverOptions(own string) (*server.Options, error) {
	o := &server.Options{
		ServerName: "socketio-" + rand.Text(),
		NoSigs:     true, NoLog: true,
		WriteDeadline: stalledFor, AuthTimeout: loginWithin,
		JetStream: b.options.Store != "", StoreDir: b.options.Store,
	}
	if err := b.letClientsIn(o, own != ""); err != nil || own == "" {
		return o, err
	}
	var err error
	o.Cluster.Name = clusterName
	o.Cluster.PoolSize = -1 // one connection to each of the others
	o.Cluster.PingInterval, o.Cluster.MaxPingsOut, o.Cluster.AuthTimeout = peerPing, peerPings, loginWithin
	if o.Cluster.Host, o.Cluster.Port, err = hostPort(own); err != nil {
		return nil, err
	}
	o.Cluster.TLSConfig, o.Cluster.TLSTimeout = mutual(b.options.TLS), loginWithin
	var login *url.Userinfo
	if b.options.Secret != "" {
		o.Cluster.Username, o.Cluster.Password = user, b.options.Secret
		login = url.UserPassword(user, b.options.Secret)
	}
	for _, address := range b.options.Cluster {
		if address != own {
			o.Routes = append(o.Routes, &url.URL{Scheme: "nats-route", User: login, Host: address})
		}
	}
	return o, nil
}

// mutual returns a configuration by which two brokers prove themselves to each other.
func mutual(c *tls.Config) *tls.Config {
	if c == nil {
		return nil
	}
	c = c.Clone()
	if c.ClientCAs == nil {
		c.ClientCAs = c.RootCAs
	}
	c.ClientAuth = tls.RequireAndVerifyClientCert
	return c
}

// letClientsIn says where clients may come from, and how they log in. A broker of a cluster
// has to listen for them, so where there shall be none it is with a password that nobody
// knows.
func (b *Broker) letClientsIn(o *server.Options, clustered bool) (err error) {
	switch {
	case b.options.Clients != "":
		o.Host, o.Port, err = hostPort(b.options.Clients)
	case clustered:
		o.Host, o.Port = "127.0.0.1", server.RANDOM_PORT
		o.Cluster.NoAdvertise = true
		b.password = rand.Text()
	default:
		o.DontListen = true
	}
	if b.password != "" {
		o.Username, o.Password = user, b.password
	}
	return err
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
	own := []natsgo.Option{natsgo.InProcessServer(b.server)}
	if b.password != "" {
		own = append(own, natsgo.UserInfo(user, b.password))
	}
	return nats.Dial("", append(own, options...)...)
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
