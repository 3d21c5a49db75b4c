// Package clientbench has no code but benchmarks: what a message costs our client in Go,
// beside a bare WebSocket client of another library that sends the same bytes.
package clientbench
