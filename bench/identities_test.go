package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// Every irsa.yaml here is one that helm-irsa takes.
func TestSpecs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text               string
		accounts, policies int
	}{
		"identities": {identitiesSpec(100), 100, 100},
		"scenario":   {scenarioSpec, 2, 1},
		"ARNs":       {arnSpec(), 2, 0},
	} {
		path, err := writeFile(t.TempDir(), "irsa.yaml", c.text)
		if err != nil {
			t.Fatal(err)
		}
		f, err := spec.Load(path)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(f.ServiceAccounts) != c.accounts || len(f.Policies) != c.policies {
			t.Errorf("%s: %d accounts, %d policies", name, len(f.ServiceAccounts), len(f.Policies))
		}
	}
}

func TestMadeAll(t *testing.T) {
	t.Parallel()
	done := func(operations ...string) (calls []localaws.Call) {
		for _, o := range operations {
			calls = append(calls, localaws.Call{Operation: o, Acted: true})
		}
		return calls
	}
	all := done("GetCallerIdentity", "CreateOpenIDConnectProvider", "CreatePolicy", "CreateRole", "AttachRolePolicy")
	refused := slices.Clone(all)
	refused[3].Code = "EntityAlreadyExists"
	for name, c := range map[string]struct {
		calls []localaws.Call
		want  string
	}{
		"all":     {all, ""},
		"none":    {nil, "too few"},
		"refused": {refused, "CreateRole: 1 too few"},
		"twice":   {append(done("CreatePolicy"), all...), "CreatePolicy: -1 too few"},
	} {
		err := madeAll(c.calls, 1)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestIdentityRows(t *testing.T) {
	t.Parallel()
	samples := []sample{{2 * time.Second, 300}, {3 * time.Second, 300}, {4 * time.Second, 340}}
	if r := planRow(samples); r.Value != 340 || r.Met() == "yes" {
		t.Errorf("the most calls of any run count: %+v", r)
	}
	// 300 calls of 50 ms, 10 at once, take 1.5 s.
	if r := applyRow(samples); r.Value != 2 || !strings.Contains(r.Theirs, "300 calls, 10 at once: 1500 ms") {
		t.Errorf("%+v", r)
	}
}

func TestCleanEnv(t *testing.T) {
	for _, name := range []string{"AWS_PROFILE", "HELM_DRIVER", "KUBECONFIG", "MOTO_X", "BENCH_OTHER"} {
		t.Setenv(name, "theirs")
	}
	env := awsEnv("/home", "http://127.0.0.1:1")
	kept := func(name string) bool {
		return slices.ContainsFunc(env, func(pair string) bool { return strings.HasPrefix(pair, name+"=") })
	}
	if kept("AWS_PROFILE") || kept("HELM_DRIVER") || kept("KUBECONFIG") || kept("MOTO_X") || !kept("BENCH_OTHER") || !slices.Contains(env, "HOME=/home") {
		t.Errorf("%q", env)
	}
}

func TestSubfolder(t *testing.T) {
	t.Parallel()
	tmp := t.TempDir()
	for range 2 {
		if dir, err := subfolder(tmp, "a"); err != nil || dir != filepath.Join(tmp, "a") {
			t.Errorf("%s, %v", dir, err)
		}
	}
}
