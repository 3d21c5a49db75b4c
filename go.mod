module socketio

go 1.27.4
