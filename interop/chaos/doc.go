// Package chaos is for tests of what connections go through. It has a proxy that breaks
// the connections on it in the ways of networks, [Proxy]; a checker of what became of
// numbered messages, [History]; and a network in memory for tests within synctest,
// [Memory].
//
// What a test does with all of them together is [TestCuts]:
//
//	go test -v -run TestCuts ./interop/chaos -args -cuts 200
//
// Without -v, go test keeps what it prints to itself unless it fails.
package chaos
