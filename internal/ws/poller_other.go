//go:build !linux

package ws

import "sync"

// A Poller waits for the input of connections that rest, on Linux. Here each connection
// has a goroutine.
type Poller struct{}

// NewPoller returns no poller.
func NewPoller(*sync.WaitGroup) *Poller { return nil }

func (p *Poller) add(*Conn) bool { return false }

func (p *Poller) remove(*Conn) {}

// A loop does not exist here.
type loop struct{}

func (c *Conn) leaveLoop() {}
