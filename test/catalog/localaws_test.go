package catalog

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/catalog"
)

// TestManagedDocuments: the documents that local AWS has of the policies that the catalogue
// attaches are AWS's, where they are not shortened.
func TestManagedDocuments(t *testing.T) {
	t.Parallel()
	d := openData(t)
	var ours map[string]json.RawMessage
	readJSON(filepath.Join("..", "..", "internal", "localaws", "awspolicies.json"), &ours)
	for _, e := range catalog.Entries() {
		for _, m := range e.Managed {
			if shortened[m.Policy] {
				continue
			}
			if got, want := compact(t, ours[m.Policy]), compact(t, d.documents[m.Policy]); got != want {
				t.Errorf("%s:\n%s\nwant\n%s", m.Policy, got, want)
			}
		}
	}
}

// shortened are those whose documents local AWS has shortened, since before the catalogue.
var shortened = map[string]bool{"service-role/AmazonEFSCSIDriverPolicy": true, "CloudWatchAgentServerPolicy": true, "AmazonS3ReadOnlyAccess": true, "AmazonEKS_CNI_Policy": true}

func compact(t *testing.T, text json.RawMessage) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return b.String()
}
