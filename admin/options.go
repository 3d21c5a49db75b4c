package admin

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"golang.org/x/crypto/bcrypt"

	"socketio"
)

// A Mode says how much the official page is told. Dashboards, which ask for what they show,
// get the same in each.
type Mode string

const (
	// Development tells of each socket, room and event. It is the default.
	Development Mode = "development"

	// Production tells how many there are, and nothing of a single one.
	Production Mode = "production"
)

// Options are the settings of an [Admin]. Either Users or NoAuth must be set; of each other
// field the zero value is the default.
type Options struct {
	// Users are those who may log in, by name, with the bcrypt hashes of their passwords:
	// "htpasswd -nbB ada secret" makes one. Hashes that begin with $2a$, $2b$ and $2y$ are
	// taken.
	Users map[string]string

	// NoAuth lets everybody in who reaches the server.
	NoAuth bool

	// Namespace is where the page connects; default "/admin". It cannot be "/", whose
	// sockets are users'.
	Namespace string

	// ReadOnly keeps everybody from sending events and from moving or disconnecting
	// sockets.
	ReadOnly bool

	// Mode is [Development] by default.
	Mode Mode

	// ServerID tells the servers of a cluster apart; default is the name of the host.
	// Several servers on one host need one each.
	ServerID string

	// Sessions keeps who has logged in, so that the page need not ask for the password when
	// it is loaded again. By default it is this process that knows, for a day; servers of a
	// cluster want one in common.
	Sessions Sessions

	// Secret says of the name of a header, or of a parameter in a URL, in lower case, that its
	// value must not be shown. Cookies, what is named like tokens, keys, passwords and
	// sessions, and whatever the client gave as auth never are.
	Secret func(name string) bool

	// Data returns what is shown as the data of a socket, given what [socketio.Socket.SetData]
	// has set. By default values are shown that nobody can change meanwhile, so no maps,
	// slices and pointers. It may be called at any time on any goroutine.
	Data func(namespace string, data any) any

	// Args returns what is shown as the arguments of an event, and may change them. By
	// default they are shown as they are, but for bytes, of which only the number is.
	Args func(namespace, event string, args []any) []any

	// MaxSockets is how many sockets the official page is told of; default 1,000. If there
	// are more it sees a part of them, and of what happens to them.
	MaxSockets int

	// EventsPerSecond and ChangesPerSecond are how many events, and how many comings and
	// goings of sockets and in rooms, this server tells the official page of; default 100
	// and 500. What goes beyond is left out; of sockets and rooms the page gets everything
	// anew, a little later.
	EventsPerSecond, ChangesPerSecond int

	// Logger gets a line for each thing that somebody does, and for each login that
	// failed; default is slog.Default.
	Logger *slog.Logger
}

var (
	errNoAuth   = errors.New("admin: Options.Users must say who may log in, or NoAuth that everybody may")
	errBothAuth = errors.New("admin: Options.Users and NoAuth exclude each other")
	errMain     = errors.New(`admin: Options.Namespace cannot be "/", whose clients would be told everything`)
	errTaken    = errors.New("admin: there is a namespace of that name already, see Options.Namespace")
)

// maxCost is the cost of a hash beyond which a login takes seconds.
const maxCost = 16

// complete returns o with its defaults, or what is wrong with it.
func (o Options) complete() (Options, error) {
	switch {
	case len(o.Users) == 0 && !o.NoAuth:
		return o, errNoAuth
	case len(o.Users) > 0 && o.NoAuth:
		return o, errBothAuth
	case o.Namespace == "/":
		return o, errMain
	case o.Mode != "" && o.Mode != Development && o.Mode != Production:
		return o, fmt.Errorf("admin: Options.Mode is %q, not %q or %q", o.Mode, Development, Production)
	}
	for user, hash := range o.Users {
		if err := checkHash(hash); err != nil {
			return o, fmt.Errorf("admin: the password of %q in Options.Users must be a bcrypt hash, as of htpasswd -nbB: %w", user, err)
		}
	}
	o.Namespace = "/" + strings.TrimPrefix(or(o.Namespace, "admin"), "/")
	o.Mode = or(o.Mode, Development)
	o.MaxSockets = or(o.MaxSockets, 1000)
	o.EventsPerSecond = or(o.EventsPerSecond, 100)
	o.ChangesPerSecond = or(o.ChangesPerSecond, 500)
	if o.ServerID == "" {
		o.ServerID = hostname()
	}
	if o.Sessions == nil {
		o.Sessions = newMemory()
	}
	return o, nil
}

// or returns v, or the default if it is the zero value.
func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return name
}

// checkHash says why a string is no bcrypt hash that can be used.
func checkHash(hash string) error {
	known := strings.HasPrefix(hash, "$2a$") || strings.HasPrefix(hash, "$2b$") || strings.HasPrefix(hash, "$2y$")
	if !known || len(hash) != 60 {
		return errors.New("it does not look like one")
	}
	cost, err := bcrypt.Cost([]byte(hash))
	if err == nil && cost > maxCost {
		err = fmt.Errorf("its cost is %d, so each login would take many seconds", cost)
	}
	return err
}

// developing says whether the official page is told of everything.
func (a *Admin) developing() bool { return a.options.Mode == Development }

// uis selects the official pages that are connected, to any server.
func (a *Admin) uis() socketio.Broadcast { return a.ns.Except(dashboards) }
