package admin

import (
	"context"
	"errors"
	"slices"
	"strings"

	"socketio"
)

// What a dashboard asks for.
type (
	// A socketsQuery asks for some sockets of a namespace, in the order of their ids.
	socketsQuery struct {
		Namespace string `json:"nsp"`
		Room      string `json:"room,omitzero"`   // of which they are members
		Search    string `json:"search,omitzero"` // part of the id or of the address
		After     string `json:"after,omitzero"`  // the id of the last one before
		Limit     int    `json:"limit,omitzero"`
	}

	socketsPage struct {
		Sockets []shownSocket `json:"sockets"`
		Total   int           `json:"total"` // that there are, before and behind as well
		Next    string        `json:"next"`  // to be After; "" at the end
	}

	// A roomsQuery asks for the largest rooms of a namespace.
	roomsQuery struct {
		Namespace string `json:"nsp"`
		Prefix    string `json:"prefix,omitzero"`
		Limit     int    `json:"limit,omitzero"`
	}

	roomsPage struct {
		Rooms []roomSize `json:"rooms"`
		Total int        `json:"total"` // in a cluster that of the server that has the most
	}

	roomSize struct {
		Room    string `json:"room"`
		Sockets int    `json:"sockets"`
	}
)

// maxListed is how much one page of a list has.
const maxListed = 100

var errNoDashboard = errors.New("admin: only a dashboard may ask for that")

// serveDashboards registers what a dashboard asks for.
func (a *Admin) serveDashboards() {
	socketsCall := socketio.Call[socketsQuery, *socketsPage]("sockets")
	a.ns.OnAck(socketsCall, func(ctx context.Context, s *socketio.Socket, q socketsQuery) (*socketsPage, error) {
		if !a.isDashboard(s) {
			return nil, errNoDashboard
		}
		q.Limit = within(q.Limit)
		return mergeSockets(a.ask(ctx, &question{Sockets: &q}), q.Limit), nil
	})
	roomsCall := socketio.Call[roomsQuery, *roomsPage]("rooms")
	a.ns.OnAck(roomsCall, func(ctx context.Context, s *socketio.Socket, q roomsQuery) (*roomsPage, error) {
		if !a.isDashboard(s) {
			return nil, errNoDashboard
		}
		q.Limit = within(q.Limit)
		return mergeRooms(a.ask(ctx, &question{Rooms: &q}), q.Limit), nil
	})
	watchCall := socketio.Call[tailQuery, watchReply]("watch")
	a.ns.OnAck(watchCall, func(ctx context.Context, s *socketio.Socket, q tailQuery) (watchReply, error) {
		if !a.isDashboard(s) {
			return watchReply{}, errNoDashboard
		}
		return a.watch(ctx, s, q), nil
	})
	a.ns.On("unwatch", func(_ context.Context, s *socketio.Socket, _ socketio.None) error {
		a.stopTails(s.ID())
		return nil
	})
}

func within(limit int) int {
	if limit < 1 || limit > maxListed {
		return maxListed
	}
	return limit
}

func (a *Admin) isDashboard(s *socketio.Socket) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.boards[s.ID()] != nil
}

// listSockets returns sockets of this server. It looks at all of the namespace, and
// describes only those that it returns.
func (a *Admin) listSockets(q *socketsQuery) *socketsPage {
	page := &socketsPage{Sockets: []shownSocket{}}
	ns := a.namespace(q.Namespace)
	if ns == nil {
		return page
	}
	limit := within(q.Limit)
	byID := func(s *socketio.Socket, id string) int { return strings.Compare(s.ID(), id) }
	first := make([]*socketio.Socket, 0, limit+1) // the first behind After, in order
	for s := range ns.Sockets() {
		if !q.selects(s) {
			continue
		}
		page.Total++
		if s.ID() <= q.After || len(first) == limit && s.ID() > first[limit-1].ID() {
			if s.ID() > q.After {
				page.Next = "more"
			}
			continue
		}
		at, _ := slices.BinarySearchFunc(first, s.ID(), byID)
		first = slices.Insert(first, at, s)
		if len(first) > limit {
			first = first[:limit]
			page.Next = "more"
		}
	}
	for _, s := range first {
		page.Sockets = append(page.Sockets, a.shown(s))
	}
	if page.Next != "" {
		page.Next = first[limit-1].ID()
	}
	return page
}

// selects says whether a socket is asked for.
func (q *socketsQuery) selects(s *socketio.Socket) bool {
	if q.Search != "" && !strings.Contains(s.ID(), q.Search) && !strings.Contains(s.Conn().RemoteAddr(), q.Search) {
		return false
	}
	if q.Room == "" {
		return true
	}
	for room := range s.Rooms() {
		if room == q.Room {
			return true
		}
	}
	return false
}

// mergeSockets makes one page of those of several servers.
func mergeSockets(answers []answer, limit int) *socketsPage {
	page := &socketsPage{Sockets: []shownSocket{}}
	more := false
	for _, known := range answers {
		if known.Sockets == nil {
			continue
		}
		page.Sockets = append(page.Sockets, known.Sockets.Sockets...)
		page.Total += known.Sockets.Total
		more = more || known.Sockets.Next != ""
	}
	slices.SortFunc(page.Sockets, func(x, y shownSocket) int { return strings.Compare(x.ID, y.ID) })
	if len(page.Sockets) > limit {
		page.Sockets, more = page.Sockets[:limit], true
	}
	if more {
		page.Next = page.Sockets[len(page.Sockets)-1].ID
	}
	return page
}

// listRooms returns rooms of this server.
func (a *Admin) listRooms(q *roomsQuery) *roomsPage {
	page := &roomsPage{Rooms: []roomSize{}}
	ns := a.namespace(q.Namespace)
	if ns == nil {
		return page
	}
	for room, members := range ns.Rooms() {
		if strings.HasPrefix(room, q.Prefix) && room != dashboards {
			page.Rooms = append(page.Rooms, roomSize{room, members})
		}
	}
	page.Total = len(page.Rooms)
	page.Rooms = largest(page.Rooms, maxListed)
	return page
}

// largest returns the largest rooms, and those of one size by their names.
func largest(rooms []roomSize, limit int) []roomSize {
	slices.SortFunc(rooms, func(x, y roomSize) int {
		if x.Sockets != y.Sockets {
			return y.Sockets - x.Sockets
		}
		return strings.Compare(x.Room, y.Room)
	})
	return rooms[:min(len(rooms), limit)]
}

// mergeRooms makes one list of those of several servers.
func mergeRooms(answers []answer, limit int) *roomsPage {
	page := &roomsPage{Rooms: []roomSize{}}
	at := map[string]int{}
	for _, known := range answers {
		if known.Rooms == nil {
			continue
		}
		page.Total = max(page.Total, known.Rooms.Total)
		for _, r := range known.Rooms.Rooms {
			i, seen := at[r.Room]
			if !seen {
				at[r.Room] = len(page.Rooms)
				page.Rooms = append(page.Rooms, r)
				continue
			}
			page.Rooms[i].Sockets += r.Sockets
		}
	}
	page.Total = max(page.Total, len(page.Rooms))
	page.Rooms = largest(page.Rooms, limit)
	return page
}
