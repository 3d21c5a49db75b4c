package socketio

import (
	"errors"
	"testing"
)

func TestErrorsSayWhatIsKnown(t *testing.T) {
	cause := errors.New("cause")
	tests := []struct {
		err   error
		want  string
		wraps error // nil for nothing
	}{
		{&ConnectError{Message: "no"}, "socketio: connection refused: no", nil},
		{&DisconnectError{Reason: ReasonPingTimeout}, "socketio: disconnected: ping timeout", ErrDisconnected},
		{&DisconnectError{Reason: ReasonTransportError, Err: cause}, "socketio: disconnected: transport error: cause", cause},
		{&PanicError{Value: "oops"}, "socketio: panic: oops", nil},
		{&PanicError{Value: cause}, "socketio: panic: cause", cause},
		{&PartialError{Got: 1, Want: 3, Err: cause}, "socketio: 1 of 3 answered: cause", cause},
	}
	for _, tt := range tests {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("%T says %q, want %q", tt.err, got, tt.want)
		}
		if tt.wraps != nil && !errors.Is(tt.err, tt.wraps) {
			t.Errorf("%v is no %v", tt.err, tt.wraps)
		}
		if tt.wraps == nil && errors.Unwrap(tt.err) != nil {
			t.Errorf("%v wraps %v", tt.err, errors.Unwrap(tt.err))
		}
	}
}
