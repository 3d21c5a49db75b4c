//go:build !race

package engineio

// raceEnabled says that the race detector's own memory and time are in every figure.
const raceEnabled = false
