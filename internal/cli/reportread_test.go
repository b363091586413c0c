package cli

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/fleet"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// TestMostOf: of several credentials of one AWS account, the first that may read all of it counts,
// and those behind it are not used.
func TestMostOf(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused")
	part := func(name string) *awsiam.Snapshot {
		return &awsiam.Snapshot{State: &awsstate.State{Region: name}, Unread: []*awsiam.Fault{{}}}
	}
	whole := &awsiam.Snapshot{State: &awsstate.State{Region: "whole"}}
	answers := map[string]func() (*awsiam.Snapshot, error){
		"whole": func() (*awsiam.Snapshot, error) { return whole, nil },
		"part":  func() (*awsiam.Snapshot, error) { return part("part"), nil },
		"less":  func() (*awsiam.Snapshot, error) { return part("less"), nil },
		"none":  func() (*awsiam.Snapshot, error) { return nil, refused },
	}
	for _, c := range []struct {
		sessions, used []string
		want           string
	}{
		{[]string{"whole", "part"}, []string{"whole"}, "whole"},
		{[]string{"part", "whole", "none"}, []string{"part", "whole"}, "whole"},
		{[]string{"none", "whole"}, []string{"none", "whole"}, "whole"},
		{[]string{"part", "less"}, []string{"part", "less"}, "part"},
		{[]string{"none", "less"}, []string{"none", "less"}, "less"},
		{[]string{"none"}, []string{"none"}, ""},
	} {
		var used []string
		got, err := mostOf(t.Context(), c.sessions, func(_ context.Context, s string) (*awsiam.Snapshot, error) {
			used = append(used, s)
			return answers[s]()
		})
		if !slices.Equal(used, c.used) {
			t.Errorf("%q: used %q", c.sessions, used)
		}
		switch {
		case c.want == "" && !errors.Is(err, refused):
			t.Errorf("%q: %v", c.sessions, err)
		case c.want != "" && (err != nil || got.Region != c.want):
			t.Errorf("%q: %+v, %v", c.sessions, got, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := mostOf(ctx, []string{"part"}, func(context.Context, string) (*awsiam.Snapshot, error) { return part("part"), nil }); got != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %+v, %v", got, err)
	}
}

// TestEachClusterOnce: contexts of one cluster are told by the UIDs in it, and the one that could be
// read best counts.
func TestEachClusterOnce(t *testing.T) {
	t.Parallel()
	context := func(name, issuer string, lacks int, uids ...string) *contextRead {
		c := &contextRead{ClusterFacts: &fleet.ClusterFacts{Name: name, Issuer: issuer, Objects: &manifest.Objects{}}, lacks: make([]lack, lacks)}
		for _, uid := range uids {
			c.Objects.List = append(c.Objects.List, manifest.Object{APIVersion: "v1", Kind: "ServiceAccount", Body: map[string]any{"metadata": map[string]any{"uid": uid}}})
		}
		return c
	}
	for want, found := range map[string][]*contextRead{
		"a[b] c":   {context("a", "https://one", 0, "1", "2"), context("b", "https://one", 0, "2", "3"), nil, context("c", "https://one", 0, "4")},
		"b[a]":     {context("a", "", 2, "1"), context("b", "https://one", 0, "1")},
		"a[b c]":   {context("a", "https://one", 1, "1"), context("b", "", 1, "1"), context("c", "https://one", 1, "1")},
		"c[a b]":   {context("a", "https://one", 2, "1"), context("b", "", 2, "1"), context("c", "https://one", 1, "1")},
		"old new":  {context("old", "https://one", 0, "1"), context("new", "https://two", 0, "1")}, // made from a backup
		"no none":  {context("no", "", 0, ""), context("none", "", 0, "")},
		"one two":  {context("one", "https://same", 0, "1"), context("two", "https://same", 0, "2")},
		"x[y z] w": {context("z", "https://x", 3, "1"), context("w", "https://w", 0, "9"), context("y", "https://x", 4, "1"), context("x", "https://x", 0, "1")},
	} {
		var got []string
		for _, c := range eachClusterOnce(found) {
			if slices.Sort(c.same); len(c.same) > 0 {
				got = append(got, c.Name+"["+strings.Join(c.same, " ")+"]")
			} else {
				got = append(got, c.Name)
			}
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("got %s, want %s", text, want)
		}
	}
}
