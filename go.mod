module socketio

go 1.27.4

require (
	github.com/klauspost/compress v1.20.3
	go.uber.org/goleak v1.3.0
)
