package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// A file is one that goes into an archive.
type file struct {
	name string
	mode fs.FileMode
	data []byte
}

// pack writes the archive of a program, and what the program is made of.
func (r *release) pack(p program, c commit, out string) error {
	base := r.base(p.target)
	files := []file{{name: base + "/" + filepath.Base(p.path), mode: 0o755}, {name: base + "/LICENSE", mode: 0o644}, {name: base + "/README.md", mode: 0o644}}
	for i, from := range []string{p.path, filepath.Join(r.root, "LICENSE"), filepath.Join(r.root, "docs", "command-line.md")} {
		data, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		files[i].data = data
	}
	name, write := base+".tar.gz", tarball
	if p.os == "windows" {
		name, write = base+".zip", zipped
	}
	var archive bytes.Buffer
	if err := write(&archive, files, c.date); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(out, name), archive.Bytes(), 0o644); err != nil || r.sbom == "" {
		return err
	}
	return running(exec.Command(r.sbom, "bin", "-json", "-noserial", "-notimestamp", "-version", r.version, "-output", filepath.Join(out, base+".cdx.json"), p.path))
}

// tarball writes a compressed archive whose bytes depend on the files and the date alone.
func tarball(w io.Writer, files []file, date time.Time) error {
	packed := gzip.NewWriter(w)
	if err := tarred(packed, files, date); err != nil {
		return err
	}
	return packed.Close()
}

// tarred is tarball, not compressed.
func tarred(w io.Writer, files []file, date time.Time) error {
	archive := tar.NewWriter(w)
	for _, f := range files {
		header := &tar.Header{Name: f.name, Mode: int64(f.mode.Perm()), Size: int64(len(f.data)), ModTime: date, Format: tar.FormatUSTAR}
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
		if _, err := archive.Write(f.data); err != nil {
			return err
		}
	}
	return archive.Close()
}

// zipped is tarball in the form that Windows opens.
func zipped(w io.Writer, files []file, date time.Time) error {
	archive := zip.NewWriter(w)
	for _, f := range files {
		header := &zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: date}
		header.SetMode(f.mode)
		entry, err := archive.CreateHeader(header)
		if err != nil {
			return err
		}
		if _, err := entry.Write(f.data); err != nil {
			return err
		}
	}
	return archive.Close()
}

// sums writes SHA256SUMS of all files of a directory, as sha256sum -c reads it.
func sums(out string) error {
	entries, err := os.ReadDir(out)
	if err != nil {
		return err
	}
	var list bytes.Buffer
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(out, e.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&list, "%x  %s\n", sha256.Sum256(data), e.Name())
	}
	return os.WriteFile(filepath.Join(out, "SHA256SUMS"), list.Bytes(), 0o644)
}
