package main

import (
	"encoding/json/jsontext"
	"fmt"
	"strings"
)

// split divides a line of the console into words: JSON values, whatever space they have
// inside, what is between single quotes, and else what is between spaces.
func split(line string) ([]string, error) {
	var words []string
	for {
		line = strings.TrimLeft(line, " \t")
		if line == "" {
			return words, nil
		}
		n, word, err := nextWord(line)
		if err != nil {
			return nil, err
		}
		words = append(words, word)
		line = line[n:]
	}
}

// nextWord returns the first word of a line, and how many bytes it takes.
func nextWord(line string) (n int, word string, err error) {
	switch line[0] {
	case '\'':
		end := strings.IndexByte(line[1:], '\'')
		if end < 0 {
			return 0, "", fmt.Errorf("the quote of %s has no end", line)
		}
		return end + 2, line[1 : end+1], nil
	case '{', '[', '"':
		d := jsontext.NewDecoder(strings.NewReader(line))
		v, err := d.ReadValue()
		if err != nil {
			return 0, "", fmt.Errorf("%s is no JSON: %w", line, err)
		}
		return int(d.InputOffset()), string(v), nil
	}
	if n = strings.IndexAny(line, " \t"); n < 0 {
		n = len(line)
	}
	return n, line[:n], nil
}
