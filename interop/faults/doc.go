// Package faults tests what is promised when something goes wrong: in the network, in a
// process, or in a program that uses this module. Faults come from a proxy of package chaos,
// from the clock of synctest, and from processes that are stopped, starved and killed. The
// numbers are those of the faults that this project has set out to survive; docs/faults.md
// lists what each test promises.
//
//	make faults
//	go test -v -run TestRecoveryUnderCuts ./interop/faults -args -resumes 1000
//	go test -v -run TestF20 ./interop/faults -args -interleavings 10000
package faults
