package cli

import (
	"bytes"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
)

// TestSnapshotText: in both formats a snapshot has nothing that a terminal acts on, and is
// read as what was written.
func TestSnapshotText(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"plain", "\x1b[2J\u009b\u202e\u2028\ufeff\U000e0041 日 \"'\\ \u0085\x7f"} {
		for _, format := range []string{"json", "yaml"} {
			text, err := snapshotText(&awsiam.Snapshot{State: &awsstate.State{Account: "111122223333", Cluster: awsstate.Cluster{Name: name}}}, format)
			if err != nil || safe.Hidden(text) {
				t.Errorf("%s of %q: %v %s", format, name, err, text)
			}
			s, err := awsstate.Read("it", bytes.NewReader(text))
			if err != nil || s.Cluster.Name != name {
				t.Errorf("%s of %q is read as %q (%v): %s", format, name, s.Cluster.Name, err, text)
			}
		}
	}
}
