package awsiam

import (
	"maps"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// A role that several releases name is kept by the first and shared by those that it
// agrees to: each has its own statements in the trust, and a tag that says who it is.
// When the keeper leaves, the role and its policies are handed over to one of the others.

func sharedKey(o Owner) string { return tagShared + o.trust().ID() }

// sharedValue names an owner in a tag: a value has up to 256 characters, and those that
// names here are made of
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html, "Rules for tagging").
// Names of clusters, namespaces and releases have no space.
func sharedValue(o Owner) string {
	return strings.Join([]string{o.Scope, o.Cluster, o.Namespace, o.Release}, " ")
}

// sharers are the releases that a role's tags say share it, those whose hash fits.
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

// consentText is role.sharedWith as tags hold it. Their values take no *
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html), and @ stands in no
// name of a cluster, a namespace or a release.
func consentText(sharedWith []string) string {
	sorted := slices.Clone(sharedWith)
	slices.Sort(sorted)
	return strings.ReplaceAll(strings.Join(slices.Compact(sorted), " "), "*", "@")
}

const mostTagValue = 256

// consentTags carry role.sharedWith, in as many tags as it takes.
func consentTags(sharedWith []string) map[string]string {
	out := map[string]string{}
	var values []string
	for _, entry := range strings.Fields(consentText(sharedWith)) {
		last := len(values) - 1
		if last < 0 || len(values[last])+1+len(entry) > mostTagValue {
			values = append(values, entry)
			continue
		}
		values[last] += " " + entry
	}
	for i, value := range values {
		out[consentKey(i)] = value
	}
	return out
}

func consentKey(i int) string { return spec.SharedWithTag(i + 1) }

// staleConsent are the tags of a consent that irsa.yaml does not give any more.
func staleConsent(seen, want map[string]string) []string {
	var out []string
	for _, k := range sortedKeys(seen) {
		if strings.HasPrefix(k, tagSharedWith) && want[k] == "" {
			out = append(out, k)
		}
	}
	return out
}

// consents reports whether the keeper of a role lets a release join it. The keeper vouches
// for the tags with a hash in its Sid: whoever may only tag cannot let anybody in.
func (c claim) consents(role *seenRole, o Owner) bool {
	entries := consentIn(role.Tags)
	if !c.proven || !c.keeper.Consents(strings.Join(entries, " ")) {
		return false
	}
	return slices.ContainsFunc(entries, func(entry string) bool { return c.owner.means(entry, o) })
}

// consentIn are the entries of a consent that tags carry.
func consentIn(tags map[string]string) []string {
	var out []string
	for i := 0; tags[consentKey(i)] != ""; i++ {
		out = append(out, strings.Fields(tags[consentKey(i)])...)
	}
	return out
}

// means reports whether an entry of sharedWith, written by the keeper k, is about a release.
// A cluster that the entry does not name is the keeper's own, and one that it does name is
// in the keeper's AWS account and region, unless the entry says another: names of clusters
// and namespaces are not unique beyond that.
func (k Owner) means(entry string, o Owner) bool {
	s, ok := spec.ParseSharer(strings.ReplaceAll(entry, "@", "*"))
	if !ok {
		return false
	}
	if s.Cluster == "" {
		s.Cluster = k.Cluster
	}
	if s.Scope == "" {
		s.Scope = k.Scope
	}
	// Joined, since the scope of a cluster that has no name is the AWS account alone.
	cluster := s.Scope+"/"+s.Cluster == o.Scope+"/"+o.Cluster
	return cluster && s.Namespace == o.Namespace && (s.Release == "*" || s.Release == o.Release)
}

// entryFor is what the keeper has to write so that a release may join.
func (k Owner) entryFor(o Owner) string {
	out := o.Namespace + "/" + o.Release
	if o.Release == "" {
		out += "*"
	}
	if k.Scope != o.Scope {
		return o.Scope + "/" + o.Cluster + ":" + out
	}
	if k.Cluster != o.Cluster {
		return o.Cluster + ":" + out
	}
	return out
}

// heir is the release that gets a role when its keeper leaves: the one whose statements
// come first in the trust that is left, where it shares the role and the keeper agreed.
func heir(role *seenRole, c claim, rest trust.Document) (Owner, bool) {
	first, ok := trust.KeeperOf(rest)
	if !ok {
		return Owner{}, false
	}
	for _, o := range sharers(role.Tags) {
		if o.trust().ID() == first.ID && c.consents(role, o) {
			return o, true
		}
	}
	return Owner{}, false
}

// ourTags are the keys of ours among tags, but for those of others who write just now.
func ourTags(tags map[string]string) []string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		if strings.HasPrefix(k, spec.TagPrefix) && !strings.HasPrefix(k, tagWriting) {
			out = append(out, k)
		}
	}
	return out
}
