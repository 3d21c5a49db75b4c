module socketio/admin

go 1.27.4

require (
	golang.org/x/crypto v0.58.0
	socketio v0.0.0
)

require github.com/klauspost/compress v1.20.3 // indirect

replace socketio => ../
