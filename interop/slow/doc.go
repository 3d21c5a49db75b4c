// Package slow tests what becomes of a server, and of those who read, when others do not. It
// is two processes, the server in the test's own and the clients in another, so that each
// has descriptors enough and the server's memory is its own:
//
//	go test ./interop/slow     a twentieth of it
//	make slow                  1,000 readers, 50 stalled, 400 broadcasts of 64 KiB
//	make bench-slow            what the stalled cost the readers, in five pairs
package slow
