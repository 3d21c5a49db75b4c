module socketio/cmd/sio

go 1.27.4

require (
	socketio v0.0.0
	socketio/msgpack v0.0.0
)

require (
	github.com/klauspost/compress v1.20.3 // indirect
	github.com/philhofer/fwd v1.2.0 // indirect
	github.com/tinylib/msgp v1.6.5 // indirect
)

replace (
	socketio => ../..
	socketio/msgpack => ../../msgpack
)
