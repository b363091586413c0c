package main

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// sums are the SHA-256 of files, by their names.
type sums map[string]string

func sumOf(data []byte) string { return fmt.Sprintf("%x", sha256.Sum256(data)) }

// write writes a file of the release, and notes its sum.
func (s sums) write(folder, name string, data []byte) error {
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		return err
	}
	s[name] = sumOf(data)
	fmt.Println(path)
	return nil
}

// text is what sha256sum --check reads.
func (s sums) text() []byte {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(s)) {
		fmt.Fprintf(&b, "%s  %s\n", s[name], name)
	}
	return []byte(b.String())
}
