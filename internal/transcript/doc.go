// Package transcript plays conversations between a client and a server of Engine.IO
// and Socket.IO, which are written down as they are on the wire. It plays the client's
// lines to a server and compares what that says with the server's lines. So one
// text says what a server has to do, and proves that any server does.
//
// A transcript is a txtar file: prose that says what it is about, and a section
// "wire":
//
//	A client upgrades; the GET that waited ends with a noop.
//
//	-- wire --
//	C  GET  ?EIO=4&transport=polling
//	S  200  0{"sid":"$sid","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}
//	C  GET  ?EIO=4&transport=polling&sid=$sid  (parked)
//	C  ws   ?EIO=4&transport=websocket&sid=$sid
//	C  ws   2probe
//	S  ws   3probe
//	S  200  6
//	C  ws   5
//	C  ws   (cut)
//
// # Lines
//
// A line says who speaks, C or S, on what, and what. Lines that begin with # are
// remarks. Indented lines are headers of the request above, or headers that the
// response above must have.
//
//	C  METHOD  ?query body      sends a request, each on a connection of its own
//	C  METHOD  ?query (parked)  the same, and sees to it that it is not answered yet
//	C  METHOD  (cut)            hangs up instead of waiting for the answer
//	S  STATUS  body             the answer to the latest request that has none yet
//	C  ws      ?query           opens a WebSocket; if it is refused, S STATUS says how
//	C  ws      text             sends a text message
//	S  ws      text             the next message
//
// Instead of a text, a WebSocket's line may have
//
//	(binary 01 02 ff)           a binary message
//	(close 1000)                a close frame, 1005 for one without a code
//	(cut)                       C: hangs up without a word
//	(end)                       S: the connection ends without a close frame
//	(nothing)                   S: nothing comes
//
// and a response (any) for a body that does not matter, and (none) for a header that must
// not be there. The client answers the server's close frame by itself. Requests and WebSockets that must be told apart have
// names: GET:first, 200:first, ws:second.
//
// A $name in a server's line stands for letters, digits, - and _: any when it is
// first seen, the same from then on. In a client's line it is replaced by them. $_ stands for
// any each time. The sign ␞ stands for the separator of packets in polling, ␊ for a
// line feed, ␀ to ␉ for the bytes 0 to 9, any other picture of a control character for
// that, and ▪ for the byte 255.
//
// Whatever the server says that no line speaks of is an error, and so is a request that has
// no answer at the end.
//
// # Fields
//
// Two lines of the prose mean something: "Server: name" says which server of a
// program's it is for, and "Ours alone: reason" that others rightly behave otherwise.
package transcript
