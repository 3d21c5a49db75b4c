package ws

import "strconv"

// deflateName is the name of the extension of RFC 7692.
const deflateName = "permessage-deflate"

const (
	minBits = 8  // the smallest window is 256 bytes
	maxBits = 15 // the largest, which is that of DEFLATE itself, is 32 KiB

	// keptBits limits what the peer may look back on where we keep it for each
	// connection: to 4 KiB.
	keptBits = 12
)

// parameters are those of permessage-deflate (RFC 7692 §7.1), in an offer or in the
// answer to one.
type parameters struct {
	serverAlone bool  // server_no_context_takeover: each message of the server stands alone
	clientAlone bool  // client_no_context_takeover
	serverBits  uint8 // server_max_window_bits, 0 if not given
	clientBits  uint8 // client_max_window_bits, maxBits if given without a value
}

// String writes the parameters as an extension, with a value for each of the bits.
func (p parameters) String() string {
	s := deflateName
	if p.serverAlone {
		s += "; server_no_context_takeover"
	}
	if p.clientAlone {
		s += "; client_no_context_takeover"
	}
	if p.serverBits != 0 {
		s += "; server_max_window_bits=" + strconv.Itoa(int(p.serverBits))
	}
	if p.clientBits != 0 {
		s += "; client_max_window_bits=" + strconv.Itoa(int(p.clientBits))
	}
	return s
}

// set takes one parameter and says whether it is one, is right, and is the first of
// its name. Only an offer's client_max_window_bits may go without a value.
func (p *parameters) set(name, value string, valued, offer bool) bool {
	switch name {
	case "server_no_context_takeover":
		return !valued && once(&p.serverAlone, true)
	case "client_no_context_takeover":
		return !valued && once(&p.clientAlone, true)
	case "server_max_window_bits":
		return once(&p.serverBits, windowBits(value))
	case "client_max_window_bits":
		if !valued && offer {
			return once(&p.clientBits, maxBits)
		}
		return once(&p.clientBits, windowBits(value))
	}
	return false
}

// once sets what has not been set, and says whether it has.
func once[T comparable](field *T, value T) bool {
	var unset T
	if *field != unset {
		return false
	}
	*field = value
	return value != unset
}

// windowBits reads a number of bits; it is 0 for what is none.
func windowBits(s string) uint8 {
	for bits := uint8(minBits); bits <= maxBits; bits++ {
		if s == strconv.Itoa(int(bits)) {
			return bits
		}
	}
	return 0
}

// accept returns the answer to the first offer that can be accepted, in the order of
// the client's preference, and whether there is one. Behind an element that breaks
// the header's syntax nothing is looked at (RFC 6455 §9.1, RFC 7692 §5.1).
func accept(offers []string, takeover bool) (answer parameters, ok bool) {
	for _, line := range offers {
		s := extensionScanner{rest: line}
		for !s.end() {
			offer, valid := s.next(true)
			if s.bad {
				return parameters{}, false
			}
			if valid {
				return offer.answer(takeover), true
			}
		}
	}
	return parameters{}, false
}

// answer is a server's answer to an offer. Without takeover neither end looks back
// beyond a message, whether the client has offered that or not; with it, what the
// client may look back on is limited if it can be told so.
func (p parameters) answer(takeover bool) parameters {
	a := parameters{
		serverAlone: p.serverAlone || !takeover,
		clientAlone: p.clientAlone || !takeover,
		serverBits:  p.serverBits,
	}
	if p.clientBits != 0 && !a.clientAlone {
		a.clientBits = min(p.clientBits, keptBits)
	}
	return a
}

// agree reads a server's answer to the offer of a client that understands all
// parameters, and says whether it is one: empty if the server declines, or the one
// extension that was offered.
func agree(answer []string) (p parameters, accepted, ok bool) {
	for _, line := range answer {
		s := extensionScanner{rest: line}
		for !s.end() {
			var valid bool
			if p, valid = s.next(false); !valid || accepted {
				return parameters{}, false, false
			}
			accepted = true
		}
	}
	return p, accepted, true
}

// An extensionScanner reads a line of Sec-WebSocket-Extensions (RFC 6455 §9.1).
type extensionScanner struct {
	rest string
	bad  bool // the syntax is wrong; the rest means nothing
}

// end skips what is between elements, and says whether none is left.
func (s *extensionScanner) end() bool {
	for s.take(',') {
	}
	return s.bad || s.rest == ""
}

// next reads an element, and says whether it is permessage-deflate with parameters
// that are right in an offer, or else in an answer.
func (s *extensionScanner) next(offer bool) (p parameters, ok bool) {
	ok = s.token() == deflateName
	for !s.bad && s.take(';') {
		name := s.token()
		value, valued := "", s.take('=')
		if valued {
			value = s.value()
		}
		ok = ok && p.set(name, value, valued, offer)
	}
	s.space()
	if s.rest != "" && s.rest[0] != ',' {
		s.bad = true
	}
	return p, ok && !s.bad
}

func (s *extensionScanner) space() {
	for s.rest != "" && (s.rest[0] == ' ' || s.rest[0] == '\t') {
		s.rest = s.rest[1:]
	}
}

// take skips c and the space before it, if c is what comes next.
func (s *extensionScanner) take(c byte) bool {
	s.space()
	if s.rest == "" || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// token reads a token; without one the syntax is wrong.
func (s *extensionScanner) token() string {
	s.space()
	n := 0
	for n < len(s.rest) && isTokenByte(s.rest[n]) {
		n++
	}
	token := s.rest[:n]
	s.rest = s.rest[n:]
	s.bad = s.bad || n == 0
	return token
}

// value reads a token, or a quoted string that holds one.
func (s *extensionScanner) value() string {
	if !s.take('"') {
		return s.token()
	}
	var quoted []byte
	for i := 0; i < len(s.rest); i++ {
		switch c := s.rest[i]; {
		case c == '"':
			s.rest = s.rest[i+1:]
			s.bad = s.bad || !isToken(string(quoted))
			return string(quoted)
		case c == '\\' && i+1 < len(s.rest):
			i++
			quoted = append(quoted, s.rest[i])
		default:
			quoted = append(quoted, c)
		}
	}
	s.bad = true
	return ""
}
