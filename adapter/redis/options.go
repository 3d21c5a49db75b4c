package redis

import (
	"log/slog"
)

// prefix is the beginning of all names unless the options say otherwise.
const prefix = "socket.io"

// logError reports trouble if the options do not say to whom.
func logError(err error) { slog.With("component", "redis").Error(err.Error()) }

func reporter(onError func(error)) func(error) {
	if onError == nil {
		return logError
	}
	return onError
}
