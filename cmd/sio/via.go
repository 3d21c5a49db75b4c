package main

import (
	"context"
	"errors"
	"flag"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	natsgo "github.com/nats-io/nats.go"
	"github.com/redis/rueidis"

	"socketio/adapter"
	"socketio/adapter/nats"
	"socketio/adapter/postgres"
	"socketio/adapter/redis"
)

// A via is the broker of a cluster: servers join it, and others reach their clients through
// it.
type via struct {
	url     string
	adapter string
	prefix  string
	rooms   []string // of emit
}

// bind declares the flags; what --via does is told by use.
func (v *via) bind(flags *flag.FlagSet, use string) {
	flags.StringVar(&v.url, "via", "", use)
	flags.StringVar(&v.adapter, "adapter", "", "`NAME` of what the servers use; default classic, core or bus")
	flags.StringVar(&v.prefix, "prefix", "", "`TEXT` that the names of the servers' channels begin with, if they have their own")
}

// bindRooms declares the flag that only emit has.
func (v *via) bindRooms(flags *flag.FlagSet) {
	flags.Func("room", "with --via, send only to members of room `NAME`; may be repeated", func(name string) error {
		v.rooms = append(v.rooms, name)
		return nil
	})
}

// check says what is wrong with the flags before anything is tried.
func (v *via) check() error {
	if v.url == "" && (v.adapter != "" || v.prefix != "" || len(v.rooms) > 0) {
		return usage("--adapter, --prefix and --room go with --via")
	}
	return nil
}

// emit sends an event to clients of the namespace, and returns when the broker has it.
func (v *via) emit(ctx context.Context, namespace, event string, values []any, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	bus, done, err := v.open(ctx)
	if err != nil {
		return err
	}
	to := adapter.NewEmitter(bus).Of(namespace)
	if len(v.rooms) > 0 {
		to = to.To(v.rooms...)
	}
	return errors.Join(to.EmitArgs(ctx, event, values...), done())
}

// open connects to the broker. It is left with done, which waits for what it has still to take.
func (v *via) open(ctx context.Context) (bus adapter.Bus, done func() error, err error) {
	u, err := url.Parse(v.url)
	if err != nil {
		return nil, nil, usage("--via %q is no URL: %v", v.url, errors.Unwrap(err))
	}
	switch u.Scheme {
	case "redis", "rediss":
		return v.redis()
	case "nats", "tls":
		return v.nats(ctx)
	case "postgres", "postgresql":
		return v.postgres(ctx)
	}
	return nil, nil, usage("--via %q has to begin with redis, rediss, nats, tls, postgres or postgresql, and ://", v.url)
}

// closing is for brokers that have taken a message when Publish returns.
func closing(end func()) func() error {
	return func() error {
		end()
		return nil
	}
}

// choose returns the adapter that was asked for, the first one if none was.
func (v *via) choose(names ...string) (string, error) {
	if v.adapter == "" {
		return names[0], nil
	}
	if !slices.Contains(names, v.adapter) {
		return "", usage("--adapter %q: over %s there are %s", v.adapter, v.url, strings.Join(names, ", "))
	}
	return v.adapter, nil
}

func (v *via) redis() (bus adapter.Bus, done func() error, err error) {
	name, err := v.choose("classic", "sharded", "streams")
	if err != nil {
		return nil, nil, err
	}
	options, err := rueidis.ParseURL(v.url)
	if err != nil {
		return nil, nil, usage("--via %q: %v", v.url, err)
	}
	options.DisableCache = true // nothing is read that could be cached
	client, err := rueidis.NewClient(options)
	if err != nil {
		return nil, nil, err
	}
	switch name {
	case "sharded":
		bus = redis.NewSharded(client, &redis.ShardedOptions{Prefix: v.prefix})
	case "streams":
		bus = redis.NewStreams(client, &redis.StreamsOptions{Stream: v.prefix})
	default:
		bus = redis.NewClassic(client, &redis.ClassicOptions{Prefix: v.prefix})
	}
	return bus, closing(client.Close), nil
}

func (v *via) nats(ctx context.Context) (bus adapter.Bus, done func() error, err error) {
	name, err := v.choose("core", "jetstream")
	if err != nil {
		return nil, nil, err
	}
	conn, err := nats.Dial(v.url, natsgo.RetryOnFailedConnect(false))
	if err != nil {
		return nil, nil, err
	}
	if name == "jetstream" {
		return nats.NewJetStream(conn, &nats.JetStreamOptions{Prefix: v.prefix}), closing(conn.Close), nil
	}
	done = func() error {
		defer conn.Close()
		return conn.FlushWithContext(ctx)
	}
	return nats.NewCore(conn, &nats.CoreOptions{Prefix: v.prefix}), done, nil
}

func (v *via) postgres(ctx context.Context) (bus adapter.Bus, done func() error, err error) {
	name, err := v.choose("bus", "log")
	if err != nil {
		return nil, nil, err
	}
	pool, err := pgxpool.New(ctx, v.url)
	if err != nil {
		return nil, nil, err
	}
	if name == "log" {
		return postgres.NewLog(pool, &postgres.Options{Prefix: v.prefix}), closing(pool.Close), nil
	}
	return postgres.New(pool, &postgres.Options{Prefix: v.prefix}), closing(pool.Close), nil
}
