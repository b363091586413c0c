package awsiam

import (
	"fmt"
	"maps"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// mostTags are as many tags as a role, a policy, a provider and an association may have
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html, "Tags that can be
// attached to an IAM role"; https://docs.aws.amazon.com/eks/latest/userguide/eks-using-tags.html).
const mostTags = 50

// taggings are the tags that a thing has and gets by a plan.
type taggings struct {
	words     string
	has, gets map[string]string
	// passing are those that are there for a moment only.
	passing int
}

// checkTags faults more tags than a thing may have, and keys that differ from one that is
// there in case alone: IAM takes the two for one
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html: "you cannot have separate
// Department and department tag keys").
func checkTags(p *planner) {
	all := map[thing]*taggings{}
	var order []thing
	for _, st := range p.plan.steps {
		for _, t := range touches(st.step) {
			if all[t] == nil {
				all[t], order = taggingsOf(p, t), append(order, t)
			}
			all[t].add(st.do)
		}
	}
	for _, t := range order {
		one := all[t]
		if len(one.gets) == 0 && one.passing == 0 {
			continue
		}
		if t.kind != TypeAssociation { // EKS goes by the case of keys
			one.faultAlike(p)
		}
		one.faultValues(p)
		whole := maps.Clone(one.has)
		maps.Copy(whole, one.gets)
		if n := len(whole) + one.passing; n > mostTags {
			p.faults.add("take tags off it, or write fewer under tags in irsa.yaml", "%s would have %d tags, those of helm-irsa among them, and AWS keeps %d", one.words, n, mostTags)
		}
	}
}

func taggingsOf(p *planner, t thing) *taggings {
	out := &taggings{words: typeWords[t.kind] + " " + t.name, has: map[string]string{}, gets: map[string]string{}}
	a := p.seen.Accounts[t.account]
	switch t.kind {
	case TypeRole:
		if r := a.role(t.name); r != nil {
			out.words = "role " + r.Name
			maps.Copy(out.has, r.Tags)
		}
	case TypePolicy:
		out.words = "policy " + nameOfARN(t.name)
		if one := a.policyByARN(t.name); one != nil {
			maps.Copy(out.has, one.Tags)
		}
	case TypeProvider:
		out.words = "OIDC provider " + nameOfProvider(t.name)
		if one := a.Providers[t.name]; one != nil {
			maps.Copy(out.has, one.Tags)
		}
	case TypeAssociation:
		out.words = "the Pod Identity association of service account " + t.name
		if one := p.seen.named(t.name); one != nil {
			maps.Copy(out.has, one.Tags)
		}
	}
	return out
}

// add takes in what a step writes on the thing.
func (g *taggings) add(do action) {
	var tags map[string]string
	switch do := do.(type) {
	case createRole:
		tags = do.want.Tags
	case createPolicy:
		tags = do.want.Tags
	case createProvider:
		tags = do.want.Tags
	case createAssociation:
		tags = do.want.Tags
	case tagRole:
		tags = do.tags
	case tagPolicy:
		tags = do.tags
	case tagProvider:
		tags = do.tags
	case tagAssociation:
		tags = do.tags
	case writeTrust:
		g.passes(do.owner)
	case leaveRole:
		g.passes(do.owner)
	}
	maps.Copy(g.gets, tags)
}

// passes: the trust is written under a tag of the release (see writeTrust).
func (g *taggings) passes(o Owner) {
	if g.has[writingKey(o)] == "" {
		g.passing = 1
	}
}

// faultValues finds values that AWS refuses, which are ours: spec has looked at those of irsa.yaml.
// An issuer has characters that a tag does not take, and with further names may be too long for one.
func (g *taggings) faultValues(p *planner) {
	for _, key := range sortedKeys(g.gets) {
		value, hint := g.gets[key], "give the release, the namespace or the cluster a shorter name"
		if spec.Takes("tagValue", value) {
			continue
		}
		if o := p.want.Owner; o.Cluster != p.want.Facts.Cluster && strings.Contains(value, o.Cluster) {
			hint = "name the cluster in irsa.yaml, beside its issuer, so that the name stands in the tags: cluster.name: my-cluster"
		}
		p.faults.add(hint, "%s would have the tag %s: %s, and AWS takes up to 256 letters, digits, spaces and _.:/=+-@ there", g.words, key, safe.Text(value))
	}
}

// faultAlike finds keys that are alike but for case, among those that are there and those
// that are to be.
func (g *taggings) faultAlike(p *planner) {
	had := map[string]string{}
	for _, key := range sortedKeys(g.has) {
		had[strings.ToLower(key)] = key
	}
	for _, key := range sortedKeys(g.gets) {
		if old := had[strings.ToLower(key)]; old != "" && old != key {
			p.faults.add(fmt.Sprintf("write %s in irsa.yaml, or take that tag off it", old), "%s has the tag %s, and irsa.yaml says %s: IAM takes the two for one", g.words, old, key)
		}
	}
}
