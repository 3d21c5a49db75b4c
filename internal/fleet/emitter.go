package fleet

import (
	"testing"

	"socketio/adapter"
)

// An emitterMember is an emitter, which leaves what needs answers to a server.
type emitterMember struct {
	member
	t       *testing.T
	emitter *adapter.Emitter
}

func (m *emitterMember) selected(to selection) *adapter.Emitter {
	e := m.emitter
	if len(to.Rooms) > 0 {
		e = e.To(to.Rooms...)
	}
	return e.Except(to.Except...)
}

func (m *emitterMember) check(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Error(err)
	}
}

func (m *emitterMember) emit(to selection, event string, arg any) {
	m.check(m.selected(to).EmitArgs(m.t.Context(), event, arg))
}

func (m *emitterMember) join(to selection, room string) {
	m.check(m.selected(to).SocketsJoin(m.t.Context(), room))
}

func (m *emitterMember) leave(to selection, room string) {
	m.check(m.selected(to).SocketsLeave(m.t.Context(), room))
}

func (m *emitterMember) disconnect(to selection) {
	m.check(m.selected(to).DisconnectSockets(m.t.Context(), true))
}

func (m *emitterMember) tell(text string) {
	m.check(m.emitter.ServerSideEmit(m.t.Context(), string(told), text))
}
