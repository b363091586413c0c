package main

import (
	"path/filepath"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

func loaded(t *testing.T, y identity) *spec.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "irsa.yaml")
	if err := y.write(path); err != nil {
		t.Fatal(err)
	}
	f, err := spec.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// irsa.yaml is one that helm-irsa takes, and names what the chart has.
func TestIdentity(t *testing.T) {
	t.Parallel()
	f := loaded(t, identity{size{500, 100}, "scale", ""})
	if len(f.ServiceAccounts) != 100 || len(f.Policies) != 10 {
		t.Errorf("%d accounts, %d policies", len(f.ServiceAccounts), len(f.Policies))
	}
	targets, rollouts := 0, 0
	for _, a := range f.ServiceAccounts {
		targets += len(a.UsedBy)
		if a.Rollout {
			rollouts++
		}
	}
	if targets != 50 || rollouts != 25 {
		t.Errorf("%d targets, %d rollouts", targets, rollouts)
	}
	if f := loaded(t, identity{small, "team-000", ""}); len(f.ServiceAccounts) != 1 || len(f.Policies) != 1 {
		t.Errorf("the small one: %d accounts, %d policies", len(f.ServiceAccounts), len(f.Policies))
	}
}

// A change is one role of another name, of a service account whose pods restart.
func TestIdentityChanged(t *testing.T) {
	t.Parallel()
	before, after := loaded(t, identity{size{20, 5}, "scale", ""}), loaded(t, identity{size{20, 5}, "scale", "-1"})
	changed := 0
	for i, a := range before.ServiceAccounts {
		if b := after.ServiceAccounts[i]; a.Role.Name != b.Role.Name {
			changed++
			if !b.Rollout || b.Role.Name != a.Role.Name+"-1" {
				t.Errorf("%s has role %s, before %s", b.Name, b.Role.Name, a.Role.Name)
			}
		}
	}
	if changed != 1 {
		t.Errorf("%d roles changed", changed)
	}
}
