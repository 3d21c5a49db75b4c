//go:build unix

package broker

import (
	"os/exec"
	"syscall"
)

// apart keeps Ctrl-C from ending a process before those that need it.
func apart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
