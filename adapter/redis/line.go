package redis

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/redis/rueidis"
)

const (
	// dialAgain is how long a connection that was lost is not tried again. All channels
	// are to be subscribed to within two seconds of Redis's return.
	dialAgain = 200 * time.Millisecond

	// lineTimeout is how long Redis has for subscribing to all channels again.
	lineTimeout = 10 * time.Second
)

// A line is one connection for subscriptions, to one node of Redis, that is replaced when
// it is lost. What is not its own is guarded by the mu of the subscriptions.
type line struct {
	*subscriptions
	addr string

	channels map[channel]struct{}
	conn     rueidis.DedicatedClient // nil while there is none
	up       chan struct{}           // closed when there is one
}

// run keeps the connection until ctx ends. Of a loss it reports the first failure only.
func (l *line) run(ctx context.Context) {
	told := false
	for attempt := 0; ; attempt++ {
		established, err := l.serve(ctx, l.node(attempt))
		if ctx.Err() != nil || !established && l.abandon(ctx) {
			return
		}
		if established || !told {
			l.report(fmt.Errorf("redis: what is published is not heard for now: %w", err))
			told = true
		}
		select {
		case <-time.After(dialAgain):
		case <-ctx.Done():
			return
		}
	}
}

// node returns the client of the line's node. The address may be that of a node that the
// client does not know yet, and any other will tell where the channels are.
func (l *line) node(attempt int) rueidis.Client {
	if l.client.Mode() != rueidis.ClientModeCluster || !l.sharded {
		return l.client // which in a cluster connects to any master
	}
	nodes := l.client.Nodes()
	if node := nodes[l.addr]; node != nil {
		return node
	}
	addresses := slices.Sorted(maps.Keys(nodes))
	if len(addresses) == 0 {
		return l.client
	}
	return nodes[addresses[attempt%len(addresses)]]
}

// abandon gives up a node of a Redis Cluster that cannot be reached, as another may have
// taken its place. The rest of the cluster knows where the channels are now.
func (l *line) abandon(ctx context.Context) bool {
	if l.addr == "" {
		return false
	}
	l.mu.Lock()
	channels := slices.Collect(maps.Keys(l.channels))
	for _, c := range channels {
		delete(l.moved, c)
	}
	if l.lines[l.addr] == l {
		delete(l.lines, l.addr)
	}
	close(l.up)
	l.mu.Unlock()
	select {
	case <-time.After(dialAgain):
		l.rejoin(ctx, channels...)
	case <-ctx.Done():
	}
	return true
}

// serve opens a connection, subscribes to all channels, and returns when it is lost. It
// reports whether it came that far.
func (l *line) serve(ctx context.Context, node rueidis.Client) (established bool, err error) {
	conn, release := node.Dedicate()
	defer release()
	defer conn.Close()
	lost := conn.SetPubSubHooks(rueidis.PubSubHooks{
		OnMessage:      l.receive,
		OnSubscription: func(e rueidis.PubSubSubscription) { l.watch(ctx, e) },
	})
	l.mu.Lock()
	channels := slices.Collect(maps.Keys(l.channels))
	l.mu.Unlock()
	elsewhere, err := l.subscribeAll(ctx, conn, channels)
	if err != nil {
		return false, err
	}
	l.mu.Lock()
	l.conn = conn
	close(l.up)
	l.mu.Unlock()
	defer l.drop(conn)
	if len(elsewhere) > 0 {
		go l.rejoin(ctx, elsewhere...)
	}
	select {
	case err := <-lost:
		return true, err
	case <-ctx.Done():
		return true, ctx.Err()
	}
}

// subscribeAll subscribes to all channels at once, and returns those that other nodes have.
func (l *line) subscribeAll(ctx context.Context, conn rueidis.DedicatedClient, channels []channel) (elsewhere []channel, err error) {
	ctx, cancel := context.WithTimeout(ctx, lineTimeout)
	defer cancel()
	commands := make(rueidis.Commands, 0, len(channels)+1)
	for _, c := range channels {
		commands = append(commands, l.command(conn.B(), c))
	}
	if len(commands) == 0 {
		return nil, conn.Do(ctx, conn.B().Ping().Build()).Error()
	}
	for i, result := range conn.DoMulti(ctx, commands...) {
		err := result.Error()
		if refusal, refused := rueidis.IsRedisErr(err); refused {
			if l.move(refusal, channels[i]) {
				elsewhere = append(elsewhere, channels[i])
				continue
			}
		}
		if err != nil {
			return nil, err
		}
	}
	return elsewhere, nil
}

// watch looks for channels that Redis has taken away, as it does with those that move to
// another node.
func (l *line) watch(ctx context.Context, e rueidis.PubSubSubscription) {
	if e.Kind == "sunsubscribe" {
		go l.rejoin(ctx, channel{name: e.Channel})
	}
}

// connection waits for the connection. It is nil if the line has been abandoned, or if the
// connection has just been lost again.
func (l *line) connection(ctx context.Context) (rueidis.DedicatedClient, error) {
	l.mu.Lock()
	up := l.up
	l.mu.Unlock()
	select {
	case <-up:
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.conn, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// drop makes a connection that was lost be waited for.
func (l *line) drop(conn rueidis.DedicatedClient) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn == conn && conn != nil {
		l.conn, l.up = nil, make(chan struct{})
	}
}

// command returns what subscribes to a channel.
func (l *line) command(b rueidis.Builder, c channel) rueidis.Completed {
	switch {
	case c.pattern:
		return b.Psubscribe().Pattern(c.name).Build()
	case l.sharded:
		return b.Ssubscribe().Channel(c.name).Build()
	}
	return b.Subscribe().Channel(c.name).Build()
}

// farewell returns what ends the subscription to a channel.
func (l *line) farewell(b rueidis.Builder, c channel) rueidis.Completed {
	switch {
	case c.pattern:
		return b.Punsubscribe().Pattern(c.name).Build()
	case l.sharded:
		return b.Sunsubscribe().Channel(c.name).Build()
	}
	return b.Unsubscribe().Channel(c.name).Build()
}
