package charts_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The irsa.yaml that a page shows is the file that it links to, which is the
// one that its commands use.
func TestPagesShowTheirExamples(t *testing.T) {
	t.Parallel()
	const docs = "../../docs"
	block := regexp.MustCompile("(?s)\\[docs/(examples/[^]]+)\\]\\(([^)]+)\\)[^`]*?\n```yaml\n(.*?)```\n")
	for _, page := range []string{"epinio.md", "qovery.md", "cinchy.md", "giantswarm.md", "argocd.md", "flux.md", "helmfile.md"} {
		shown := block.FindAllStringSubmatch(read(t, filepath.Join(docs, page)), -1)
		if len(shown) == 0 {
			t.Errorf("%s shows no example", page)
		}
		for _, s := range shown {
			if s[1] != s[2] {
				t.Errorf("%s: the link says %s and goes to %s", page, s[1], s[2])
			}
			if want := read(t, filepath.Join(docs, s[2])); strings.TrimSpace(s[3]) != strings.TrimSpace(want) {
				t.Errorf("%s: differs from %s", page, s[2])
			}
		}
	}
}
