package oracle

import "testing"

// TestServersAnswerTheSameButForWhatIsListed sends each stream to all three
// servers. A difference that is listed but no longer seen is an error too.
func TestServersAnswerTheSameButForWhatIsListed(t *testing.T) {
	ours := echoServer(t, echoOurs)
	others := map[string]string{"coder": echoServer(t, echoCoder), "gorilla": echoServer(t, echoGorilla)}
	seen := make([]int, len(differences))
	streams := allStreams(t)
	for _, s := range streams {
		want, err := exchange(ours, s.input, s.limit)
		if err != nil {
			t.Errorf("%s: ours: %v", s.name, err)
			continue
		}
		for library, address := range others {
			got, err := exchange(address, s.input, s.limit)
			if err != nil {
				t.Errorf("%s: %s: %v", s.name, library, err)
				continue
			}
			if want.same(got) {
				continue
			}
			if i := explanation(library, want, got); i >= 0 {
				seen[i]++
			} else {
				t.Errorf("%s:\n ours %v\n %s %v", s.name, want, library, got)
			}
		}
	}
	for i, d := range differences {
		if seen[i] == 0 {
			t.Errorf("not seen: %s answers %d where ours answers %d %q", d.library, d.theirs, d.ours, d.reason)
		}
		t.Logf("%3d × %s %d, ours %d %q: %s", seen[i], d.library, d.theirs, d.ours, d.reason, d.why)
	}
	t.Logf("%d streams", len(streams))
}

// explanation returns which of the differences it is, or -1.
func explanation(library string, ours, theirs outcome) int {
	for i, d := range differences {
		if d.explains(library, ours, theirs) {
			return i
		}
	}
	return -1
}
