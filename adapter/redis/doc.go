// Package redis joins Socket.IO servers over Redis, in one fleet with servers for Node
// where wanted. It has three forms of the Bus of package adapter, each compatible with an
// adapter for Node; all servers of a fleet have to use the same one.
//
//   - [Streams], for @socket.io/redis-streams-adapter: what is sent passes through a
//     stream, so that clients get what they missed on whichever server they come back to.
//   - [Sharded], for createShardedAdapter of @socket.io/redis-adapter: Pub/Sub that a Redis
//     Cluster spreads over its nodes, with channels of their own for rooms.
//   - [Classic], for createAdapter of @socket.io/redis-adapter and for
//     @socket.io/redis-emitter: Pub/Sub of any version of Redis.
//
// The client is the caller's: how to reach Redis, and with which password, are options of
// rueidis. It is used for what is published; to listen, a Bus opens connections of its own by
// way of the client, from Subscribe until the contexts of all subscriptions have ended. Close
// the client after the servers.
//
// A Bus may be shared by several servers of one process. In a fleet with Node each
// server needs its own, since servers are counted by their connections.
package redis
