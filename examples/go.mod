module socketio/examples

go 1.27.4

require socketio v0.0.0

require github.com/klauspost/compress v1.20.3 // indirect

replace socketio => ../
