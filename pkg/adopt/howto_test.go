package adopt_test

import (
	"errors"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/adopt"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/test/howtos"
)

// options are what the user types for a how-to.
func (m made) options() adopt.Options {
	o := adopt.Options{Namespace: m.Namespace, Release: m.Release}
	for _, n := range m.wanted.NodeRoles {
		o.NodeRoles = append(o.NodeRoles, n.Role)
	}
	return o
}

// TestSnapshotOfHowTos: a snapshot of what each how-to ends with, as somebody else made it,
// becomes an irsa.yaml whose plan adopts it and changes nothing else.
func TestSnapshotOfHowTos(t *testing.T) {
	t.Parallel()
	for _, m := range allMade(t) {
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			w := onLocal(t, m)
			source := &adopt.Source{Name: "aws.json", State: *w.snapshot(t), Access: map[string]spec.AccountAccess{howtos.Away: {Profile: awayProfile}}}
			if m.Name == "qovery cluster" { // its trust policy names a pattern only
				_, err := adopt.Build(source, m.options())
				var none *adopt.NothingError
				if !errors.As(err, &none) || !noted(none.Left, "role my-s3-role", "--service-account NAME=my-s3-role") {
					t.Errorf("%v does not say what to do", err)
				}
				source.Notes, source.Users = nil, []adopt.User{{Namespace: m.Namespace, Name: "my-app-sa", RoleARN: "my-s3-role"}}
			}
			w.adoptsOnly(t, imported(t, source, m.options()))
		})
	}
}
