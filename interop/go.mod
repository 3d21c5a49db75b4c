module socketio/interop

go 1.27.4

require (
	github.com/coder/websocket v1.8.15
	github.com/gorilla/websocket v1.5.3
	socketio v0.0.0
)

require github.com/klauspost/compress v1.20.3 // indirect

replace socketio => ../
