package dashboard_test

import (
	"log"
	"net/http"

	"socketio"
	"socketio/admin"
)

// What docs/dashboard.md shows.
func Example() {
	srv := socketio.NewServer(nil)
	a, err := admin.Install(srv, &admin.Options{
		// The bcrypt hash of the password, as of: htpasswd -nbB ada 'correct horse'
		Users: map[string]string{"ada": "$2y$10$OvvfAUSC.QFGG3RDeF2beOv2vQfen1S3N7h3/KFUpq6PYTPnxMQPm"},
	})
	if err != nil {
		log.Fatal(err)
	}

	http.Handle("/socket.io/", srv)
	http.Handle("/dashboard/", a.Dashboard())
	log.Fatal(http.ListenAndServe(":3000", nil))
}
