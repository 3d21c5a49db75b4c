// Package nats joins Socket.IO servers over NATS. It has two forms of the Bus of package
// adapter; all servers of a fleet have to use the same one, with the same options.
//
//   - [Core] sends over subjects of NATS, and keeps nothing.
//   - [JetStream] keeps events in a stream as well, so that clients get what they missed on
//     whichever server they come back to.
//
// The connection is the caller's: [Dial] opens one as a Bus wants it, and any other will
// do. Close it after the servers. A Bus may be shared by several servers of one process.
//
// Package embedded, a module of its own, has a broker that runs within the servers, for
// fleets that have none.
package nats
