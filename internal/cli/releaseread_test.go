package cli

import (
	"bytes"
	"strings"
	"testing"
)

// TestUnreadRelease: what Helm 3 and Helm 4 say, and what is said below it.
func TestUnreadRelease(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"Error: release: not found\n":                                           "release shop is not in namespace apps",
		"Error: Kubernetes cluster unreachable: context \"x\" does not exist\n": "Helm does not reach the cluster",
		"Error: kubernetes cluster unreachable: context \"x\" does not exist\n": "Helm does not reach the cluster",
		"Error: something else\n":                                               "",
	} {
		var out bytes.Buffer
		o := &verifyOptions{awsOptions: &awsOptions{sys: &System{Stderr: &out}, release: "shop"}}
		o.unread(said, "apps")
		if got := out.String(); !strings.Contains(got, want) || want == "" && got != "" || want != "" && !strings.Contains(got, "hint: ") {
			t.Errorf("%q: %s", said, got)
		}
	}
}
