package awsiam

import (
	"maps"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// A role that several releases name is kept by the first and shared by the others: each
// has its own statements in the trust, and a tag that says who it is. When the keeper
// leaves, the role and its policies are handed over to one of the others.

func sharedKey(o Owner) string { return tagShared + o.trust().ID() }

// sharedValue names an owner in a tag: a value has up to 256 characters, and those that
// names here are made of
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html, "Rules for tagging").
// Names of clusters, namespaces and releases have no space.
func sharedValue(o Owner) string {
	return strings.Join([]string{o.Scope, o.Cluster, o.Namespace, o.Release}, " ")
}

// sharers are the releases that a role's tags say share it.
func sharers(tags map[string]string) []Owner {
	var out []Owner
	for _, k := range sortedKeys(tags) {
		parts := strings.Split(tags[k], " ")
		if !strings.HasPrefix(k, tagShared) || len(parts) != 4 {
			continue
		}
		o := Owner{Scope: parts[0], Cluster: parts[1], Namespace: parts[2], Release: parts[3]}
		if sharedKey(o) == k {
			out = append(out, o)
		}
	}
	return out
}

// heir is the release that gets a role when its keeper leaves: a sharer that has
// statements in the trust that is left.
func heir(tags map[string]string, rest trust.Document) (Owner, bool) {
	for _, o := range sharers(tags) {
		if slices.ContainsFunc(rest.Statements(), o.trust().Owns) {
			return o, true
		}
	}
	return Owner{}, false
}

// ourTags are the keys of ours among tags, but for those of others who write just now.
func ourTags(tags map[string]string) []string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		if strings.HasPrefix(k, tagPrefix) && !strings.HasPrefix(k, tagWriting) {
			out = append(out, k)
		}
	}
	return out
}
