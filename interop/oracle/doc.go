// Package oracle has no code but tests: they give the same bytes to our WebSocket
// parser and to those of other libraries, and compare what comes back.
package oracle
