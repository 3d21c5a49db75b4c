package ws

import (
	"encoding/binary"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The close codes of RFC 6455 §7.4.1 and of the IANA registry it began.
const (
	StatusNormal           = 1000
	StatusGoingAway        = 1001
	StatusProtocolError    = 1002
	StatusUnsupportedData  = 1003
	StatusNoStatus         = 1005 // never sent: the close frame had no code
	StatusAbnormal         = 1006 // never sent: there was no close frame
	StatusInvalidPayload   = 1007
	StatusPolicyViolation  = 1008
	StatusTooBig           = 1009
	StatusMissingExtension = 1010
	StatusInternalError    = 1011
	StatusServiceRestart   = 1012
	StatusTryAgainLater    = 1013
	StatusBadGateway       = 1014
)

// maxReason is how many bytes of reason a close frame has room for.
const maxReason = maxControl - 2

// A CloseError says why a connection ends: what the peer's close frame said, or
// what this end should say in its own because of what the peer sent.
type CloseError struct {
	Code   int
	Reason string
}

// Error gives the code and, where there is one, the reason.
func (e *CloseError) Error() string {
	text := "ws: closed with code " + strconv.Itoa(e.Code)
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return text
}

// sendable says whether a close frame may carry the code.
func sendable(code int) bool {
	switch {
	case code < StatusNormal, code > 4999:
		return false
	case code < 3000:
		return code <= StatusUnsupportedData || code >= StatusInvalidPayload && code <= StatusBadGateway
	}
	return true
}

// AppendClose appends a close frame and returns the extended buffer. A code that
// must not be sent, such as StatusNoStatus, gives a frame without a body. Of the
// reason at most 123 bytes are sent, cut between runes; what is not UTF-8 in it is
// replaced by U+FFFD. The frame is masked for a client and not for a server.
func AppendClose(dst []byte, code int, reason string, masked bool) []byte {
	var body [maxControl]byte
	n := 0
	if sendable(code) {
		binary.BigEndian.PutUint16(body[:], uint16(code))
		n = 2 + copy(body[2:], cutReason(reason))
	}
	if masked {
		return AppendMasked(dst, OpClose, body[:n])
	}
	return AppendFrame(dst, OpClose, body[:n])
}

func cutReason(reason string) string {
	reason = strings.ToValidUTF8(reason, "\uFFFD")
	if len(reason) <= maxReason {
		return reason
	}
	end := maxReason
	for !utf8.RuneStart(reason[end]) {
		end--
	}
	return reason[:end]
}

// ParseClose reads the body of a close frame that a [Parser] has delivered. An
// empty body gives StatusNoStatus.
func ParseClose(data []byte) CloseError {
	if len(data) < 2 {
		return CloseError{Code: StatusNoStatus}
	}
	return CloseError{Code: int(binary.BigEndian.Uint16(data)), Reason: string(data[2:])}
}

// checkClose applies the rules for the body of a peer's close frame (RFC 6455
// §5.5.1 and §7.4).
func checkClose(data []byte) error {
	switch {
	case len(data) == 0:
		return nil
	case len(data) == 1:
		return protocolError("close body of one byte")
	case !sendable(int(binary.BigEndian.Uint16(data))):
		return protocolError("close code that must not be sent")
	case !utf8.Valid(data[2:]):
		return invalidText()
	}
	return nil
}

func protocolError(reason string) error {
	return &CloseError{Code: StatusProtocolError, Reason: reason}
}

func invalidText() error {
	return &CloseError{Code: StatusInvalidPayload, Reason: "invalid UTF-8"}
}
