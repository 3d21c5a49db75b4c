// Package admin shows what a Socket.IO server does, and lets somebody act on it: who is
// connected, which rooms there are, what is sent, and how much of all that.
//
//	srv := socketio.NewServer(&socketio.Options{CORS: socketio.CORS{
//		Origins: []string{"https://admin.socket.io", "https://chat.example"}, Credentials: true, // and one's own
//	}})
//	a, err := admin.Install(srv, &admin.Options{Users: map[string]string{"ada": "$2y$10$…"}})
//
// It speaks the protocol of @socket.io/admin-ui, in a namespace of the server, so that the
// page at https://admin.socket.io works with it, also where some servers of a cluster are
// written for Node. A client whose auth has "dashboard": 1 gets another view, made for large
// servers: summaries once a second, and the rest when it asks; see [Admin.Dashboard].
//
// While nobody watches, an event costs two checks of a pointer.
package admin
