package forward

import (
	"crypto/rand"
	"encoding/base64"
	"hash/fnv"
)

// How a session id is made up.
const (
	randomLength = 16 // characters, 96 bits
	idLength     = randomLength + 4
)

var idEncoding = base64.RawURLEncoding.Strict()

// NewID returns a session id of 20 characters that nobody can guess and that names the node
// with that tag, of 24 bits: the last four are the tag, XORed with a hash of the others, so
// that ids of one node do not look alike.
func NewID(tag uint32) string {
	var b [15]byte
	rand.Read(b[:12]) // never fails
	var id [idLength]byte
	idEncoding.Encode(id[:], b[:12])
	sum := tag ^ mix(string(id[:randomLength]))
	b[12], b[13], b[14] = byte(sum>>16), byte(sum>>8), byte(sum)
	idEncoding.Encode(id[randomLength:], b[12:])
	return string(id[:])
}

// tagOf returns the tag of the node that an id names. Any 20 characters of the alphabet name
// one, which need not exist.
func tagOf(id string) (tag uint32, ok bool) {
	if len(id) != idLength {
		return 0, false
	}
	var b [15]byte
	if _, err := idEncoding.Decode(b[:], []byte(id)); err != nil {
		return 0, false
	}
	return (uint32(b[12])<<16 | uint32(b[13])<<8 | uint32(b[14])) ^ mix(id[:randomLength]), true
}

// mix is a hash of 24 bits.
func mix(text string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(text)) // never fails
	sum := h.Sum32()
	return sum>>24 ^ sum&0xffffff
}
