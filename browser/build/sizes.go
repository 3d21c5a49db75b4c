package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"text/tabwriter"
)

// official is where the tests with real clients have the official client's bundles, from
// the directory of package browser. What differs from release to release is little.
const official = "../interop/js/node_modules/client-4.8.4/dist"

// printSizes prints what a page loads, and fails if one of the bundles is over its limit.
func printSizes(out io.Writer, dir string) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "file\traw\tgzip -9\tlimit\tofficial 4.8.4, raw\tgzip -9\t")
	var over []error
	for _, b := range bundles {
		raw, packed, err := sizes(filepath.Join(dir, "dist", b.name))
		if err != nil {
			return err
		}
		limit, theirRaw, theirPacked := "-", "-", "-"
		if b.limit > 0 {
			limit = fmt.Sprint(b.limit)
		}
		if r, p, err := sizes(filepath.Join(dir, official, b.name)); err == nil {
			theirRaw, theirPacked = fmt.Sprint(r), fmt.Sprint(p)
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\t%s\t\n", b.name, raw, packed, limit, theirRaw, theirPacked)
		over = append(over, b.over(packed))
	}
	return errors.Join(w.Flush(), errors.Join(over...))
}

// over is an error if a bundle is larger than it may be.
func (b bundle) over(packed int) error {
	if b.limit > 0 && packed > b.limit {
		return fmt.Errorf("%s has %d bytes, compressed, %d more than it may", b.name, packed, packed-b.limit)
	}
	return nil
}

// sizes returns how many bytes a file has, and how many compressed by gzip -9: by the
// program of that name, where it is, as Go's compresses a little better.
func sizes(file string) (raw, packed int, err error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return 0, 0, err
	}
	program := exec.Command("gzip", "-9", "-n")
	program.Stdin = bytes.NewReader(content)
	if out, err := program.Output(); err == nil {
		return len(content), len(out), nil
	}
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return 0, 0, err
	}
	_, err = w.Write(content)
	err = errors.Join(err, w.Close())
	return len(content), b.Len(), err
}
