// Package webtransport carries the connections of Socket.IO over WebTransport: one stream
// of a session, which runs over HTTP/3 and so over UDP. Browsers have it besides
// WebSocket; socket.io-client uses it from version 4.7 on, by itself or after it has begun
// with polling. What a program does with sockets stays the same.
//
//	srv := socketio.NewServer(&socketio.Options{Options: engineio.Options{
//		Transports: []string{engineio.Polling, engineio.WebSocket, engineio.WebTransport},
//	}})
//	overUDP := &webtransport.Server{Engine: srv.Engine(), TLS: tlsConfig, Handler: mux}
//	go overUDP.ListenAndServe(":443")
//
// The package is a module of its own, so that programs without it have none of the
// dependencies of QUIC. Those who have an HTTP/3 server already need only what
// [Server.ServeHTTP] is made of: AdmitStream and ServeStream of [engineio.Server].
package webtransport
