// Package socketiotest is for tests of programs that use Socket.IO: a server and
// clients in one process, joined in memory, so that a test needs no port, no sleep, and
// within testing/synctest no time.
//
//	synctest.Test(t, func(t *testing.T) {
//		ada := socketiotest.NewServer(t, newServer()).Client(t, nil)
//		if err := ada.Emit(chat.Say, chat.Line{Text: "hello"}); err != nil {
//			t.Fatal(err)
//		}
//		line := ada.Expect(t, chat.Said)
//		…
//	})
//
// A client uses the transports that [socketio.ClientOptions] say. When a test fails, what
// its clients have sent and received is in its log.
package socketiotest
