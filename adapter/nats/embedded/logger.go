package embedded

import (
	"fmt"
	"sync"
)

// A logger takes what nats-server logs, which may be fatal and must not end the process.
type logger struct {
	report func(error)

	mu  sync.Mutex // guards what follows
	end error      // what was fatal
}

func (l *logger) Fatalf(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.end = fmt.Errorf(format, args...)
}

// fatal returns what was fatal, if anything was.
func (l *logger) fatal() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.end
}

func (l *logger) Errorf(format string, args ...any) {
	l.report(fmt.Errorf("nats-server: "+format, args...))
}

func (l *logger) Warnf(format string, args ...any) { l.Errorf(format, args...) }

func (l *logger) Noticef(string, ...any) {}
func (l *logger) Debugf(string, ...any)  {}
func (l *logger) Tracef(string, ...any)  {}
