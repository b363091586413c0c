// Package chains reads the golden cases of verify, for the tests of the packages that show
// what verify found.
package chains

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/golden"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

// Case is a golden case, and what it gives verify. Err says that its inputs cannot be read.
type Case struct {
	*golden.Case
	Input verify.Input
	Err   error
}

// Read reads all cases of the repository's folder testdata/golden/verify; root is the way to
// the repository.
func Read(root string) ([]Case, error) {
	return golden.Read(filepath.Join(root, "testdata", "golden", "verify"), func(c *golden.Case) (Case, error) {
		if !bytes.HasPrefix(c.Files["manifests.yaml"], []byte("# ")) {
			return Case{}, fmt.Errorf("manifests.yaml does not say what the case shows")
		}
		in, err := input(c)
		return Case{c, in, err}, nil
	})
}

// input is what verify is given: manifests.yaml, and as far as they are there snapshot.yaml
// (or .json), irsa.yaml, the release's namespace and its name, observed.json and can.json
// (Input.Observed, Input.Can).
func input(c *golden.Case) (in verify.Input, err error) {
	if in.Objects, err = manifest.Read("manifests.yaml", bytes.NewReader(c.Files["manifests.yaml"])); err != nil {
		return in, err
	}
	for _, name := range []string{"snapshot.yaml", "snapshot.json"} {
		if c.Has(name) {
			if in.Snapshot, err = awsstate.Read(name, bytes.NewReader(c.Files[name])); err != nil {
				return in, err
			}
		}
	}
	if c.Has("irsa.yaml") {
		if in.File, err = spec.Parse("irsa.yaml", c.Files["irsa.yaml"]); err != nil {
			return in, err
		}
	}
	for name, into := range map[string]any{"observed.json": &in.Observed, "can.json": &in.Can} {
		if c.Has(name) {
			if err := json.Unmarshal(c.Files[name], into); err != nil {
				return in, err
			}
		}
	}
	in.Namespace = strings.TrimSpace(string(c.Files["namespace"]))
	in.Release = strings.TrimSpace(string(c.Files["release"]))
	return in, nil
}
