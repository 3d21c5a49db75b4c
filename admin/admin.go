package admin

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"socketio"
	"socketio/admin/dashboard"
	"socketio/engineio"
	"socketio/internal/safelog"
)

// dashboards is the room of the admins that are dashboards, which do not get what the
// official page gets.
const dashboards = "socketio:dashboards"

// An Admin watches a server for those who have logged in to its namespace. Its methods may
// be called concurrently.
type Admin struct {
	srv     *socketio.Server
	ns      *socketio.Namespace
	options Options
	logger  *slog.Logger
	began   time.Time

	users    map[string][]byte // their hashes
	nobody   []byte            // a hash that no password has
	throttle *throttle

	eyes    atomic.Pointer[eyes] // who sees events at the moment; nil if nobody does
	level   atomic.Int32         // the page is told of one socket in 1<<level
	events  meter                // of events that the page is told of
	changes meter                // of what happens to sockets and rooms
	stale   atomic.Bool          // the page has missed changes
	late    lateRooms
	moved   upgrades
	fleet   fleet
	refused refusals
	totals  totals // of the last "server_stats"; belongs to tick

	mu          sync.Mutex // guards what follows, and the replacement of eyes
	pages       map[string]*socketio.Socket
	boards      map[string]*socketio.Socket
	elsewhere   time.Time // until when pages are connected to other servers
	tails       map[string]*tail
	reported    time.Time // when the page was given all sockets anew
	overviewing bool      // the timer of overviews runs
}

// Install makes srv serve those who log in to look at it. It must be called before srv
// serves, and before the program adds OnConnect hooks whose effects shall be seen in their
// order. It fails, with srv as it was, if o does not say who may log in, or a password is no
// hash of bcrypt.
func Install(srv *socketio.Server, o *Options) (*Admin, error) {
	var options Options
	if o != nil {
		options = *o
	}
	options, err := options.complete()
	if err != nil {
		return nil, err
	}
	for ns := range srv.Namespaces() {
		if ns.Name() == options.Namespace {
			return nil, errTaken
		}
	}
	a := &Admin{
		srv: srv, ns: srv.Of(options.Namespace), options: options, began: time.Now(), throttle: newThrottle(),
		pages: map[string]*socketio.Socket{}, boards: map[string]*socketio.Socket{}, tails: map[string]*tail{},
	}
	a.fleet.tails = map[string]tailQuery{}
	a.logger = safelog.Logger(or(options.Logger, slog.Default()))
	a.users, a.nobody = hashes(options.Users)
	a.events.limit, a.changes.limit = options.EventsPerSecond, options.ChangesPerSecond
	if options.NoAuth {
		a.logger.Warn("admin: everybody may log in, as Options.NoAuth says", "namespace", options.Namespace)
	}
	a.watchServer()
	a.serveAdmins()
	a.joinFleet()
	time.AfterFunc(statsEvery, a.tick)
	return a, nil
}

// Dashboard returns a handler of our own page, for servers of any size, on a route of its own
// such as "/dashboard/". It holds no secrets: who opens it has to log in. See
// [dashboard.Handler] for servers whose path or namespace is not the default.
func (a *Admin) Dashboard() http.Handler { return dashboard.Handler() }

// watchServer registers the hooks by which everything is known.
func (a *Admin) watchServer() {
	t := &socketio.Trace{Peek: a.peek}
	e := &engineio.Trace{Refused: a.onRefused}
	if a.developing() {
		t.Room, t.DataSet, t.Annotate, e.Upgraded = a.onRoom, a.onData, a.annotate, a.onUpgraded
	}
	a.srv.Trace(t)
	a.srv.Engine().Trace(e)
	a.srv.OnNamespace(func(ns *socketio.Namespace) {
		if ns == a.ns {
			return // whose hooks have an order
		}
		ns.OnConnect(a.onConnect)
		ns.OnDisconnect(a.onDisconnect)
	})
}

// serveAdmins registers what the admins may do.
func (a *Admin) serveAdmins() {
	a.ns.Use(a.authenticate)
	a.ns.OnConnect(a.greet)
	a.ns.OnConnect(a.onConnect)
	a.ns.OnConnect(a.inform)
	a.ns.OnDisconnect(a.onDisconnect)
	a.ns.OnDisconnect(a.dismiss)
	if !a.options.ReadOnly {
		a.serveActions()
	}
	a.serveDashboards()
}

// greet tells an admin what it may do, before anything else.
func (a *Admin) greet(ctx context.Context, s *socketio.Socket) error {
	l, _ := ctx.Value(loginKey{}).(login)
	a.arrive(s, l.dashboard)
	if l.session != "" {
		if err := s.EmitArgs("session", l.session); err != nil {
			return err
		}
	}
	return s.EmitArgs("config", a.config(l.dashboard))
}

// arrive notes that there is one more admin.
func (a *Admin) arrive(s *socketio.Socket, dashboard bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if dashboard {
		a.boards[s.ID()] = s
		return
	}
	a.pages[s.ID()] = s
	a.look()
}

// config says what an admin may do.
func (a *Admin) config(dashboard bool) *config {
	c := &config{SupportedFeatures: []string{}}
	if !a.options.ReadOnly {
		c.SupportedFeatures = append(c.SupportedFeatures, actions...)
	}
	c.SupportedFeatures = append(c.SupportedFeatures, aggregated)
	if a.developing() {
		c.SupportedFeatures = append(c.SupportedFeatures, allEvents)
	}
	if dashboard {
		c.Extensions = extensions
		return c
	}
	a.measure()
	if level := a.level.Load(); a.developing() && level > 0 {
		c.Sampled = &sampled{OneIn: 1 << level}
	}
	return c
}

// inform gives an admin what there is at the moment.
func (a *Admin) inform(ctx context.Context, s *socketio.Socket) error {
	if l, _ := ctx.Value(loginKey{}).(login); l.dashboard {
		err := s.EmitArgs("refused_list", a.refused.list())
		a.startOverviews()
		return err
	}
	if a.developing() {
		a.fleet.tellOfPages(a)
		if err := s.EmitArgs("all_sockets", a.allSockets(ctx)); err != nil {
			return err
		}
	}
	return s.EmitArgs("server_stats", a.stats(nil))
}

// dismiss forgets an admin that has gone.
func (a *Admin) dismiss(_ context.Context, s *socketio.Socket, _ socketio.Reason) error {
	a.stopTails(s.ID())
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.pages, s.ID())
	delete(a.boards, s.ID())
	a.look()
	return nil
}

// hostInfo is what a server says of itself.
var hostInfo = struct {
	name string
	pid  int
}{hostname(), os.Getpid()}
