package live

import (
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

// TestLinkOf: every kind with pods that a cluster is asked for leaves a link unknown where
// it could not be read, and no other kind does.
func TestLinkOf(t *testing.T) {
	t.Parallel()
	for k := range manifest.Kinds().All() {
		link, known := linkOf(k.Name)
		switch {
		case k.Listed() && k.Runs() && link != verify.LinkWorkload, !k.Listed() && !k.Runs() && known:
			t.Errorf("%s leaves %q unknown", k.Name, link)
		}
	}
	for kind, want := range map[string]verify.Link{
		"ServiceAccount": verify.LinkServiceAccount, "MutatingWebhookConfiguration": verify.LinkWebhook, "ReplicationController": verify.LinkWorkload,
		"NetworkPolicy": "", "ConfigMap": "", "Thing": "", "": "",
	} {
		if link, known := linkOf(kind); known != (want != "") || known && link != want {
			t.Errorf("%q leaves %q unknown (%v), want %q", kind, link, known, want)
		}
	}
}
