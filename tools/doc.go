// Package tools has no code. Its go.mod pins the programs that the make targets build,
// in a module of their own so that what they depend on stays out of everybody's build.
package tools
