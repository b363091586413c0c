package trust

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Statement lets EKS take the role for this association and no other of the cluster. With
// session tags it goes by these, else by what EKS says of itself, which is the cluster; what
// is not known it leaves out.
func (p PodIdentity) Statement() Statement {
	var g podGroup
	g.noTags = p.NoTags
	g.add(p)
	return g.statement()
}

// PodIdentityStatements let EKS Pod Identity take a role for these service accounts, and for
// no others: by the session tags, which "restrict which service accounts, namespaces, and
// clusters can use this role" (pod-id-role.html), else by the cluster. A namespace or a
// service account may be a pattern with * and ?. What can share a statement does, and none
// lets in a mixture of two.
//
// It fails where a cluster, a namespace or a service account is missing: each would let in
// more than was meant.
func PodIdentityStatements(all []PodIdentity) ([]Statement, error) {
	groups, err := podGroups(all)
	var out []Statement
	for _, g := range groups {
		out = append(out, g.statement())
	}
	return out, err
}

// TargetStatements let the roles of associations assume the target role
// (pod-id-assign-target-role.html): by the session tags, which are transitive, else by the
// external ID that EKS makes of the cluster, the namespace and the service account. Without
// session tags there is nothing that sts:TagSession would have to allow. It fails as
// PodIdentityStatements does, and where the association's role is missing.
func TargetStatements(all []PodIdentity) ([]Statement, error) {
	byRole := map[string][]PodIdentity{}
	for _, p := range all {
		byRole[p.RoleARN] = append(byRole[p.RoleARN], p)
	}
	var out []Statement
	for _, role := range slices.Sorted(maps.Keys(byRole)) {
		groups, err := podGroups(byRole[role])
		if err == nil && role == "" {
			err = errors.New("trust of a target role: the association's role is missing")
		}
		if err != nil {
			return nil, err
		}
		for _, g := range groups {
			out = append(out, g.target(role, byRole[role]))
		}
	}
	return out, nil
}

// podGroup are associations that share a statement: each of the namespaces with each of the
// service accounts, in each of the clusters. Without session tags, the clusters alone count.
type podGroup struct {
	noTags                                bool
	accounts, clusters, namespaces, names []string
}

func (g *podGroup) add(p PodIdentity) {
	put := func(to *[]string, value string) {
		if value != "" && !slices.Contains(*to, value) {
			*to = append(*to, value)
			slices.Sort(*to)
		}
	}
	put(&g.clusters, p.ClusterARN)
	if a, ok := parseARN(p.ClusterARN); ok {
		put(&g.accounts, a.account)
	}
	put(&g.namespaces, p.Namespace)
	put(&g.names, p.ServiceAccount)
}

// within reports whether whoever one lets in, the other lets in too.
func (p PodIdentity) within(q PodIdentity) bool {
	return p.NoTags == q.NoTags && p.ClusterARN == q.ClusterARN && Covers(q.Namespace, p.Namespace) && Covers(q.ServiceAccount, p.ServiceAccount)
}

// podGroups puts associations together: first the clusters of one service account, then the
// service accounts of one namespace, then namespaces with the same service accounts.
func podGroups(all []PodIdentity) ([]podGroup, error) {
	var out []podGroup
	for i, p := range all {
		switch a, ok := parseARN(p.ClusterARN); {
		case !ok || !strings.HasPrefix(a.resource, clusterResource):
			return nil, fmt.Errorf("trust of EKS Pod Identity: %q is no ARN of a cluster", p.ClusterARN)
		case p.Namespace == "" || p.ServiceAccount == "":
			return nil, errors.New("trust of EKS Pod Identity: the namespace or the service account is missing")
		}
		if slices.ContainsFunc(all[:i], p.within) || slices.ContainsFunc(all[i+1:], func(q PodIdentity) bool { return p.within(q) && !q.within(p) }) {
			continue
		}
		g := podGroup{noTags: p.NoTags}
		g.add(p)
		out = append(out, g)
	}
	slices.SortStableFunc(out, func(a, b podGroup) int { return slices.Compare(a.order(), b.order()) })
	out = joined(out, func(a, b podGroup) bool { return a.noTags && b.noTags })
	out = joined(out, func(a, b podGroup) bool {
		return slices.Equal(a.namespaces, b.namespaces) && slices.Equal(a.names, b.names)
	})
	out = joined(out, func(a, b podGroup) bool {
		return slices.Equal(a.clusters, b.clusters) && slices.Equal(a.namespaces, b.namespaces)
	})
	out = joined(out, func(a, b podGroup) bool {
		return slices.Equal(a.clusters, b.clusters) && slices.Equal(a.names, b.names)
	})
	return out, nil
}

// order puts groups without session tags behind those with them.
func (g podGroup) order() []string {
	return slices.Concat([]string{strconv.FormatBool(g.noTags)}, g.namespaces, g.names, g.clusters)
}

// joined puts groups of the same kind together that may be one.
func joined(all []podGroup, may func(a, b podGroup) bool) []podGroup {
	var out []podGroup
	for _, g := range all {
		i := slices.IndexFunc(out, func(o podGroup) bool { return o.noTags == g.noTags && may(o, g) })
		if i < 0 {
			out = append(out, g)
			continue
		}
		union := func(a, b []string) []string { return sortedUnique(slices.Concat(a, b)) }
		o := &out[i]
		o.accounts, o.clusters = union(o.accounts, g.accounts), union(o.clusters, g.clusters)
		o.namespaces, o.names = union(o.namespaces, g.namespaces), union(o.names, g.names)
	}
	return out
}

// statement is for the association's role. EKS refuses an association with "Trust policy of
// the role provided is invalid" where the role's trust policy lacks one of the two actions,
// whether or not it will add session tags.
func (g podGroup) statement() Statement {
	var c conditionBuilder
	if g.noTags {
		c.equals("aws:SourceAccount", g.accounts)
		c.equals("aws:SourceArn", g.clusters)
	} else {
		g.tags(&c)
	}
	return allowStatement(pair("Service", textNode(PodIdentityService)), []string{ActionAssumeRole, ActionTagSession}, c)
}

func (g podGroup) tags(c *conditionBuilder) {
	c.equals("aws:RequestTag/"+tagClusterARN, g.clusters)
	c.like("aws:RequestTag/"+tagNamespace, g.namespaces)
	c.like("aws:RequestTag/"+tagServiceAccount, g.names)
}

// target is the statement of a target role for the role of the associations.
func (g podGroup) target(role string, all []PodIdentity) Statement {
	var c conditionBuilder
	actions := []string{ActionAssumeRole}
	if g.noTags {
		var ids []string
		for _, p := range all {
			if p.NoTags {
				ids = append(ids, p.externalID())
			}
		}
		c.like("sts:ExternalId", sortedUnique(ids))
	} else {
		actions = append(actions, ActionTagSession)
		g.tags(&c)
	}
	return allowStatement(pair("AWS", textNode(role)), actions, c)
}

// conditionBuilder collects conditions on texts.
type conditionBuilder struct{ exact, patterns []member }

func (c *conditionBuilder) equals(key string, values []string) {
	if len(values) > 0 {
		c.exact = append(c.exact, pair(key, textsNode(literals(values))))
	}
}

// like takes patterns too; what matches everything asks for nothing.
func (c *conditionBuilder) like(key string, values []string) {
	switch {
	case slices.Contains(values, "*"):
	case slices.ContainsFunc(values, func(v string) bool { return strings.ContainsAny(v, "*?") }):
		c.patterns = append(c.patterns, pair(key, textsNode(literals(values))))
	default:
		c.equals(key, values)
	}
}

func literals(values []string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = literal(v)
	}
	return out
}

func allowStatement(principal member, actions []string, c conditionBuilder) Statement {
	n := objectNode(
		pair("Effect", textNode("Allow")),
		pair("Principal", objectNode(principal)),
		pair("Action", textsNode(actions)),
	)
	var operators []member
	if len(c.exact) > 0 {
		operators = append(operators, pair("StringEquals", objectNode(c.exact...)))
	}
	if len(c.patterns) > 0 {
		operators = append(operators, pair("StringLike", objectNode(c.patterns...)))
	}
	if len(operators) > 0 {
		n.members = append(n.members, pair("Condition", objectNode(operators...)))
	}
	s, _ := newStatement(n) // every part of it is a text
	return s
}

// podConditions are the conditions of an entrant by EKS Pod Identity, where all are of the
// kinds that PodIdentityStatements writes: what is not asked is *.
func (e Entrant) podConditions() (asked map[string]string, ok bool) {
	asked = map[string]string{}
	for _, key := range []string{tagClusterARN, tagNamespace, tagServiceAccount} {
		asked[strings.ToLower("aws:RequestTag/"+key)] = "*"
	}
	asked["aws:sourceaccount"], asked["aws:sourcearn"] = "*", "*"
	for _, c := range e.Conditions {
		key := strings.ToLower(c.Key)
		if _, known := asked[key]; !known || len(c.Values) != 1 || c.Operator != "StringEquals" && c.Operator != "StringLike" || strings.Contains(c.Values[0], "${") {
			return nil, false
		}
		asked[key] = c.Values[0]
	}
	return asked, e.Kind == EntersAsService && e.ID == PodIdentityService && len(e.Conditions) > 0 && !e.AllActions
}

// IsPods reports whether an entrant is the service account of one association, with session
// tags, and nobody else.
func (e Entrant) IsPods(p PodIdentity) bool {
	asked, ok := e.podConditions()
	return ok && asked["aws:requesttag/"+tagClusterARN] == p.ClusterARN && asked["aws:requesttag/"+tagNamespace] == p.Namespace && asked["aws:requesttag/"+tagServiceAccount] == p.ServiceAccount
}

// pods is the phrase for an entrant by EKS Pod Identity; empty where it is asked for more
// than the phrase could say.
func (e Entrant) pods() string {
	asked, ok := e.podConditions()
	cluster := asked["aws:requesttag/"+tagClusterARN]
	if cluster == "*" {
		cluster = asked["aws:sourcearn"]
	}
	parts := strings.SplitN(cluster, ":", 6)
	if !ok || len(parts) < 6 || !strings.HasPrefix(parts[5], clusterResource) {
		return ""
	}
	place := strings.TrimPrefix(parts[5], clusterResource) + " in " + parts[3]
	switch namespace, name := asked["aws:requesttag/"+tagNamespace], asked["aws:requesttag/"+tagServiceAccount]; {
	case namespace == "*" && name == "*":
		return "EVERY service account of cluster " + place + " that has an EKS Pod Identity association with it"
	case strings.ContainsAny(namespace+name, "*?"):
		return "the service accounts " + namespace + "/" + name + " of cluster " + place + ", by EKS Pod Identity"
	default:
		return "service account " + namespace + "/" + name + " of cluster " + place + ", by EKS Pod Identity"
	}
}
