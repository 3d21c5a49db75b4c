package socketio

// An Event names a one-way message that carries a T, the payload. Declared as
// constants in a package that server and Go client share, events are the
// contract between them, checked by the compiler on both ends:
//
//	const Say socketio.Event[Line] = "say"
//
// A bare string literal does as well where T can be inferred from the payload or
// from the handler. The names connect, connect_error, disconnect, disconnecting,
// newListener and removeListener belong to the protocol.
//
// # Payloads
//
// [None] is no argument, [Args2] and [Args3] are two and three positional
// arguments, and every other type is exactly one, with these rules:
//
//   - Values are encoded by encoding/json/v2: nil slices and maps become [] and
//     {}, nothing is escaped for HTML, and struct fields should carry json tags,
//     since what Go sends is read by JavaScript. When decoding, names of members
//     match without regard to case, and unknown ones are dropped.
//   - A []byte, at any depth and also as a named type, in a map or in an any, is
//     a binary attachment: a Buffer or ArrayBuffer in JavaScript. Only a binary
//     value decodes into a []byte, and a binary value decodes into an any as a
//     []byte. A nil []byte is null, and null is a nil []byte. Types with their own
//     JSON or text methods, such as jsontext.Value and net.IP, are not binary, nor
//     are arrays of bytes, which are base64 strings.
//   - NaN and the infinities become null, and invalid UTF-8, as well as the lone
//     surrogates that JavaScript may send, become U+FFFD. Integers keep all of
//     their digits, although JavaScript rounds those beyond 2⁵³.
//   - An argument that did not arrive is null, and null is the zero value of T.
//     Arguments beyond those that T asks for are ignored.
//   - An any decodes to nil, bool, float64, string, []any, map[string]any or
//     []byte.
//   - If T or *T has a method Validate() error, it is called on what was decoded;
//     an error refuses the message with a [*DecodeError]. A nil pointer is refused
//     without being asked.
//
// Payloads are encoded before the method that sends them returns, and decoded
// values belong to who receives them.
type Event[T any] string

// A Call names a message that carries a Q and is answered with an R, by an
// acknowledgement. Both follow the rules of [Event]. It is handled by OnAck and sent by
// EmitAck, where a bare string needs the answer's type: EmitAck[Roster](ctx, "join", q).
//
//	const Join socketio.Call[JoinRequest, Roster] = "join"
type Call[Q, R any] string

// None is the payload of a message, or of a reply, that carries nothing.
type None struct{}

// Args2 is a payload of two positional arguments, for events that a JavaScript
// peer sends or receives as emit("cursor", x, y).
type Args2[A, B any] struct {
	A A
	B B
}

// Args3 is a payload of three positional arguments.
type Args3[A, B, C any] struct {
	A A
	B B
	C C
}

// several is implemented by the payloads that are not exactly one argument. Its
// type parameter keeps out the structs that embed one of them: they inherit the
// methods, but not with themselves as T.
type several[T any] interface {
	appendArgs(dst []byte, att [][]byte, v T) ([]byte, [][]byte, error)
	decodeArgs(event string, in incoming) (T, error)
}

func (*None) appendArgs(dst []byte, att [][]byte, _ None) ([]byte, [][]byte, error) {
	return dst, att, nil
}

func (*None) decodeArgs(string, incoming) (None, error) { return None{}, nil }

func (*Args2[A, B]) appendArgs(dst []byte, att [][]byte, v Args2[A, B]) ([]byte, [][]byte, error) {
	dst, att, err := appendNext(dst, att, v.A)
	if err != nil {
		return dst, att, err
	}
	return appendNext(dst, att, v.B)
}

func (*Args2[A, B]) decodeArgs(event string, in incoming) (v Args2[A, B], err error) {
	if v.A, in, err = decodeNext[A](event, in); err == nil {
		v.B, _, err = decodeNext[B](event, in)
	}
	return v, err
}

func (*Args3[A, B, C]) appendArgs(dst []byte, att [][]byte, v Args3[A, B, C]) ([]byte, [][]byte, error) {
	dst, att, err := appendNext(dst, att, v.A)
	if err != nil {
		return dst, att, err
	}
	if dst, att, err = appendNext(dst, att, v.B); err != nil {
		return dst, att, err
	}
	return appendNext(dst, att, v.C)
}

func (*Args3[A, B, C]) decodeArgs(event string, in incoming) (v Args3[A, B, C], err error) {
	if v.A, in, err = decodeNext[A](event, in); err != nil {
		return v, err
	}
	if v.B, in, err = decodeNext[B](event, in); err == nil {
		v.C, _, err = decodeNext[C](event, in)
	}
	return v, err
}
