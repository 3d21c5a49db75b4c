package main

import (
	"slices"
	"testing"
)

func TestTargetsBelongToThePackageNamedAfterThem(t *testing.T) {
	out := `FuzzDecode
FuzzPayload
ok  	socketio/eio4	0.003s
?   	socketio/internal/cmd/npm	[no test files]
ok  	socketio/internal/wheel	0.002s
FuzzDecode
ok  	socketio/sio5	0.003s
`
	want := []target{
		{"socketio/eio4", "FuzzDecode"},
		{"socketio/eio4", "FuzzPayload"},
		{"socketio/sio5", "FuzzDecode"},
	}
	if got := parseList([]byte(out)); !slices.Equal(got, want) {
		t.Errorf("targets = %v, want %v", got, want)
	}
}
