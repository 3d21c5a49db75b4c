package socketio

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func matchTenants(name string) bool { return strings.HasPrefix(name, "/tenant-") }

// names returns the names of the server's namespaces.
func (r *rig) names() []string {
	var names []string
	for ns := range r.srv.Namespaces() {
		names = append(names, ns.Name())
	}
	return names
}

func (r *rig) wantNames(want ...string) {
	r.t.Helper()
	synctest.Wait()
	if got := r.names(); !slices.Equal(got, want) {
		r.t.Errorf("the namespaces are %q, want %q", got, want)
	}
}

func TestAClientFindsANamespaceThatIsMadeForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		tenants := r.srv.OfFunc(regexp.MustCompile(`^/tenant-\d+$`).MatchString)
		tenants.OnConnect(func(_ context.Context, s *Socket) error { return s.Emit("you are in", s.Namespace().Name()) })
		tenants.On("say", func(_ context.Context, s *Socket, text string) error {
			return s.Namespace().Emit("said", text)
		})
		c, other := r.dial(), r.dial()
		c.join("/tenant-1")
		c.want(`42/tenant-1,["you are in","/tenant-1"]`)
		other.join("/tenant-2")
		other.want(`42/tenant-2,["you are in","/tenant-2"]`)
		c.send(`42/tenant-1,["say","hello"]`)
		c.want(`42/tenant-1,["said","hello"]`)
		other.wantNothing()
		for _, name := range []string{"/tenant-", "/tenant-1x", "/x/tenant-1", "/tenant-1?x=1"} {
			c.send("40" + name + ",")
			c.want(`44` + name + `,{"message":"Invalid namespace"}`)
		}
		r.wantNames("/", "/tenant-1", "/tenant-2")
	})
}

func TestOfSeveralParentsTheFirstThatMatchesHasTheChild(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		greet := func(ns *Namespace, word string) {
			ns.OnConnect(func(_ context.Context, s *Socket) error { return s.Emit(Event[string](word), s.Namespace().Name()) })
		}
		asked := 0
		greet(r.srv.Of("/tenant-0"), "static")
		greet(r.srv.OfFunc(func(name string) bool { asked++; return name == "/tenant-1" }), "first")
		greet(r.srv.OfFunc(matchTenants), "second")
		c := r.dial()
		c.join("/tenant-0")
		c.want(`42/tenant-0,["static","/tenant-0"]`)
		if asked != 0 {
			t.Errorf("a parent was asked %d times for a namespace that exists", asked)
		}
		c.join("/tenant-1")
		c.want(`42/tenant-1,["first","/tenant-1"]`)
		c.join("/tenant-2")
		c.want(`42/tenant-2,["second","/tenant-2"]`)
	})
}

func TestWhatIsRegisteredOnAParentCountsForItsChildrenAtAnyTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		tenants := r.srv.OfFunc(matchTenants)
		var log []string
		note := func(what string) { log = append(log, what) }
		tenants.Use(func(context.Context, *Socket) (context.Context, error) { note("use"); return nil, nil })
		tenants.OnDisconnect(func(context.Context, *Socket, Reason) error { note("gone"); return nil })
		c := r.dial()
		c.join("/tenant-1")

		tenants.OnAny(func(context.Context, *Socket, *Message) error { note("any"); return nil })
		tenants.Wrap(func(next Handler) Handler {
			return func(ctx context.Context, s *Socket, m *Message) error { note("wrap"); return next(ctx, s, m) }
		})
		tenants.On("late", func(_ context.Context, s *Socket, _ None) error { note("late"); return s.Emit("answer", None{}) })
		tenants.OnAnyOutgoing(func(context.Context, *Socket, *Message) error { note("outgoing"); return nil })
		c.send(`42/tenant-1,["late"]`)
		c.want(`42/tenant-1,["answer"]`)
		c.send("41/tenant-1,")
		synctest.Wait()
		if want := []string{"use", "any", "wrap", "late", "outgoing", "gone"}; !slices.Equal(log, want) {
			t.Errorf("what ran is %q, want %q", log, want)
		}
	})
}

func TestAChildsOwnHooksComeBehindItsParents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		tenants := r.srv.OfFunc(matchTenants)
		var log []string
		register := func(ns *Namespace, who string) {
			ns.Use(func(context.Context, *Socket) (context.Context, error) {
				log = append(log, who+" use")
				return nil, nil
			})
			ns.Wrap(func(next Handler) Handler {
				return func(ctx context.Context, s *Socket, m *Message) error {
					log = append(log, who+" wrap")
					return next(ctx, s, m)
				}
			})
			ns.OnConnect(func(context.Context, *Socket) error { log = append(log, who+" connect"); return nil })
			ns.Handle("both", func(context.Context, *Socket, *Message) error { log = append(log, who+" both"); return nil })
		}
		r.srv.OnNamespace(func(ns *Namespace) {
			if ns.Name() == "/tenant-1" {
				register(ns, "child")
			}
		})
		register(tenants, "parent")
		tenants.Handle("inherited", func(context.Context, *Socket, *Message) error { log = append(log, "inherited"); return nil })
		c := r.dial()
		c.join("/tenant-1")
		c.send(`42/tenant-1,["both"]`, `42/tenant-1,["inherited"]`)
		synctest.Wait()
		want := []string{
			"parent use", "child use", "parent connect", "child connect",
			"parent wrap", "child wrap", "child both", "parent wrap", "child wrap", "inherited",
		}
		if !slices.Equal(log, want) {
			t.Errorf("what ran is %q, want %q", log, want)
		}
		log = nil
		other := r.dial()
		other.join("/tenant-2")
		other.send(`42/tenant-2,["both"]`)
		synctest.Wait()
		if want := []string{"parent use", "parent connect", "parent wrap", "parent both"}; !slices.Equal(log, want) {
			t.Errorf("in the other child ran %q, want %q", log, want)
		}
	})
}

func TestAParentReachesTheSocketsOfAllItsChildren(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		tenants := r.srv.OfFunc(matchTenants)
		long := "/tenant-" + strings.Repeat("x", maxNamespaceName-len("/tenant-"))
		names := []string{"/tenant-1", "/tenant-2", long}
		clients := map[string]*client{}
		ids := map[string]string{}
		for _, name := range names {
			clients[name] = r.dial()
			ids[name] = clients[name].join(name)
		}
		outsider, _ := r.joined()
		second, _ := tenants.Socket(ids["/tenant-2"])
		second.Join("room")
		steps := []struct {
			what    string
			emit    func() error
			reached []string
		}{
			{"Emit", func() error { return tenants.Emit("news", []byte("x")) }, names},
			{"To", func() error { return tenants.To("room").Emit("news", []byte("x")) }, names[1:2]},
			{"Except", func() error { return tenants.Except("room").EmitArgs("news", []byte("x")) }, []string{names[0], names[2]}},
			{"To by id", func() error { return tenants.To(ids[long]).Volatile().Emit("news", []byte("x")) }, names[2:]},
		}
		for _, step := range steps {
			if err := step.emit(); err != nil {
				t.Errorf("%s: %v", step.what, err)
			}
			for _, name := range step.reached {
				clients[name].want(`451-`+name+`,["news",{"_placeholder":true,"num":0}]`, `binary "x"`)
			}
			for _, c := range clients {
				c.wantNothing()
			}
		}
		outsider.wantNothing()
		infos, err := tenants.All().FetchSockets(t.Context())
		if err != nil || len(infos) != 3 {
			t.Errorf("FetchSockets gives %d sockets (%v), want 3", len(infos), err)
		}
		if n := len(slices.Collect(tenants.Sockets())); n != 3 {
			t.Errorf("Sockets gives %d, want 3", n)
		}
		rooms := maps.Collect(tenants.Rooms())
		if len(rooms) != 1 || rooms["room"] != 1 {
			t.Errorf("Rooms gives %v", rooms)
		}
		if err := tenants.All().DisconnectSockets(false); err != nil {
			t.Error(err)
		}
		for _, name := range names {
			clients[name].want("41" + name + ",")
		}
		r.wantNames("/")
	})
}

func TestAParentsQuestionIsAnsweredByTheSocketsOfAllChildren(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		tenants := r.srv.OfFunc(matchTenants)
		one, two := r.dial(), r.dial()
		id := one.join("/tenant-1")
		two.join("/tenant-2")
		var asking sync.WaitGroup
		asking.Go(func() {
			s, _ := tenants.Socket(id)
			if got, err := s.EmitAck[string](t.Context(), "alone", None{}); err != nil || got != "own" {
				t.Errorf("the socket's own question is answered by %q (%v)", got, err)
			}
		})
		one.want(`42/tenant-1,0["alone"]`)
		asking.Go(func() {
			var sum int
			for reply, err := range tenants.EmitAcks[int](t.Context(), "count", None{}) {
				if err != nil {
					t.Error(err)
				}
				sum += reply.Value
			}
			if sum != 3 {
				t.Errorf("the replies add up to %d, want 3", sum)
			}
		})
		one.want(`42/tenant-1,1["count"]`)
		two.want(`42/tenant-2,1["count"]`)
		one.send(`43/tenant-1,1[1]`, `43/tenant-1,0["own"]`)
		two.send(`43/tenant-2,1[2]`)
		asking.Wait()
	})
}

func TestAParentWhoseServerIsClosedSendsNothing(t *testing.T) {
	r := newRig(t, nil)
	tenants := r.srv.OfFunc(matchTenants)
	if err := tenants.Emit("news", None{}); err != nil {
		t.Errorf("Emit to nobody: %v", err)
	}
	if err := tenants.Emit("disconnect", None{}); err == nil {
		t.Error("a reserved name was taken")
	}
	r.srv.Close()
	if err := tenants.Emit("news", None{}); !errors.Is(err, ErrServerClosed) {
		t.Errorf("Emit gives %v, want ErrServerClosed", err)
	}
}

func TestAChildIsDroppedWithItsLastSocket(t *testing.T) {
	for _, tt := range []struct {
		name  string
		leave func(c *client)
	}{
		{"which left", func(c *client) { c.send("41/tenant-1,") }},
		{"whose connection was lost", func(c *client) { c.cut() }},
		{"which the server disconnected", func(c *client) { c.send(`42/tenant-1,["leave"]`) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, nil)
				tenants := r.srv.OfFunc(matchTenants)
				tenants.On("leave", func(_ context.Context, s *Socket, _ None) error { s.Disconnect(); return nil })
				var gone []string
				tenants.OnDisconnect(func(_ context.Context, s *Socket, _ Reason) error {
					gone = r.names()
					return nil
				})
				c, other := r.dial(), r.dial()
				c.join("/tenant-1")
				other.join("/tenant-1")
				other.send("41/tenant-1,")
				r.wantNames("/", "/tenant-1")
				tt.leave(c)
				r.wantNames("/")
				if want := []string{"/", "/tenant-1"}; !slices.Equal(gone, want) {
					t.Errorf("within OnDisconnect the namespaces are %q, want %q", gone, want)
				}
				if n := len(tenants.family.all()); n != 0 {
					t.Errorf("the parent still has %d children", n)
				}
				other.join("/tenant-1")
				r.wantNames("/", "/tenant-1")
			})
		})
	}
}

func TestAChildMayBeKept(t *testing.T) {
	for _, tt := range []struct {
		name    string
		options Options
		of      bool
		want    []string
	}{
		{"by the option, if somebody was let in", Options{KeepEmptyNamespaces: true}, false, []string{"/", "/tenant-1"}},
		{"by Of", Options{}, true, []string{"/", "/tenant-1", "/tenant-2"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, &tt.options)
				r.srv.OfFunc(matchTenants).Use(func(_ context.Context, s *Socket) (context.Context, error) {
					if tt.of {
						r.srv.Of(s.Namespace().Name())
					}
					if s.Namespace().Name() == "/tenant-2" {
						return nil, &ConnectError{Message: "no"}
					}
					return nil, nil
				})
				c := r.dial()
				c.join("/tenant-1")
				c.send("40/tenant-2,")
				c.want(`44/tenant-2,{"message":"no"}`)
				c.cut()
				r.wantNames(tt.want...)
			})
		})
	}
}

func TestANamespaceThatNobodyWasLetIntoDoesNotExist(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		entered, decide := make(chan struct{}), make(chan error)
		r.srv.OfFunc(matchTenants).Use(func(ctx context.Context, _ *Socket) (context.Context, error) {
			entered <- struct{}{}
			select {
			case err := <-decide:
				return nil, err
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		})
		c := r.dial()
		c.send("40/tenant-1,")
		<-entered
		r.wantNames("/")
		decide <- &ConnectError{Message: "Invalid namespace"}
		c.want(`44/tenant-1,{"message":"Invalid namespace"}`)
		r.wantNames("/")
		if _, known := r.srv.byName["/tenant-1"]; known {
			t.Error("a namespace that nobody was let into is kept")
		}
		c.send("40/tenant-2,")
		<-entered
		c.cut()
		time.Sleep(time.Second) // the reader is in the middleware until it is relieved
		synctest.Wait()
		if n := len(r.srv.byName); n != 1 {
			t.Errorf("%d namespaces are kept, want 1", n)
		}
	})
}

func TestOfMakesAChildIfAParentMatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		before := r.srv.Of("/tenant-0")
		tenants := r.srv.OfFunc(matchTenants)
		tenants.Use(func(context.Context, *Socket) (context.Context, error) { return nil, &ConnectError{Message: "no"} })
		var seen []string
		r.srv.OnNamespace(func(ns *Namespace) { seen = append(seen, ns.Name()) })
		child := r.srv.Of("tenant-1")
		if r.srv.Of("/tenant-1") != child {
			t.Error("Of returns another namespace the second time")
		}
		r.srv.Of("/else")
		c := r.dial()
		c.join(before.Name())
		c.send("40/tenant-1,")
		c.want(`44/tenant-1,{"message":"no"}`)
		r.wantNames("/", "/tenant-0", "/tenant-1", "/else")
		if want := []string{"/", "/tenant-0", "/tenant-1", "/else"}; !slices.Equal(seen, want) {
			t.Errorf("OnNamespace saw %q, want %q", seen, want)
		}
	})
}

func TestOnNamespaceSeesEachChildOnceBeforeItsMiddleware(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.srv.OfFunc(matchTenants)
		var mu sync.Mutex
		seen := map[string]int{}
		r.srv.OnNamespace(func(ns *Namespace) {
			mu.Lock()
			seen[ns.Name()]++
			mu.Unlock()
			if ns.Name() == "/" {
				return
			}
			time.Sleep(time.Second) // others come meanwhile
			ns.Use(func(context.Context, *Socket) (context.Context, error) { return nil, &ConnectError{Message: "guarded"} })
		})
		var clients []*client
		for range 5 {
			c := r.dial()
			c.send("40/tenant-1,")
			clients = append(clients, c)
		}
		for _, c := range clients {
			c.want(`44/tenant-1,{"message":"guarded"}`)
		}
		mu.Lock()
		defer mu.Unlock()
		if seen["/"] != 1 || seen["/tenant-1"] != 1 {
			t.Errorf("OnNamespace saw %v, want each once", seen)
		}
	})
}

func TestNobodyIsLetInWhenAHookOfTheNamespacePanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.srv.OfFunc(matchTenants)
		panics := true
		r.srv.OnNamespace(func(ns *Namespace) {
			if panics && ns.Name() != "/" {
				panic("no guard today")
			}
		})
		c := r.dial()
		c.send("40/tenant-1,")
		c.want(`44/tenant-1,{"message":"connection refused"}`)
		synctest.Wait()
		if errs := r.errors.take(); len(errs) != 1 || !isPanic(errs[0], "no guard today") {
			t.Errorf("OnError was told %v", errs)
		}
		panics = false
		c.join("/tenant-1")
	})
}

func TestAMatchThatPanicsRefusesTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.srv.OfFunc(func(name string) bool { panic("asked for " + name) })
		r.srv.OfFunc(matchTenants)
		c := r.dial()
		c.send("40/tenant-1,")
		c.want(`44/tenant-1,{"message":"Invalid namespace"}`)
		c.join("/")
		if errs := r.errors.take(); len(errs) != 1 || !isPanic(errs[0], "asked for /tenant-1") {
			t.Errorf("OnError was told %v", errs)
		}
	})
}

func isPanic(err error, value any) bool {
	p, ok := errors.AsType[*PanicError](err)
	return ok && p.Value == value
}

// B83: a flood of namespaces.
func TestAConnectionCannotMakeNamespacesWithoutEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.srv.OfFunc(matchTenants)
		c := r.dial()
		for i := range 32 {
			c.join(fmt.Sprintf("/tenant-%d", i))
		}
		c.send("40/tenant-32,")
		c.wantEnd(time.Minute)
		r.wantNames("/")
		if n := len(r.srv.byName); n != 1 {
			t.Errorf("%d namespaces are left of the flood, want 1", n)
		}

		// Coming and going makes as many names as one likes, but leaves none behind.
		again := r.dial()
		for i := range 3000 {
			name := fmt.Sprintf("/tenant-%d", i)
			again.join(name)
			again.send("41" + name + ",")
		}
		r.wantNames("/")
		again.wantOpen()
	})
}

func TestManyClientsComeToAndGoFromOneChild(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		tenants := r.srv.OfFunc(matchTenants)
		var all sync.WaitGroup
		for range 20 {
			c := r.dial()
			all.Go(func() {
				for range 50 {
					c.send("40/tenant-1,")
					for !strings.HasPrefix(c.next(), "40") {
					}
					c.send(`41/tenant-1,`)
				}
			})
		}
		all.Go(func() {
			for range 200 {
				if err := tenants.All().Volatile().Emit("news", None{}); err != nil {
					t.Error(err)
				}
			}
		})
		all.Wait()
		r.wantNames("/")
	})
}

func TestAChildSharesItsParentsHooks(t *testing.T) {
	r := newRig(t, nil)
	tenants := r.srv.OfFunc(matchTenants)
	child := r.srv.Of("/tenant-1")
	before := child.hooks()
	if before != tenants.registry.load() {
		t.Error("a child without hooks of its own does not share its parent's")
	}
	child.OnAny(func(context.Context, *Socket, *Message) error { return nil })
	merged := child.hooks()
	if child.hooks() != merged {
		t.Error("the hooks of parent and child are put together at each use")
	}
	tenants.OnAny(func(context.Context, *Socket, *Message) error { return nil })
	if got := len(child.hooks().any); got != 2 {
		t.Errorf("the child has %d hooks, want 2", got)
	}
}
