package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json/v2"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// checkout is the root of the repository.
const checkout = "../../.."

// The whole of it is made by make release-check. This is its short form: a small program of
// this repository, for one system.
func TestWhatIsBuiltTwiceInTwoDirectoriesIsTheSame(t *testing.T) {
	r := release{
		root: checkout, version: "v0.0.0-test", pkg: "./internal/cmd/parts",
		targets: []target{{"linux", runtime.GOARCH}},
	}
	var out strings.Builder
	if err := r.twice(&out); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(out.String(), "\n"); lines != 1+3 { // archive, image, notes
		t.Errorf("it says %s", out.String())
	}
}

func TestADifferenceIsFound(t *testing.T) {
	a, b := t.TempDir(), t.TempDir()
	write := func(dir, name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(a, "one", "1")
	write(b, "one", "1")
	if err := same(a, b); err != nil {
		t.Error(err)
	}
	write(b, "one", "2")
	if err := same(a, b); err == nil || !strings.Contains(err.Error(), "one is not the same") {
		t.Errorf("another text: %v", err)
	}
	write(b, "one", "1")
	write(b, "two", "")
	if err := same(a, b); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("another file: %v", err)
	}
}

// fake is a program that was not built.
func fake(t *testing.T, system, arch, name string) program {
	p := program{target{system, arch}, filepath.Join(t.TempDir(), name)}
	if err := os.WriteFile(p.path, []byte(system+" "+arch), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

var made = commit{"0123456789abcdef", time.Date(2026, 11, 23, 16, 0, 0, 0, time.UTC)}

func TestArchivesHaveTheProgramWithItsLicence(t *testing.T) {
	r := release{root: checkout, version: "v1.2.3"}
	out := t.TempDir()
	for _, p := range []program{fake(t, "linux", "amd64", "sio"), fake(t, "windows", "arm64", "sio.exe")} {
		if err := r.pack(p, made, out); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	packed, err := gzip.NewReader(bytes.NewReader(read(t, out, "sio_1.2.3_linux_amd64.tar.gz")))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range untar(t, packed) {
		got = append(got, fmt.Sprintf("%s %o %.11s", f.name, f.mode, f.data))
	}
	archive, err := zip.NewReader(bytes.NewReader(read(t, out, "sio_1.2.3_windows_arm64.zip")), int64(len(read(t, out, "sio_1.2.3_windows_arm64.zip"))))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.File {
		got = append(got, fmt.Sprintf("%s %o", f.Name, f.Mode().Perm()))
	}
	want := []string{
		"sio_1.2.3_linux_amd64/sio 755 linux amd64", "sio_1.2.3_linux_amd64/LICENSE 644 MIT License", "sio_1.2.3_linux_amd64/README.md 644 # The comma",
		"sio_1.2.3_windows_arm64/sio.exe 755", "sio_1.2.3_windows_arm64/LICENSE 644", "sio_1.2.3_windows_arm64/README.md 644",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q,\nwant %q", got, want)
	}
}

func TestSumsAreThoseOfTheFiles(t *testing.T) {
	out := t.TempDir()
	if err := os.WriteFile(filepath.Join(out, "a"), []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := sums(out); err != nil {
		t.Fatal(err)
	}
	if got, want := string(read(t, out, "SHA256SUMS")), fmt.Sprintf("%x  a\n", sha256.Sum256([]byte("text"))); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestTheImageIsALayoutForBothArchitectures(t *testing.T) {
	r := release{root: checkout, version: "v1.2.3"}
	out := t.TempDir()
	programs := []program{fake(t, "linux", "amd64", "sio"), fake(t, "darwin", "arm64", "sio"), fake(t, "linux", "arm64", "sio")}
	if err := r.image(programs, made, out); err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range untar(t, bytes.NewReader(read(t, out, "sio_1.2.3_image.oci.tar"))) {
		files[f.name] = f.data
	}
	// blob returns what a descriptor is about.
	blob := func(d descriptor) []byte {
		data := files["blobs/sha256/"+strings.TrimPrefix(d.Digest, "sha256:")]
		if len(data) != d.Size || fmt.Sprintf("sha256:%x", sha256.Sum256(data)) != d.Digest {
			t.Errorf("%s is not %s of %d bytes", data, d.Digest, d.Size)
		}
		return data
	}
	if got := string(files["oci-layout"]); got != `{"imageLayoutVersion":"1.0.0"}` {
		t.Errorf("oci-layout is %s", got)
	}
	top := parse[index](t, files["index.json"])
	if top.Manifests[0].Annotations["org.opencontainers.image.ref.name"] != "v1.2.3" {
		t.Errorf("index.json is %s", files["index.json"])
	}
	all := parse[index](t, blob(top.Manifests[0]))
	for i, arch := range []string{"amd64", "arm64"} {
		m := parse[manifest](t, blob(all.Manifests[i]))
		config := parse[configuration](t, blob(m.Config))
		packed, err := gzip.NewReader(bytes.NewReader(blob(m.Layers[0])))
		if err != nil {
			t.Fatal(err)
		}
		layer, err := io.ReadAll(packed)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("sha256:%x", sha256.Sum256(layer)); config.RootFS.DiffIDs[0] != got {
			t.Errorf("the layer is %s, want %v", got, config.RootFS.DiffIDs)
		}
		if f := untar(t, bytes.NewReader(layer))[0]; f.name != "sio" || string(f.data) != "linux "+arch || f.mode != 0o755 {
			t.Errorf("the layer has %s %s", f.name, f.data)
		}
		if config.Architecture != arch || all.Manifests[i].Platform.Architecture != arch {
			t.Errorf("the platform is %v and %v", config.platform, all.Manifests[i].Platform)
		}
		agreesWithContainerfile(t, config.Config)
	}
}

// agreesWithContainerfile looks whether who builds the image gets the same.
func agreesWithContainerfile(t *testing.T, config execution) {
	quoted := func(words []string) string { return `["` + strings.Join(words, `", "`) + `"]` }
	text := string(read(t, checkout, "deploy/Containerfile"))
	for _, line := range []string{"FROM scratch", "USER " + config.User, "ENTRYPOINT " + quoted(config.Entrypoint), "CMD " + quoted(config.Cmd)} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("deploy/Containerfile has no line %s", line)
		}
	}
	for port := range config.ExposedPorts {
		if !strings.Contains(text, "\nEXPOSE "+port+"\n") {
			t.Errorf("deploy/Containerfile does not expose %s", port)
		}
	}
}

func TestNotesAreTheVersionsSection(t *testing.T) {
	const changelog = "# Changelog\n\nIntroduction\n\n## [Unreleased]\n\n### Added\n\n- New.\n\n## [1.2.3] - 2026-11-23\n\n- Old.\n\n## [1.2.2]\n"
	for _, tt := range []struct{ version, want string }{
		{"v1.2.3", "# v1.2.3\n\n- Old.\n"},
		{"v1.2.4-rc.1", "# v1.2.4-rc.1\n\n### Added\n\n- New.\n"},
		{"v1.2.2", "# v1.2.2\n\n\n"},
		{"v1.2", "CHANGELOG.md has no section ## [1.2]"},
		{"v1.2.4", "CHANGELOG.md has no section ## [1.2.4]"},
	} {
		root := t.TempDir()
		if err := os.WriteFile(filepath.Join(root, "CHANGELOG.md"), []byte(changelog), 0o600); err != nil {
			t.Fatal(err)
		}
		r := release{root: root, version: tt.version}
		notes, err := r.notes()
		if got := string(notes); err != nil && err.Error() != tt.want || err == nil && got != tt.want {
			t.Errorf("%s: %q, %v, want %q", tt.version, got, err, tt.want)
		}
	}
}

func TestWhatIsNoVersionIsRefused(t *testing.T) {
	for _, version := range []string{"", "1.2.3", "v1.2", "v1.2.3;rm", "latest"} {
		r := release{root: checkout, version: version}
		if err := r.make(filepath.Join(t.TempDir(), "out")); err == nil || !strings.Contains(err.Error(), "is no version") {
			t.Errorf("%q: %v", version, err)
		}
	}
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func parse[T any](t *testing.T, data []byte) (v T) {
	t.Helper()
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	return v
}

func untar(t *testing.T, r io.Reader) (files []file) {
	t.Helper()
	archive := tar.NewReader(r)
	for {
		header, err := archive.Next()
		if err == io.EOF {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		if header.Uid != 0 || !header.ModTime.Equal(made.date) {
			t.Errorf("%s is of user %d, from %v", header.Name, header.Uid, header.ModTime)
		}
		files = append(files, file{header.Name, os.FileMode(header.Mode), data})
	}
}
