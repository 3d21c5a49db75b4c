package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"socketio/adapter"
)

const (
	// dialAgain is how long the database is left alone when the connection was lost. All
	// channels are to be listened to within two seconds of its return.
	dialAgain = 200 * time.Millisecond

	// hostTimeout is how long a host has to answer at all. A packet that is lost is sent
	// again ever later, so it is better to begin anew.
	hostTimeout = 2 * time.Second

	// sessionTimeout is how long the database has for what makes a connection one that
	// listens, and for one statement on it.
	sessionTimeout = 10 * time.Second

	// probeEvery is how often a connection is tried that may be dead without a sign.
	probeEvery = 5 * time.Second
)

// A line is the connection on which a Bus listens. It lasts as long as there is a
// subscriber, and is replaced when it is lost. One goroutine uses it, and delivers.
type line struct {
	pool   *pgxpool.Pool
	report func(error)

	// Begin is called whenever there is a new connection that listens, before it is read.
	// Take is called with what has come. The error of either is the end of the connection.
	begin func(ctx context.Context, conn *pgx.Conn, first bool) error
	take  func(ctx context.Context, conn *pgx.Conn, n *pgconn.Notification) error

	// Beside runs on a goroutine of its own as long as the line does.
	beside func(ctx context.Context)

	mu          sync.Mutex // guards what follows
	subscribers []*subscriber
	channels    map[string]*channel // by name
	changed     map[string]struct{} // those that are perhaps not listened to as they should be
	waiters     []chan struct{}     // closed when nothing is changed any more
	wake        context.CancelFunc  // ends the wait for a notification; nil while there is none
	up          chan struct{}       // closed while there is a connection that listens
	stop        context.CancelFunc  // ends the line; nil without a subscriber
	ended       chan struct{}       // closed when the last line has ended; nil before the first
}

// A channel is one that is, or was until just now, to be listened to.
type channel struct {
	namespace string
	topics    int  // for how many it is
	heard     bool // the connection listens to it
}

// A subscriber is one whom a Bus delivers to.
type subscriber struct {
	ctx     context.Context
	deliver func(m []byte, at adapter.Offset)
}

// errNoLine says that the connection did not come to be in time.
var errNoLine = errors.New("postgres: there is no connection to listen on")

// subscribe adds a subscriber, which stays until ctx ends, and waits for the connection.
func (l *line) subscribe(ctx context.Context, deliver func(m []byte, at adapter.Offset)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	one := &subscriber{ctx: ctx, deliver: deliver}
	l.mu.Lock()
	if l.stop == nil {
		l.startLocked()
	}
	l.subscribers = append(slices.Clip(l.subscribers), one)
	up := l.up
	l.mu.Unlock()
	select {
	case <-up:
		context.AfterFunc(ctx, func() { l.remove(one) })
		return nil
	case <-ctx.Done():
		l.remove(one)
		return ctx.Err()
	case <-time.After(sessionTimeout):
		l.remove(one)
		return errNoLine
	}
}

// startLocked starts the goroutine of the line, which waits for the end of the one before.
func (l *line) startLocked() {
	ctx, stop := context.WithCancel(context.Background())
	before, ended := l.ended, make(chan struct{})
	l.stop, l.ended = stop, ended
	go func() {
		defer close(ended)
		if before != nil {
			<-before
		}
		var beside sync.WaitGroup
		beside.Go(func() { l.beside(ctx) })
		l.run(ctx)
		beside.Wait()
	}()
}

func (l *line) remove(one *subscriber) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.subscribers = slices.DeleteFunc(slices.Clone(l.subscribers), func(other *subscriber) bool { return other == one })
	if len(l.subscribers) == 0 && l.stop != nil {
		l.stop()
		l.stop, l.up = nil, make(chan struct{})
		for _, done := range l.waiters {
			close(done)
		}
		l.waiters, l.changed = nil, map[string]struct{}{}
	}
}

// deliver gives a message to all subscribers. The goroutine of the line alone calls it.
func (l *line) deliver(m []byte, at adapter.Offset) {
	l.mu.Lock()
	subscribers := l.subscribers
	l.mu.Unlock()
	for _, one := range subscribers {
		if one.ctx.Err() == nil {
			one.deliver(m, at)
		}
	}
}

// listen begins to listen to the channel of a namespace for one more topic, and waits until
// that is so.
func (l *line) listen(ctx context.Context, name, namespace string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	done := l.want(name, namespace)
	if done == nil {
		return nil
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// want is listen, and returns what is closed when the line has done so. It is nil if nothing
// is to be done, or if the first subscriber will.
func (l *line) want(name, namespace string) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.channels[name]
	if c == nil {
		c = &channel{namespace: namespace}
		l.channels[name] = c
	}
	c.topics++
	if c.heard || l.stop == nil {
		return nil
	}
	done := make(chan struct{})
	l.waiters = append(l.waiters, done)
	l.changeLocked(name)
	return done
}

// unlisten takes listen back. It does not wait.
func (l *line) unlisten(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.channels[name]
	if c == nil {
		return
	}
	if c.topics--; c.topics == 0 {
		if l.stop == nil {
			delete(l.channels, name)
			return
		}
		l.changeLocked(name)
	}
}

// changeLocked makes the line look at a channel.
func (l *line) changeLocked(name string) {
	l.changed[name] = struct{}{}
	if l.wake != nil {
		l.wake()
	}
}

// namespaceOf returns the namespace of a channel, and whether that is still wanted.
func (l *line) namespaceOf(name string) (namespace string, wanted bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.channels[name]
	if c == nil || c.topics == 0 {
		return "", false
	}
	return c.namespace, true
}

// connected returns what is closed as long as there is a connection that listens, and
// whether there should be one.
func (l *line) connected() (up <-chan struct{}, wanted bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.up, l.stop != nil
}

// run keeps the connection until ctx ends. Of a loss it reports the first failure only.
func (l *line) run(ctx context.Context) {
	told := false
	for first := true; ; {
		established, err := l.serve(ctx, first)
		if ctx.Err() != nil {
			return
		}
		if established || !told {
			l.report(fmt.Errorf("postgres: what is published is not heard for now: %w", err))
			told = true
		}
		first = first && !established
		select {
		case <-time.After(dialAgain):
		case <-ctx.Done():
			return
		}
	}
}

// dial opens a connection as the pool does.
func (l *line) dial(ctx context.Context) (*pgx.Conn, error) {
	options := l.pool.Config()
	config := options.ConnConfig
	dial := config.DialFunc
	config.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, hostTimeout)
		defer cancel()
		return dial(ctx, network, addr)
	}
	if options.BeforeConnect != nil {
		if err := options.BeforeConnect(ctx, config); err != nil {
			return nil, err
		}
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err == nil && options.AfterConnect != nil {
		if err = options.AfterConnect(ctx, conn); err != nil {
			l.close(conn)
		}
	}
	return conn, err
}

// serve opens a connection, listens to all channels, and returns when it is lost. It reports
// whether it came that far.
func (l *line) serve(ctx context.Context, first bool) (established bool, err error) {
	conn, err := l.open(ctx, first)
	if err != nil {
		return false, err
	}
	defer l.close(conn)
	l.mu.Lock()
	if ctx.Err() != nil {
		l.mu.Unlock()
		return false, ctx.Err() // up is the next line's
	}
	up := l.up
	close(up)
	l.mu.Unlock()
	defer l.goDown(up)
	for {
		if err := l.hear(ctx, conn); err != nil {
			return true, err
		}
		if err := l.settle(ctx, conn); err != nil {
			return true, err
		}
	}
}

func (l *line) open(ctx context.Context, first bool) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, sessionTimeout)
	defer cancel()
	conn, err := l.dial(ctx)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	for name, c := range l.channels {
		c.heard = false
		l.changed[name] = struct{}{}
	}
	l.mu.Unlock()
	if err = l.settle(ctx, conn); err == nil {
		err = l.begin(ctx, conn, first)
	}
	if err != nil {
		l.close(conn)
		return nil, err
	}
	return conn, nil
}

func (l *line) close(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = conn.Close(ctx) // it is lost, or not needed any more
}

// goDown makes a connection that was lost be waited for, unless the line has ended.
func (l *line) goDown(up chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.up == up {
		l.up = make(chan struct{})
	}
}

// settle listens to what is wanted, and no more to what is not. It tries the connection in
// any case.
func (l *line) settle(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, sessionTimeout)
	defer cancel()
	changes, statements, waiters := l.changes()
	if _, err := conn.Exec(ctx, statements); err != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.waiters = append(waiters, l.waiters...) // the next connection will
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for name, heard := range changes {
		c := l.channels[name]
		if c == nil {
			continue // the line has ended meanwhile
		}
		if c.heard = heard; !heard && c.topics == 0 {
			delete(l.channels, name)
		}
	}
	for _, done := range waiters {
		close(done)
	}
	return nil
}

// changes returns which channels are to be listened to, and which not any more, the
// statements for that, and who waits for it.
func (l *line) changes() (listen map[string]bool, statements string, waiters []chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	listen = map[string]bool{}
	var text strings.Builder
	for name := range l.changed {
		c := l.channels[name]
		if c == nil {
			continue
		}
		verb := "UNLISTEN "
		if listen[name] = c.topics > 0; listen[name] {
			verb = "LISTEN "
		}
		text.WriteString(verb + pgx.Identifier{name}.Sanitize())
		text.WriteByte(';')
	}
	waiters = l.waiters
	l.changed, l.waiters = map[string]struct{}{}, nil
	text.WriteByte(';') // an empty statement does no harm
	return listen, text.String(), waiters
}

// hear takes what comes until the line is woken, or has to be tried.
func (l *line) hear(ctx context.Context, conn *pgx.Conn) error {
	waiting, cancel := context.WithTimeout(ctx, probeEvery)
	defer cancel()
	l.mu.Lock()
	if len(l.changed) > 0 || len(l.waiters) > 0 {
		l.mu.Unlock()
		return nil
	}
	l.wake = cancel
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.wake = nil
	}()
	for {
		n, err := conn.WaitForNotification(waiting)
		switch {
		case n != nil:
			if err := l.take(ctx, conn, n); err != nil {
				return err
			}
		case ctx.Err() != nil:
			return ctx.Err()
		case waiting.Err() != nil && !conn.IsClosed():
			return nil
		case err != nil:
			return err
		}
	}
}
