//go:build !linux

package ws

import "errors"

// haveVectors says whether writeVector can be used.
const haveVectors = false

func writeVector(int, [][]byte) (int, error) { return 0, errors.ErrUnsupported }
