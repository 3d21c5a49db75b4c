package nats

import (
	"log/slog"
	"time"

	natsgo "github.com/nats-io/nats.go"
)

// How Dial makes connections find out that the broker is lost, and that it is back.
const (
	dialAgain    = 200 * time.Millisecond
	dialJitter   = 100 * time.Millisecond
	dialTimeout  = 10 * time.Second
	pingEvery    = 5 * time.Second
	pingsMissing = 3
	writeTimeout = 5 * time.Second
)

// Dial opens a connection for a [Core] or a [JetStream]. Servers is a URL of NATS, or several
// with commas between. The options are applied behind those of Dial, which differ from the
// defaults of NATS:
//
//   - it tries until it succeeds, also the first time, and five times a second, so Dial
//     returns without an error while the broker is away;
//   - nothing is kept for a broker that is away, as others would get it late;
//   - a broker that does not answer counts as lost after about twenty seconds;
//   - what goes wrong at any other time is logged by package slog.
func Dial(servers string, options ...natsgo.Option) (*natsgo.Conn, error) {
	return natsgo.Connect(servers, append([]natsgo.Option{
		natsgo.Name("socket.io"),
		natsgo.RetryOnFailedConnect(true),
		natsgo.IgnoreAuthErrorAbort(),
		natsgo.MaxReconnects(-1),
		natsgo.ReconnectWait(dialAgain),
		natsgo.ReconnectJitter(dialJitter, dialJitter),
		natsgo.ReconnectBufSize(-1),
		natsgo.Timeout(dialTimeout),
		natsgo.PingInterval(pingEvery),
		natsgo.MaxPingsOutstanding(pingsMissing),
		natsgo.FlusherTimeout(writeTimeout),
		natsgo.ErrorHandler(logAsync),
	}, options...)...)
}

// logAsync logs what is wrong with a connection or one of its subscriptions.
func logAsync(_ *natsgo.Conn, sub *natsgo.Subscription, err error) {
	log := slog.With("component", "nats")
	if sub != nil {
		log = log.With("subject", sub.Subject)
	}
	log.Error("nats: " + err.Error())
}
