package cli

import (
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

func TestPermissionsParsing(t *testing.T) {
	t.Parallel()
	var got *permissionsOptions
	look := func(o *permissionsOptions) error { got = o; return nil }
	sys := &System{Getenv: func(string) string { return "" }}
	err := parse(newPermissions(sys, look), "rel", "-f", "f.yaml", "-n", "apps", "--read-only", "--leftovers", "--oidc-provider", "--account", "1", "--part", "2", "-o", "json")
	if err != nil {
		t.Fatal(err)
	}
	all := awsiam.PermissionsOptions{ReadOnly: true, Leftovers: true, Provider: true}
	if got.what != all || got.account != "1" || got.part != 2 || strings.Join(got.files, " ") != "f.yaml" || got.namespace != "apps" || got.release != "rel" || got.format != "json" {
		t.Errorf("got %+v %+v", got, got.awsOptions)
	}
	if err := parse(newPermissions(sys, look), "--verify"); err != nil || got.what != (awsiam.PermissionsOptions{Verify: true}) {
		t.Errorf("--verify: %v, %+v", err, got.what)
	}
	got = nil
	for _, args := range [][]string{{"a", "b"}, {"-o", "yaml"}, {"--part", "x"}, {"--verify", "--read-only"}, {"--verify", "--leftovers"}, {"--verify", "--oidc-provider"}} {
		if err := parse(newPermissions(sys, look), args...); err == nil || got != nil {
			t.Errorf("%q: %v, ran: %v", args, err, got != nil)
		}
	}
}

func TestSnapshotParsing(t *testing.T) {
	t.Parallel()
	var got *snapshotOptions
	look := func(o *snapshotOptions) error { got = o; return nil }
	sys := &System{Getenv: func(string) string { return "" }}
	if err := parse(newSnapshot(sys, look), "rel", "-f", "f.yaml", "-n", "apps"); err != nil {
		t.Fatal(err)
	}
	if got.format != "json" || strings.Join(got.files, " ") != "f.yaml" || got.namespace != "apps" || got.release != "rel" {
		t.Errorf("got %+v", got.awsOptions)
	}
	got = nil
	for _, args := range [][]string{{"a", "b"}, {"-o", "text"}} {
		if err := parse(newSnapshot(sys, look), args...); err == nil || got != nil {
			t.Errorf("%q: %v, ran: %v", args, err, got != nil)
		}
	}
}
