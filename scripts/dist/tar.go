package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

// entry is one file of an archive.
type entry struct {
	data []byte
	mode int64
}

// pack makes a .tar.gz: each folder before what is in it, since Helm 3 makes none
// that the archive does not name; files at the root first, since Helm 4 takes
// the plugin's name from the first plugin.yaml (internal/plugin/sign.go, ExtractTgzPluginMetadata).
func pack(files map[string]entry) ([]byte, error) {
	var out bytes.Buffer
	gz, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	tw := tar.NewWriter(gz)
	made := map[string]bool{".": true}
	for _, name := range order(files) {
		if err := folders(tw, path.Dir(name), made); err != nil {
			return nil, err
		}
		f := files[name]
		if err := tw.WriteHeader(header(name, tar.TypeReg, f.mode, int64(len(f.data)))); err != nil {
			return nil, err
		}
		if _, err := tw.Write(f.data); err != nil {
			return nil, err
		}
	}
	if err := tw.Close(); err != nil {
		return nil, err
	}
	if err := gz.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func order(files map[string]entry) []string {
	return slices.SortedFunc(maps.Keys(files), func(a, b string) int {
		if inRoot := !strings.Contains(a, "/"); inRoot != !strings.Contains(b, "/") {
			if inRoot {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
}

func folders(tw *tar.Writer, dir string, made map[string]bool) error {
	if made[dir] {
		return nil
	}
	if err := folders(tw, path.Dir(dir), made); err != nil {
		return err
	}
	made[dir] = true
	return tw.WriteHeader(header(dir+"/", tar.TypeDir, 0o755, 0))
}

// header has no owner and no time but the epoch. PAX would add records that Helm refuses as unknown types.
func header(name string, kind byte, mode, size int64) *tar.Header {
	return &tar.Header{Name: name, Typeflag: kind, Mode: mode, Size: size, ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR}
}
