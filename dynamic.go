package socketio

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// A family is what makes a namespace the parent of others, which are made when
// clients ask for them: its children and how to know them.
//
// A child has no hooks of its own at first: it uses its parent's. What is registered on
// the child itself is added behind these, and its handlers go before them.
type family struct {
	match func(name string) bool

	mu       sync.Mutex // guards what follows
	children map[*Namespace]struct{}
}

// A lineage is what a namespace that has a parent knows beside what all of them do.
// Its fields without an own guard are guarded by the server's mu.
type lineage struct {
	parent *Namespace

	// users are the sockets, from the CONNECT until the last hook has returned, and
	// what else keeps the namespace alive. Without any it is dropped, unless it is kept.
	users int
	kept  bool

	// watchers are the OnNamespace hooks that were there first. Who sets begun lets
	// them see the namespace. Refusal is why nobody gets in, as one of them has not returned.
	watchers  []func(*Namespace)
	begun     atomic.Bool
	announced chan struct{} // closed when that is over
	refusal   error

	listed atomic.Bool // somebody has been let in

	// merged is the last result of hooks.
	merged atomic.Pointer[mergedHooks]
}

// mergedHooks are those of a parent and a child together.
type mergedHooks struct{ parent, own, both *hooks }

// OfFunc returns the parent of all namespaces whose names match accepts, such as
// MatchString of a regular expression. They are made when clients ask for them:
//
//	tenants := srv.OfFunc(regexp.MustCompile(`^/tenant-\d+$`).MatchString)
//
// What is registered on the parent counts for all its children, whenever it is
// registered, and what is sent by the parent, or selected by its methods, goes to the
// sockets of all of them. Handlers learn from [Socket.Namespace] which one they serve.
// The parent has no sockets of its own, and its name is empty. In a cluster its EmitAcks and
// FetchSockets are about this server's sockets only, and ServerSideEmit does nothing;
// a child's are as of any other namespace.
//
// A namespace that exists is never asked for; of several parents the first that
// matches has the child. Match is called for each CONNECT to a name that nobody knows, on
// the goroutine that reads the connection and for names that clients make up, so it
// must be quick and may be called concurrently. If it panics the client is refused. To
// decide by more than the name, let the parent's middleware refuse with a
// [*ConnectError] whose message is "Invalid namespace".
//
// A child that nobody has been let into is not among [Server.Namespaces], and dropped
// when the last CONNECT to it is refused. It is also dropped when its last socket has
// ended, see [Options].KeepEmptyNamespaces, but not if [Server.Of] has returned it. A
// later one of the same name is another.
func (srv *Server) OfFunc(match func(name string) bool) *Namespace {
	mustHave(match != nil, "OfFunc: a function")
	parent := newNamespace(srv, "")
	parent.group = nil // its children have theirs
	parent.family = &family{match: match, children: map[*Namespace]struct{}{}}
	srv.mu.Lock()
	defer srv.mu.Unlock()
	srv.parents = append(srv.parents, parent)
	return parent
}

// parentOf returns the first parent whose children may have that name, or nil.
func (srv *Server) parentOf(name string) *Namespace {
	srv.mu.Lock()
	parents := slices.Clip(srv.parents)
	srv.mu.Unlock()
	for _, parent := range parents {
		if parent.family.match(name) {
			return parent
		}
	}
	return nil
}

// adopts is parentOf for a name that a client made up.
func (srv *Server) adopts(name string) (parent *Namespace, err error) {
	defer contain(&err)
	return srv.parentOf(name), nil
}

// enter returns the namespace of exactly that name, for a socket that may join it, and
// makes it if it has a parent. The caller takes the socket out again by exit.
func (srv *Server) enter(name string) (ns *Namespace, known bool, err error) {
	if ns, known = srv.use(name); known {
		return ns, true, nil
	}
	parent, err := srv.adopts(name)
	if parent == nil {
		return nil, false, err
	}
	srv.mu.Lock()
	defer srv.mu.Unlock()
	if ns, known = srv.byName[name]; !known {
		if srv.closed.Load() {
			return nil, false, nil // whoever ends all sockets has been here
		}
		ns = srv.addLocked(strings.Clone(name), parent)
	}
	ns.useLocked()
	return ns, true, nil
}

// keep returns a namespace that exists, and keeps it from being dropped.
func (srv *Server) keep(name string) (ns *Namespace, known bool) {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	if ns, known = srv.byName[name]; known {
		ns.keepLocked()
	}
	return ns, known
}

func (ns *Namespace) keepLocked() {
	if ns.lineage != nil {
		ns.lineage.kept = true
	}
}

// use returns a namespace that exists.
func (srv *Server) use(name string) (ns *Namespace, known bool) {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	if ns, known = srv.byName[name]; known {
		ns.useLocked()
	}
	return ns, known
}

func (ns *Namespace) useLocked() {
	if ns.lineage != nil {
		ns.lineage.users++
	}
}

// addLocked makes a namespace, with a parent or nil. The caller holds mu.
func (srv *Server) addLocked(name string, parent *Namespace) *Namespace {
	ns := newNamespace(srv, name)
	if parent != nil {
		ns.lineage = &lineage{parent: parent, announced: make(chan struct{})}
		ns.lineage.watchers = slices.Clip(srv.watchers)
		parent.family.add(ns)
	}
	srv.made++
	ns.number = srv.made
	srv.byName[name] = ns
	return ns
}

// exit takes back one enter. A child without users is dropped.
func (srv *Server) exit(ns *Namespace) {
	if ns.lineage == nil {
		return
	}
	srv.mu.Lock()
	defer srv.mu.Unlock()
	ns.lineage.users--
	if ns.lineage.users > 0 || ns.lineage.kept || srv.options.KeepEmptyNamespaces && ns.lineage.listed.Load() {
		return
	}
	if ns.group != nil && ns.lineage.listed.Load() {
		ns.group.Leave() // before another of the same name can join
	}
	delete(srv.byName, ns.name)
	ns.lineage.parent.family.remove(ns)
}

// errUnannounced is why nobody is let into a namespace: an OnNamespace hook has panicked,
// which might have guarded it.
var errUnannounced = errors.New("socketio: a hook of OnNamespace has not seen the namespace to its end")

// announce lets the OnNamespace hooks see a child before its first socket is let in.
// Whoever comes meanwhile waits.
func (ns *Namespace) announce() error {
	l := ns.lineage
	if l == nil {
		return nil
	}
	if !l.begun.CompareAndSwap(false, true) {
		<-l.announced
		return l.refusal
	}
	defer close(l.announced)
	l.refusal = errUnannounced
	for _, watcher := range l.watchers {
		watcher(ns)
	}
	l.watchers, l.refusal = nil, nil
	return nil
}

// announceFor is announce for a client, who must not be the one to suffer a panic.
func announceFor(s *Socket) (err error) {
	defer contain(&err)
	return s.ns.announce()
}

// list makes a child that somebody has been let into one of the server's namespaces,
// and of the cluster's.
func (ns *Namespace) list() {
	if ns.lineage != nil && ns.lineage.listed.CompareAndSwap(false, true) && ns.group != nil {
		ns.group.Join()
	}
}

// listed says whether a namespace is one of those that exist for the user. The caller
// holds the server's mu.
func (ns *Namespace) listed() bool {
	return ns.lineage == nil || ns.lineage.kept || ns.lineage.listed.Load()
}

// hooks returns what counts for the sockets of a namespace at this moment. It must
// not be modified.
func (ns *Namespace) hooks() *hooks {
	if ns.lineage == nil {
		return ns.registry.load()
	}
	return ns.lineage.hooks(ns.registry.load())
}

// hooks returns the parent's hooks together with the child's own.
func (l *lineage) hooks(own *hooks) *hooks {
	parent := l.parent.registry.load()
	if own == &noHooks {
		return parent
	}
	if m := l.merged.Load(); m != nil && m.parent == parent && m.own == own {
		return m.both
	}
	both := &hooks{
		handlers:    maps.Clone(own.handlers),
		middleware:  slices.Concat(parent.middleware, own.middleware),
		connect:     slices.Concat(parent.connect, own.connect),
		disconnect:  slices.Concat(parent.disconnect, own.disconnect),
		any:         slices.Concat(parent.any, own.any),
		anyOutgoing: slices.Concat(parent.anyOutgoing, own.anyOutgoing),
		wrapped:     parent.wrapped, // whose innermost goes on to own.wrapped
	}
	if both.wrapped == nil {
		both.wrapped = own.wrapped
	}
	if both.handlers == nil {
		both.handlers = map[string]handler{}
	}
	for event, h := range parent.handlers {
		if _, taken := both.handlers[event]; !taken {
			both.handlers[event] = h
		}
	}
	l.merged.Store(&mergedHooks{parent, own, both})
	return both
}

// innermost returns what comes after all Wraps of a namespace.
func (ns *Namespace) innermost() Handler {
	if ns.family != nil {
		return callOwnWraps
	}
	return callHandler
}

// callOwnWraps goes on from the Wraps of a parent to those of the child.
func callOwnWraps(ctx context.Context, s *Socket, m *Message) error {
	if own := s.ns.registry.load().wrapped; own != nil {
		return own(ctx, s, m)
	}
	return callHandler(ctx, s, m)
}

func (f *family) add(child *Namespace) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.children[child] = struct{}{}
}

func (f *family) remove(child *Namespace) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.children, child)
}

// all returns the children at this moment.
func (f *family) all() []*Namespace {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Collect(maps.Keys(f.children))
}

// branches returns the namespaces whose sockets are selected by a method of ns: ns
// itself, or a parent's children.
func (ns *Namespace) branches() []*Namespace {
	if ns.family != nil {
		return ns.family.all()
	}
	return []*Namespace{ns}
}

// owner names ns in messages about what was registered on it.
func (ns *Namespace) owner() string {
	if ns.family != nil {
		return "the parent namespace"
	}
	return "namespace " + ns.name
}

// forEach lets do have the event for each of several namespaces, until it fails.
func (f *frame) forEach(namespaces []*Namespace, do func(ns *Namespace, f *frame) error) error {
	for _, ns := range namespaces {
		f.ns = ns
		if err := do(ns, f); err != nil {
			return err
		}
	}
	return nil
}

// longestName returns the length of the longest name that a frame of ns may carry.
func (ns *Namespace) longestName() int {
	if ns.family != nil {
		return maxNamespaceName
	}
	return len(ns.name)
}
