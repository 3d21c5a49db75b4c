package admin

import (
	"context"
	"maps"
	"os"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	overviewEvery = time.Second
	lostAfter     = time.Minute // a server that does not answer is shown as ill for so long
	maxNamespaces = 1000        // that are listed
)

// An overview is the event "overview".
type overview struct {
	Time       int64              `json:"ts"` // Unix time in milliseconds
	Nodes      []overviewNode     `json:"nodes"`
	Namespaces []namespaceFigures `json:"namespaces"`
	Rates      rates              `json:"rates"`   // of all servers
	Memory     memoryFigures      `json:"memory"`  // of all servers
	Dropped    uint64             `json:"dropped"` // messages, since the servers began, as their clients took too little
}

type overviewNode struct {
	ServerID     string  `json:"serverId"`
	Hostname     string  `json:"hostname"`
	PID          int     `json:"pid"`
	Uptime       float64 `json:"uptime"` // in seconds
	Healthy      bool    `json:"healthy"`
	Clients      int     `json:"clients"`
	Polling      int     `json:"polling"`
	WebSocket    int     `json:"websocket"`
	WebTransport int     `json:"webtransport"`
}

// namespaceFigures are the sockets and rooms of a namespace. Of rooms it is the number of
// the server that has the most, as several may have the same.
type namespaceFigures struct {
	Name    string `json:"name"`
	Sockets int    `json:"sockets"`
	Rooms   int    `json:"rooms"`
}

// rates are per second.
type rates struct {
	Connects    float64 `json:"connects"`
	Disconnects float64 `json:"disconnects"`
	EventsIn    float64 `json:"eventsIn"`
	EventsOut   float64 `json:"eventsOut"`
	BytesIn     float64 `json:"bytesIn"`
	BytesOut    float64 `json:"bytesOut"`
}

// memoryFigures are in bytes.
type memoryFigures struct {
	Heap uint64 `json:"heap"`
	RSS  uint64 `json:"rss"` // 0 where the system does not say it
}

// counts only grow.
type counts struct {
	Connects    uint64 `json:"connects"`
	Disconnects uint64 `json:"disconnects"`
	EventsIn    uint64 `json:"eventsIn"`
	EventsOut   uint64 `json:"eventsOut"`
	BytesIn     uint64 `json:"bytesIn"`
	BytesOut    uint64 `json:"bytesOut"`
	Dropped     uint64 `json:"dropped"`
}

// figures are what one server says of itself.
type figures struct {
	Node       overviewNode       `json:"node"`
	Namespaces []namespaceFigures `json:"namespaces"`
	Counts     counts             `json:"counts"`
	Memory     memoryFigures      `json:"memory"`
}

// figures returns those of this server.
func (a *Admin) figures() *figures {
	stats := a.srv.Stats()
	f := &figures{
		Node: overviewNode{
			ServerID: a.options.ServerID, Hostname: hostInfo.name, PID: hostInfo.pid, Healthy: true,
			Uptime: time.Since(a.began).Seconds(), Clients: stats.Polling + stats.WebSockets + stats.WebTransports,
			Polling: stats.Polling, WebSocket: stats.WebSockets, WebTransport: stats.WebTransports,
		},
		Counts: counts{
			Connects: stats.Opened, EventsIn: stats.MessagesIn, EventsOut: stats.MessagesOut,
			BytesIn: stats.BytesIn, BytesOut: stats.BytesOut,
			Dropped: stats.VolatileDropped + stats.OldestDropped,
		},
		Memory: memoryFigures{Heap: heapBytes(), RSS: residentBytes()},
	}
	for _, n := range stats.Closed {
		f.Counts.Disconnects += n
	}
	for ns := range a.srv.Namespaces() {
		if len(f.Namespaces) == maxNamespaces {
			break
		}
		n := namespaceFigures{Name: ns.Name(), Sockets: socketsIn(ns)}
		for room := range ns.Rooms() {
			if room != dashboards {
				n.Rooms++
			}
		}
		f.Namespaces = append(f.Namespaces, n)
	}
	return f
}

// heapBytes is how much memory objects take that are in use, or not collected yet.
func heapBytes() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// residentBytes is how much memory the process takes, on Linux; 0 elsewhere.
func residentBytes() uint64 {
	text, err := os.ReadFile("/proc/self/statm")
	fields := strings.Fields(string(text))
	if err != nil || len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseUint(fields[1], 10, 64)
	if err != nil {
		return 0
	}
	return pages * uint64(os.Getpagesize())
}

// overviews is what is remembered from one overview to the next. It belongs to the timer.
type overviews struct {
	servers map[serverKey]*seen
	renewed time.Time
}

// A serverKey tells servers apart that say to be the same.
type serverKey struct {
	id, host string
	pid      int
}

// A seen server is one that has answered at least once.
type seen struct {
	figures *figures
	at      time.Time
}

// startOverviews begins to tell dashboards once a second, if that is not done already.
func (a *Admin) startOverviews() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.overviewing {
		return
	}
	a.overviewing = true
	o := &overviews{servers: map[serverKey]*seen{}}
	time.AfterFunc(0, func() { a.overview(o) })
}

// overview tells dashboards, and does so again while there are any.
func (a *Admin) overview(o *overviews) {
	began := time.Now()
	a.mu.Lock()
	a.overviewing = len(a.boards) > 0
	goOn := a.overviewing
	a.mu.Unlock()
	if !goOn {
		return
	}
	defer func() {
		time.AfterFunc(max(overviewEvery-time.Since(began), overviewEvery/10), func() { a.overview(o) })
	}()
	next := o.merge(a.ask(context.Background(), &question{Figures: true}), time.Now())
	a.report(a.ns.To(dashboards).Local().EmitArgs("overview", next))
	if began.Sub(o.renewed) > tailLease/3 {
		o.renewed = began
		a.renewTails()
	}
}

// merge makes one overview of what the servers say.
func (o *overviews) merge(answers []answer, now time.Time) *overview {
	next := &overview{Time: now.UnixMilli(), Nodes: []overviewNode{}}
	namespaces := map[string]namespaceFigures{}
	for _, known := range answers {
		f := known.Figures
		if f == nil {
			continue
		}
		o.rate(f, now, &next.Rates)
		next.Dropped += f.Counts.Dropped
		next.Memory.Heap += f.Memory.Heap
		next.Memory.RSS += f.Memory.RSS
		for _, ns := range f.Namespaces {
			sum := namespaces[ns.Name]
			namespaces[ns.Name] = namespaceFigures{ns.Name, sum.Sockets + ns.Sockets, max(sum.Rooms, ns.Rooms)}
		}
	}
	for key, server := range o.servers {
		node := server.figures.Node
		node.Healthy = server.at.Equal(now)
		if now.Sub(server.at) > lostAfter {
			delete(o.servers, key)
			continue
		}
		next.Nodes = append(next.Nodes, node)
	}
	slices.SortFunc(next.Nodes, func(x, y overviewNode) int {
		return strings.Compare(x.ServerID+" "+strconv.Itoa(x.PID), y.ServerID+" "+strconv.Itoa(y.PID))
	})
	for _, name := range slices.Sorted(maps.Keys(namespaces)) {
		next.Namespaces = append(next.Namespaces, namespaces[name])
	}
	return next
}

// rate adds how fast the counts of a server grow, and remembers them.
func (o *overviews) rate(f *figures, now time.Time, sum *rates) {
	key := serverKey{f.Node.ServerID, f.Node.Hostname, f.Node.PID}
	if before := o.servers[key]; before != nil && now.After(before.at) {
		seconds := now.Sub(before.at).Seconds()
		was, is := &before.figures.Counts, &f.Counts
		per := func(was, is uint64) float64 { return float64(is-min(was, is)) / seconds }
		sum.Connects += per(was.Connects, is.Connects)
		sum.Disconnects += per(was.Disconnects, is.Disconnects)
		sum.EventsIn += per(was.EventsIn, is.EventsIn)
		sum.EventsOut += per(was.EventsOut, is.EventsOut)
		sum.BytesIn += per(was.BytesIn, is.BytesIn)
		sum.BytesOut += per(was.BytesOut, is.BytesOut)
	}
	o.servers[key] = &seen{f, now}
}
