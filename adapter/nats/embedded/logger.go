package embedded

import (
	"fmt"
	"sync"
)

// A logger takes what nats-server logs, which may be fatal and must not end the process.
type logger struct {
	report func(error)

	once  sync.Once
	end   error         // what was fatal
	ended chan struct{} // closed when end is there
}

func (l *logger) Fatalf(format string, args ...any) {
	l.once.Do(func() {
		l.end = fmt.Errorf(format, args...)
		close(l.ended)
	})
}

func (l *logger) Errorf(format string, args ...any) {
	l.report(fmt.Errorf("nats-server: "+format, args...))
}

func (l *logger) Warnf(string, ...any)   {}
func (l *logger) Noticef(string, ...any) {}
func (l *logger) Debugf(string, ...any)  {}
func (l *logger) Tracef(string, ...any)  {}
