module socketio/adapter/redis

go 1.27.4

require (
	github.com/redis/rueidis v1.0.79
	socketio v0.0.0
	socketio/msgpack v0.0.0
)

require (
	github.com/klauspost/compress v1.20.3 // indirect
	github.com/philhofer/fwd v1.2.0 // indirect
	github.com/tinylib/msgp v1.6.5 // indirect
	golang.org/x/sys v0.47.0 // indirect
)

replace (
	socketio => ../..
	socketio/msgpack => ../../msgpack
)
