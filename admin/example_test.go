package admin_test

import (
	"context"
	"log"
	"net/http"
	"os"
	"time"

	"socketio"
	"socketio/admin"
)

// What docs/admin.md shows.
func Example() {
	srv := socketio.NewServer(&socketio.Options{CORS: socketio.CORS{
		Origins: []string{"https://admin.socket.io"}, Credentials: true,
	}})
	a, err := admin.Install(srv, &admin.Options{
		Users: map[string]string{"ada": os.Getenv("ADMIN_HASH")},
	})
	if err != nil {
		log.Fatal(err)
	}

	http.Handle("/socket.io/", srv)
	http.Handle("/dashboard/", a.Dashboard())
	log.Print(http.ListenAndServe(":3000", nil))
}

func Example_production() {
	srv := socketio.NewServer(nil)
	_, err := admin.Install(srv, &admin.Options{
		Users:    map[string]string{"ada": os.Getenv("ADMIN_HASH")},
		Mode:     admin.Production,
		ReadOnly: true,
		ServerID: os.Getenv("HOSTNAME") + "#1",
		Sessions: sessions{newKeys()},
		Secret:   func(name string) bool { return name == "x-tenant" },
		Data:     func(_ string, data any) any { return data },
		Args: func(_, event string, args []any) []any {
			if event == "login" {
				return nil
			}
			return args
		},
	})
	if err != nil {
		log.Fatal(err)
	}
}

// keys is what of a database is needed, such as a client of Redis has.
type keys interface {
	Set(ctx context.Context, key, value string, expires time.Duration) error
	Exists(ctx context.Context, key string) (bool, error)
}

// sessions keeps logins for all servers, and under the names that servers for Node use.
type sessions struct{ keys keys }

func (s sessions) Save(ctx context.Context, id string) error {
	return s.keys.Set(ctx, "socket.io-admin#"+id, "1", 24*time.Hour)
}

func (s sessions) Has(ctx context.Context, id string) (bool, error) {
	return s.keys.Exists(ctx, "socket.io-admin#"+id)
}

// memory is keys that expire with the process.
type memory map[string]string

func newKeys() keys { return memory{} }

func (m memory) Set(_ context.Context, key, value string, _ time.Duration) error {
	m[key] = value
	return nil
}

func (m memory) Exists(_ context.Context, key string) (bool, error) {
	_, found := m[key]
	return found, nil
}
