package fleet

import (
	"fmt"
	"strings"
)

// May says in words what the role may do, a phrase for each service.
func (r Role) May() []string {
	if !r.PoliciesRead {
		return []string{"its policies were not read"}
	}
	var words []string
	for _, g := range r.Services() {
		words = append(words, g.Words())
	}
	for _, p := range r.Policies {
		if !p.Read {
			words = append(words, "what policy "+p.Name+" says, which was not read")
		}
	}
	if len(words) == 0 {
		return []string{"nothing"}
	}
	return words
}

// Used says when the role was last used; empty where it is not known.
func (r Role) Used() string {
	switch {
	case r.LastUsed != "" && r.UnusedDays >= 0:
		return fmt.Sprintf("%s, %s ago", r.LastUsed, plural(r.UnusedDays, "day", "days"))
	case r.LastUsed != "":
		return r.LastUsed
	case r.UnusedDays >= 0:
		return fmt.Sprintf("not seen used by AWS; made %s ago", plural(r.UnusedDays, "day", "days"))
	}
	return ""
}

// Beside is what the service account's pods have beside a role.
func (a ServiceAccount) Beside() []string {
	var out []string
	if len(a.StaticKeys) > 0 {
		out = append(out, "access keys")
	}
	if len(a.NodeRole) > 0 {
		out = append(out, "uses the node's role")
	}
	return out
}

// ReleaseName is NAMESPACE/NAME of the service account's release; empty where it has none.
func (a ServiceAccount) ReleaseName() string {
	if a.Release == nil {
		return ""
	}
	return a.Release.Namespace + "/" + a.Release.Name
}

// String is CLUSTER: NAMESPACE/NAME.
func (a ServiceAccount) String() string { return a.Cluster + ": " + a.Namespace + "/" + a.Name }

// Place says where a finding is, as far as its subject does not.
func (f Finding) Place() string {
	var out []string
	for _, where := range []struct{ name, value string }{{"cluster ", f.Cluster}, {"AWS account ", f.AWSAccount}} {
		if where.value != "" && where.name+where.value != f.Subject {
			out = append(out, where.name+where.value)
		}
	}
	return strings.Join(out, ", ")
}
