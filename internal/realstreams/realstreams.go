// Package realstreams gives tests what Helm really sent to a post-renderer for public
// charts, where such a collection is at hand: the folders helm3 and helm4 of
// $IRSA_MANIFESTS. It is no part of the project, since the charts are other people's.
package realstreams

import (
	"os"
	"path/filepath"
	"testing"
)

// Each calls add with every stream that is shorter than most bytes; with none where
// IRSA_MANIFESTS is not set. Where it is set and holds no stream, the test fails.
func Each(tb testing.TB, most int, add func([]byte)) {
	tb.Helper()
	dir := os.Getenv("IRSA_MANIFESTS")
	if dir == "" {
		return
	}
	files, err := filepath.Glob(filepath.Join(dir, "helm[34]", "*.yaml"))
	if err != nil || len(files) == 0 {
		tb.Fatalf("IRSA_MANIFESTS=%s has no streams (%v)", dir, err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		if len(data) < most {
			add(data)
		}
	}
}
