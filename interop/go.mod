module socketio/interop

go 1.27.4

require (
	github.com/coder/websocket v1.8.15
	github.com/gorilla/websocket v1.5.3
	socketio v0.0.0
	socketio/msgpack v0.0.0
)

require (
	github.com/klauspost/compress v1.20.3 // indirect
	github.com/philhofer/fwd v1.2.0 // indirect
	github.com/tinylib/msgp v1.6.5 // indirect
)

replace (
	socketio => ../
	socketio/msgpack => ../msgpack
)
