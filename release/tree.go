package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// node is a file of an image, or a link where it has a target.
type node struct {
	data   []byte
	mode   int64
	target string
	folder bool
}

// tree are files by their paths, without a slash before them.
type tree map[string]node

// layer makes a layer of them: sorted, without owners and times.
func (t tree) layer() (v1.Layer, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	made := map[string]bool{".": true}
	for _, name := range slices.Sorted(maps.Keys(t)) {
		if err := t.write(w, name, made); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(out.Bytes())), nil },
		tarball.WithMediaType(types.OCILayer))
}

func (t tree) write(w *tar.Writer, name string, made map[string]bool) error {
	if parent := path.Dir(name); !made[parent] {
		folder := tree{parent: {mode: 0o755, folder: true}}
		if own, ok := t[parent]; ok {
			folder[parent] = own
		}
		if err := folder.write(w, parent, made); err != nil {
			return err
		}
	}
	n := t[name]
	if made[name] {
		return nil
	}
	h := &tar.Header{Name: name, Mode: n.mode, Size: int64(len(n.data)), Typeflag: tar.TypeReg, ModTime: time.Unix(0, 0)}
	switch {
	case n.folder:
		h.Name, h.Typeflag, made[name] = name+"/", tar.TypeDir, true
	case n.target != "":
		h.Typeflag, h.Linkname = tar.TypeSymlink, n.target
	}
	if err := w.WriteHeader(h); err != nil {
		return err
	}
	_, err := w.Write(n.data)
	return err
}

// readPlugin reads the plugin's folder of a release's archive.
func readPlugin(archive string) (tree, error) {
	file, err := os.Open(archive)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", archive, err)
	}
	out := tree{}
	for r := tar.NewReader(unzipped); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", archive, err)
		}
		name, inside := strings.CutPrefix(h.Name, "helm-irsa/")
		if !inside || h.Typeflag != tar.TypeReg {
			continue
		}
		data, err := io.ReadAll(r)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", archive, err)
		}
		out[name] = node{data: data, mode: h.Mode}
	}
}

// pluginTree is the plugin where Helm finds it, and its programs on PATH, with the name by
// which kubectl finds one of them.
func pluginTree(plugin tree) tree {
	const folder = "opt/helm/plugins/irsa/"
	out := tree{}
	link := func(name, program string) {
		out["usr/local/bin/"+name] = node{mode: 0o777, target: "/" + folder + "bin/" + program}
	}
	for name, n := range plugin {
		out[folder+name] = n
		if program, ok := strings.CutPrefix(name, "bin/"); ok {
			link(program, program)
		}
	}
	link("kubectl-irsa", "helm-irsa")
	return out
}

// rootTree is what an image needs that is built on none: a folder to write to, a user, and
// the certificate authorities that Mozilla trusts, by which AWS is known.
func rootTree() tree {
	var roots bytes.Buffer
	for r := range bundle.Roots() {
		if r.Constraint == nil {
			// Writing to memory does not fail.
			_ = pem.Encode(&roots, &pem.Block{Type: "CERTIFICATE", Bytes: r.Certificate})
		}
	}
	return tree{
		"tmp":                               {mode: 0o1777, folder: true},
		"etc/passwd":                        {data: []byte("root:x:0:0:root:/root:/sbin/nologin\nhelm-irsa:x:65532:65532:helm-irsa:/tmp:/sbin/nologin\n"), mode: 0o644},
		"etc/group":                         {data: []byte("root:x:0:\nhelm-irsa:x:65532:\n"), mode: 0o644},
		"etc/ssl/certs/ca-certificates.crt": {data: roots.Bytes(), mode: 0o644},
	}
}
