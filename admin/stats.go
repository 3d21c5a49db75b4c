package admin

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"socketio"
)

// statsEvery is how often pages are told of each server. They take one for dead that is
// silent for ten seconds.
const statsEvery = 2 * time.Second

// tick does what is to be done every two seconds, until the server is closed.
func (a *Admin) tick() {
	// Sending to nobody fails only then.
	if err := a.ns.To().Local().EmitArgs("closed"); errors.Is(err, socketio.ErrServerClosed) {
		return
	}
	defer time.AfterFunc(statsEvery, a.tick)
	a.fleet.count(a)
	here := a.lookForWatchers()
	if here || a.fleet.servers.Load() > 1 {
		stats := a.srv.Stats()
		a.report(a.uis().EmitArgs("server_stats", a.statsOf(&stats, a.totals.since(&stats, time.Now()))))
	}
	for _, left := range a.late.takeOld(time.Now()) {
		a.changed("room_left", left.namespace, left.room, left.id, timestamp(left.at))
	}
	if here && a.developing() {
		a.repair()
	}
}

// lookForWatchers notes who still watches, and says whether pages are connected to this
// server.
func (a *Admin) lookForWatchers() (here bool) {
	a.mu.Lock()
	here = len(a.pages) > 0
	a.mu.Unlock()
	elsewhere := !here && a.developing() && a.fleet.hasPages(a)
	a.mu.Lock()
	defer a.mu.Unlock()
	if elsewhere {
		a.elsewhere = time.Now().Add(3 * statsEvery)
	}
	a.dropOldTails(time.Now())
	a.look()
	return here
}

// repair gives the pages of this server all sockets anew if they have missed something.
func (a *Admin) repair() {
	changed := a.measure()
	a.mu.Lock()
	due := (changed || a.stale.Load()) && time.Since(a.reported) >= repairEvery
	if due {
		a.reported = time.Now()
	}
	pages := slices.Collect(maps.Values(a.pages))
	a.mu.Unlock()
	switch {
	case due:
		a.stale.Store(false)
		all := a.allSockets(context.Background())
		for _, s := range pages {
			a.report(s.EmitArgs("all_sockets", all))
		}
	case changed:
		a.stale.Store(true)
	}
}

// stats are "server_stats" of this moment.
func (a *Admin) stats(events []aggregate) *serverStats {
	stats := a.srv.Stats()
	return a.statsOf(&stats, events)
}

func (a *Admin) statsOf(stats *socketio.Stats, events []aggregate) *serverStats {
	s := &serverStats{
		ServerID: a.options.ServerID, Hostname: hostInfo.name, PID: hostInfo.pid, Uptime: time.Since(a.began).Seconds(),
		Clients: stats.Polling + stats.WebSockets + stats.WebTransports, PollingClients: stats.Polling,
		AggregatedEvents: events,
	}
	for ns := range a.srv.Namespaces() {
		s.Namespaces = append(s.Namespaces, namespaceCount{ns.Name(), socketsIn(ns)})
	}
	return s
}

// socketsIn counts the sockets of a namespace of this server.
func socketsIn(ns *socketio.Namespace) int {
	n := 0
	for range ns.Sockets() {
		n++
	}
	return n
}

// totals are what had been counted at some time.
type totals struct {
	opened, packetsIn, packetsOut, bytesIn, bytesOut uint64
	closed                                           map[string]uint64 // by reason
}

// since returns what has been counted since the time before.
func (t *totals) since(stats *socketio.Stats, now time.Time) []aggregate {
	second := now.Truncate(time.Second).UnixMilli()
	var all []aggregate
	add := func(kind, reason string, was *uint64, is uint64) {
		if is > *was {
			all = append(all, aggregate{Timestamp: second, Type: kind, SubType: reason, Count: is - *was})
		}
		*was = is
	}
	add("rawConnection", "", &t.opened, stats.Opened)
	if t.closed == nil {
		t.closed = map[string]uint64{}
	}
	for _, reason := range slices.Sorted(maps.Keys(stats.Closed)) {
		was := t.closed[reason]
		add("rawDisconnection", reason, &was, stats.Closed[reason])
		t.closed[reason] = was
	}
	add("packetsIn", "", &t.packetsIn, stats.MessagesIn)
	add("packetsOut", "", &t.packetsOut, stats.MessagesOut)
	add("bytesIn", "", &t.bytesIn, stats.BytesIn)
	add("bytesOut", "", &t.bytesOut, stats.BytesOut)
	return all
}
