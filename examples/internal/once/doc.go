// Package once is for the test of package dedupe with SQLite, whose driver the core module
// must not require.
package once
