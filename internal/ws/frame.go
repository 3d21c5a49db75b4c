package ws

import (
	"crypto/rand"
	"encoding/binary"
	"sync"
)

// An Opcode says what a frame carries (RFC 6455 §5.2).
type Opcode byte

// The opcodes that RFC 6455 defines. Continuation never appears in a [Message].
const (
	OpContinuation Opcode = 0x0
	OpText         Opcode = 0x1
	OpBinary       Opcode = 0x2
	OpClose        Opcode = 0x8
	OpPing         Opcode = 0x9
	OpPong         Opcode = 0xA
)

// control says whether the opcode is one of a control frame, reserved ones included.
func (op Opcode) control() bool { return op&0x8 != 0 }

func (op Opcode) known() bool { return op <= OpBinary || op >= OpClose && op <= OpPong }

// The bits of a frame's first two bytes, and what its 7-bit length may say.
const (
	finBit  = 0x80
	rsvBits = 0x70
	maskBit = 0x80

	length16 = 126 // the length follows in 2 bytes
	length64 = 127 // the length follows in 8 bytes

	maxControl = 125 // bytes of a control frame's payload
	maxHeader  = 14  // bytes of a frame's header
)

// AppendHeader appends the header of an unfragmented, unmasked frame whose
// payload is n bytes, and returns the extended buffer.
func AppendHeader(dst []byte, op Opcode, n int) []byte {
	return appendHeader(dst, op, n, 0)
}

// AppendFrame appends an unfragmented, unmasked frame, which is what a server
// sends, and returns the extended buffer.
func AppendFrame(dst []byte, op Opcode, payload []byte) []byte {
	return append(appendHeader(dst, op, len(payload), 0), payload...)
}

// AppendMasked appends an unfragmented frame masked with a fresh random key, which
// is what a client sends, and returns the extended buffer. The payload itself is
// not changed.
func AppendMasked(dst []byte, op Opcode, payload []byte) []byte {
	key := freshKey()
	dst = appendHeader(dst, op, len(payload), maskBit)
	dst = binary.LittleEndian.AppendUint32(dst, key)
	start := len(dst)
	dst = append(dst, payload...)
	mask(dst[start:], key)
	return dst
}

func appendHeader(dst []byte, op Opcode, n int, masked byte) []byte {
	first := finBit | byte(op)
	switch {
	case n < length16:
		return append(dst, first, masked|byte(n))
	case n <= 0xFFFF:
		return append(dst, first, masked|length16, byte(n>>8), byte(n))
	default:
		return binary.BigEndian.AppendUint64(append(dst, first, masked|length64), uint64(n))
	}
}

// maskKeys is a stock of masking keys, so that not every frame costs a system
// call. Each is used once: whoever sees a frame must not be able to tell the next
// one's key (RFC 6455 §10.3).
type maskKeys struct {
	random [512]byte
	left   int // the last left bytes of random are unused
}

var maskKeyStocks sync.Pool // of *maskKeys

func freshKey() uint32 {
	stock, _ := maskKeyStocks.Get().(*maskKeys)
	if stock == nil {
		stock = new(maskKeys)
	}
	if stock.left == 0 {
		rand.Read(stock.random[:]) // never fails: it ends the program instead
		stock.left = len(stock.random)
	}
	key := binary.LittleEndian.Uint32(stock.random[len(stock.random)-stock.left:])
	stock.left -= 4
	maskKeyStocks.Put(stock)
	return key
}
