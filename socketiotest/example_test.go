package socketiotest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"socketio/socketiotest"
)

func TestWhatIsSaidComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := socketiotest.NewServer(t, newServer())
		c := s.Client(t, nil)
		if err := c.Emit(say, line{Text: "hello"}); err != nil {
			t.Fatal(err)
		}
		if got := c.Expect(t, said); got.Text != "hello" {
			t.Errorf("said came with %v", got)
		}
		c.ExpectNone(t, said, time.Minute)
	})
}
