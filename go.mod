module socketio

go 1.27.4

require go.uber.org/goleak v1.3.0
