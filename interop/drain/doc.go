// Package drain tests how a server leaves: it and its successor are processes of their own,
// with thousands of clients that come from the one to the other while they send messages.
//
//	go test ./interop/drain     100 clients, 3 s
//	make drain                  4,000 clients, 20 s, with the rate of closes
package drain
