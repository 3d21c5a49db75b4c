package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json/v2"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// The documents of an image (OCI Image Format Specification 1.1).
type (
	descriptor struct {
		MediaType   string            `json:"mediaType"`
		Digest      string            `json:"digest"`
		Size        int               `json:"size"`
		Platform    *platform         `json:"platform,omitzero"`
		Annotations map[string]string `json:"annotations,omitzero"`
	}
	platform struct {
		Architecture string `json:"architecture"`
		OS           string `json:"os"`
	}
	index struct {
		SchemaVersion int          `json:"schemaVersion"`
		MediaType     string       `json:"mediaType"`
		Manifests     []descriptor `json:"manifests"`
	}
	manifest struct {
		SchemaVersion int          `json:"schemaVersion"`
		MediaType     string       `json:"mediaType"`
		Config        descriptor   `json:"config"`
		Layers        []descriptor `json:"layers"`
	}
	configuration struct {
		platform

		Created time.Time `json:"created"`
		Config  execution `json:"config"`
		RootFS  rootFS    `json:"rootfs"`
	}
	execution struct {
		User         string              `json:"User"`
		ExposedPorts map[string]struct{} `json:"ExposedPorts"`
		Entrypoint   []string            `json:"Entrypoint"`
		Cmd          []string            `json:"Cmd"`
		Labels       map[string]string   `json:"Labels"`
	}
	rootFS struct {
		Type    string   `json:"type"`
		DiffIDs []string `json:"diff_ids"`
	}
)

const (
	typeIndex    = "application/vnd.oci.image.index.v1+json"
	typeManifest = "application/vnd.oci.image.manifest.v1+json"
	typeConfig   = "application/vnd.oci.image.config.v1+json"
	typeLayer    = "application/vnd.oci.image.layer.v1.tar+gzip"
)

// A layout is an image's files, each blob once.
type layout struct {
	files []file
	known map[string]bool
}

// add makes data a blob, and describes it.
func (l *layout) add(mediaType string, data []byte) descriptor {
	digest := fmt.Sprintf("%x", sha256.Sum256(data))
	if !l.known[digest] {
		l.known[digest] = true
		l.files = append(l.files, file{"blobs/sha256/" + digest, 0o644, data})
	}
	return descriptor{MediaType: mediaType, Digest: "sha256:" + digest, Size: len(data)}
}

// addJSON is add for a document.
func (l *layout) addJSON(mediaType string, v any) (descriptor, error) {
	data, err := json.Marshal(v, json.Deterministic(true))
	return l.add(mediaType, data), err
}

// image writes the image of the programs for Linux, if there are any. It has nothing in it
// but the program and its licence, and is no root.
func (r *release) image(programs []program, c commit, out string) error {
	l := layout{known: map[string]bool{}}
	var manifests []descriptor
	for _, p := range programs {
		if p.os != "linux" {
			continue
		}
		d, err := r.addProgram(&l, p, c)
		if err != nil {
			return err
		}
		manifests = append(manifests, d)
	}
	if len(manifests) == 0 {
		return nil
	}
	all, err := l.addJSON(typeIndex, index{2, typeIndex, manifests})
	if err != nil {
		return err
	}
	all.Annotations = map[string]string{"org.opencontainers.image.ref.name": r.version}
	top, err := json.Marshal(index{2, typeIndex, []descriptor{all}}, json.Deterministic(true))
	if err != nil {
		return err
	}
	files := append([]file{{"oci-layout", 0o644, []byte(`{"imageLayoutVersion":"1.0.0"}`)}, {"index.json", 0o644, top}}, l.files...)
	var archive bytes.Buffer
	if err := tarred(&archive, files, c.date); err != nil {
		return err
	}
	name := fmt.Sprintf("sio_%s_image.oci.tar", strings.TrimPrefix(r.version, "v"))
	return os.WriteFile(filepath.Join(out, name), archive.Bytes(), 0o644)
}

// addProgram adds the image for one architecture.
func (r *release) addProgram(l *layout, p program, c commit) (descriptor, error) {
	data, err := os.ReadFile(p.path)
	if err != nil {
		return descriptor{}, err
	}
	licence, err := os.ReadFile(filepath.Join(r.root, "LICENSE"))
	if err != nil {
		return descriptor{}, err
	}
	files := []file{{"sio", 0o755, data}, {"LICENSE", 0o644, licence}}
	var plain, packed bytes.Buffer
	if err := tarred(&plain, files, c.date); err != nil {
		return descriptor{}, err
	}
	if err := tarball(&packed, files, c.date); err != nil {
		return descriptor{}, err
	}
	on := platform{Architecture: p.arch, OS: p.os}
	config, err := l.addJSON(typeConfig, configuration{
		platform: on, Created: c.date,
		Config: execution{
			User: "65532:65532", ExposedPorts: map[string]struct{}{"3000/tcp": {}},
			Entrypoint: []string{"/sio"}, Cmd: []string{"serve", "--addr", ":3000"},
			Labels: map[string]string{
				"org.opencontainers.image.title": "sio", "org.opencontainers.image.version": r.version, "org.opencontainers.image.revision": c.hash,
			},
		},
		RootFS: rootFS{"layers", []string{fmt.Sprintf("sha256:%x", sha256.Sum256(plain.Bytes()))}},
	})
	if err != nil {
		return descriptor{}, err
	}
	d, err := l.addJSON(typeManifest, manifest{2, typeManifest, config, []descriptor{l.add(typeLayer, packed.Bytes())}})
	d.Platform = &on
	return d, err
}
