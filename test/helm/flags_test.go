package helm

import (
	"regexp"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/helm"
)

// helpLine is a flag in Helm's help; a word after its name is the type of its
// value, and [= marks a value that is optional.
var helpLine = regexp.MustCompile(`(?m)^ +(?:-\w, )?\s*--([a-z-]+)(?: ([A-Za-z0-9]+)(\[=)?)? {2,}`)

// TestFlagTable: internal/helm knows of every flag whether it takes a value.
func TestFlagTable(t *testing.T) {
	eachHelm(t, func(t *testing.T, h host) {
		for _, command := range []string{"install", "upgrade", "template"} {
			flags := helpLine.FindAllStringSubmatch(h.must(t, command, "--help"), -1)
			if len(flags) < 40 {
				t.Fatalf("%s: only %d flags in its help", command, len(flags))
			}
			for _, f := range flags {
				takes := f[2] != "" && f[3] == ""
				if helm.TakesValue(command, f[1]) != takes {
					t.Errorf("%s --%s: takes a value: %v", command, f[1], takes)
				}
			}
		}
	})
}

// TestMajor reads the version from the program's file.
func TestMajor(t *testing.T) {
	eachHelm(t, func(t *testing.T, h host) {
		// With an environment in which it could not start.
		major, err := helm.Client{Path: h.path, Env: []string{"HELM_DEBUG=x"}}.Major()
		if err != nil || major != h.major {
			t.Errorf("got %d, %v", major, err)
		}
	})
}
