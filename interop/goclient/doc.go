// Package goclient tests the Go client against the official servers, which are installed
// from npm, over every transport.
package goclient
