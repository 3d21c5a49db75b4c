// Command build makes the bundles of the browser client of its sources.
package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"log"
	"os"
	"path/filepath"
)

func main() {
	for _, b := range bundles {
		made, err := b.build(".")
		if err != nil {
			log.Fatal(b.name, err)
		}
		for n, c := range made {
			if err := os.WriteFile(filepath.Join("dist", n), c, 0o644); err != nil {
				log.Fatal(err)
			}
		}
		var w bytes.Buffer
		z, _ := gzip.NewWriterLevel(&w, 9)
		z.Write(made[b.name])
		z.Close()
		fmt.Println(b.name, len(made[b.name]), w.Len(), b.limit)
	}
}
