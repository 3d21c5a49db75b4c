// Package ws is the WebSocket protocol, RFC 6455, for both ends of a connection, with
// compressed messages, RFC 7692.
//
// Its lowest layer does no input or output. A [Parser] is given what was read and
// hands out whole messages; the Append functions write frames behind what a buffer
// already holds. [Check] and [Accept] are the server's handshake, [Dial] is the
// client's, and a [Deflater] agrees with either on compression.
package ws
