// Package faults tests what is promised when something goes wrong.
package faults
