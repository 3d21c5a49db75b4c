// Package msgpack carries the packets of Socket.IO as MessagePack instead of JSON. It
// is compatible on the wire with the npm package socket.io-msgpack-parser, which
// clients have to be given as their parser:
//
//	socketio.NewServer(&socketio.Options{Codec: msgpack.Codec{}})
//
//	io(url, { parser: require("socket.io-msgpack-parser") })
//
// A packet is one binary message: a map of "type", "nsp", "data" and, if there is
// one, "id". Binary values lie within it, so there are no attachments to count.
//
// Everything else about payloads is as with JSON, whose rules the type
// [socketio.Event] tells: what a Go value looks like over JSON it looks like over
// MessagePack, except that a []byte is a bin. What arrives is given to handlers as if
// it had come as JSON: a Date or a timestamp as a string in the form of ISO 8601,
// undefined as null or, in a map, as nothing, NaN and the infinities as null. An
// extension type that this package does not know is an array of its number and its
// bytes, as it is for the npm package.
package msgpack
