package demo

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"socketio"
	"socketio/engineio"
	"socketio/socketiotest"
)

func startChat(t *testing.T) *socketiotest.Server {
	return socketiotest.NewServer(t, NewServer())
}

// as are the options of a client with that name in that room. Between two polls what is
// volatile would be dropped.
func as(name, room string) *socketio.ClientOptions {
	return &socketio.ClientOptions{
		DialOptions: engineio.DialOptions{Path: path, Transports: []string{engineio.WebSocket}},
		Auth:        Entry{Name: name, Room: room},
	}
}

// expectPeople waits until a client has been told that these are in the room.
func expectPeople(t *testing.T, c *socketiotest.Client, room string, want ...string) {
	t.Helper()
	p := c.Expect(t, People)
	var names []string
	for _, person := range p.People {
		names = append(names, person.Name)
	}
	if p.Room != room || !slices.Equal(names, want) {
		t.Errorf("in %q are %q, want in %q %q", p.Room, names, room, want)
	}
}

func TestAMessageReachesTheOthersInTheRoomAndIsAcknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startChat(t)
		ada, bob, eve := s.Client(t, as("Ada", "sea")), s.Client(t, as("Bob", "sea")), s.Client(t, as("Eve", "land"))
		png := []byte("\x89PNG\r\n\x1a\n and so on")
		receipt, err := ada.EmitAck(t.Context(), Say, Message{Text: "<b>look</b>", Image: png})
		if err != nil || receipt.Others != 1 {
			t.Errorf("the receipt is %v, %v; want 1 other", receipt, err)
		}
		if got := bob.Expect(t, Said); got.From != "Ada" || got.Text != "<b>look</b>" || string(got.Image) != string(png) {
			t.Errorf("it came as %q from %q with %q", got.Text, got.From, got.Image)
		}
		ada.ExpectNone(t, Said, time.Second)
		eve.ExpectNone(t, Said, time.Second)
	})
}

func TestWhoIsWhereIsToldWhenItChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startChat(t)
		ada := s.Client(t, as("Ada", "sea"))
		expectPeople(t, ada, "sea", "Ada")
		bob := s.Client(t, as("Bob", "sea"))
		expectPeople(t, ada, "sea", "Ada", "Bob")
		if _, err := bob.EmitAck(t.Context(), Enter, Entry{Name: "Bob", Room: "land"}); err != nil {
			t.Fatal(err)
		}
		expectPeople(t, ada, "sea", "Ada")
		var rooms []Room
		for want := []Room{{"land", 1}, {"sea", 1}}; !slices.Equal(rooms, want); {
			rooms = ada.Expect(t, Rooms) // fails when there are no more
		}
		if err := ada.Emit(Typing, true); err != nil {
			t.Fatal(err)
		}
		bob.ExpectNone(t, Writing, time.Second)
	})
}

func TestOthersSeeThatSomebodyWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startChat(t)
		ada, bob := s.Client(t, as("Ada", "sea")), s.Client(t, as("Bob", "sea"))
		synctest.Wait() // until nothing waits to be sent
		if err := ada.Emit(Typing, true); err != nil {
			t.Fatal(err)
		}
		if got, want := bob.Expect(t, Writing), (Writer{ID: ada.ID(), Name: "Ada", On: true}); got != want {
			t.Errorf("told was %v, want %v", got, want)
		}
	})
}

func TestWhoIsCutOffGetsWhatWasMissedAndIsInTheRoomAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startChat(t)
		ada := s.Client(t, as("Ada", "sea"))
		expectPeople(t, ada, "sea", "Ada")
		bob := s.Client(t, as("Bob", "sea"))
		expectPeople(t, ada, "sea", "Ada", "Bob")
		bob.Cut()
		expectPeople(t, ada, "sea", "Ada")
		if _, err := ada.EmitAck(t.Context(), Say, Message{Text: "missed"}); err != nil {
			t.Fatal(err)
		}
		bob.Resume()
		if got := bob.Expect(t, Said); got.Text != "missed" {
			t.Errorf("%q came, want what was missed", got.Text)
		}
		expectPeople(t, ada, "sea", "Ada", "Bob")
		if !bob.Recovered() {
			t.Error("the session began anew")
		}
	})
}

func TestWhoHasNoNameIsNotLetIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startChat(t)
		for _, who := range []Entry{{}, {Name: "Ada"}, {Room: "sea"}, {Name: " ", Room: "sea"}, {Name: strings.Repeat("é", 33), Room: "sea"}} {
			c := socketio.NewClient(s.URL, &socketio.ClientOptions{
				DialOptions: engineio.DialOptions{Path: path, HTTPClient: s.HTTPClient()}, Auth: who,
			})
			refusal, ok := errors.AsType[*socketio.ConnectError](c.Connect(t.Context()))
			if !ok || refusal.Message != "a name and a room have 1 to 32 characters" {
				t.Errorf("%+v: %v, want to be refused", who, refusal)
			}
			c.Close()
		}
		long := strings.Repeat("é", 32)
		expectPeople(t, s.Client(t, as(long, "<script>")), "<script>", long)
	})
}

func TestAMessageIsATextOrAPicture(t *testing.T) {
	for _, tt := range []struct {
		name string
		Message
		good bool
	}{
		{"empty", Message{}, false},
		{"a text", Message{Text: "<script>alert(1)</script>"}, true},
		{"a long text", Message{Text: strings.Repeat("字", 2000)}, true},
		{"too long a text", Message{Text: strings.Repeat("字", 2001)}, false},
		{"a picture", Message{Image: []byte("GIF89a…")}, true},
		{"a picture that is a program", Message{Image: []byte("<svg onload=alert(1)>")}, false},
		{"text and no picture", Message{Text: "look", Image: []byte("nothing")}, false},
	} {
		if err := tt.Validate(); (err == nil) != tt.good {
			t.Errorf("%s: %v, want good to be %v", tt.name, err, tt.good)
		}
	}
}

func TestWhatIsNoMessageIsAcknowledgedWithAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ada := startChat(t).Client(t, as("Ada", "sea"))
		answer, err := ada.EmitArgsAck(t.Context(), string(Say), Message{})
		if err != nil {
			t.Fatal(err)
		}
		var refusal struct{ Error string }
		if err := answer.Decode(&refusal); err != nil || refusal.Error != "nothing is said" {
			t.Errorf("the answer is %+v, %v", refusal, err)
		}
	})
}
