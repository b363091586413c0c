package spec

import (
	"fmt"
	"path"
	"strings"
)

// validate checks the rules that look at more than one type; the others are tags.
// Those that a JSON Schema can express are in schemarules.go once more.
func (l *loader) validate(f *File) {
	l.validateAccounts(f)
	l.validateTargets(f)
	l.validatePolicyNames(f)
	l.validateDefaultPath(f)
	l.validateReferences(f)
	l.validatePartitions(f)
	l.validateSubjects(f)
	l.validatePrincipals(f)
	l.validatePodIdentity(f)
	l.validateTags(f)
	l.validateAccess(f)
	l.validateSharing(f)
	for _, c := range f.roleNameClashes("") {
		l.fault(serviceAccountAt(c.index).key("role").key("name"), c.message(f), c.hint())
	}
}

// fault notes a fault at the value of a place, or where the value would be.
func (l *loader) fault(at *place, message, hint string) {
	_, n := l.find(at)
	l.faultAt(n, at, message, hint)
}

func serviceAccountAt(i int) *place { return (*place)(nil).key("serviceAccounts").elem(i) }
func policyAt(i int) *place         { return (*place)(nil).key("policies").elem(i) }

// validateAccounts finds two entries for one service account, and the service account
// that every pod runs as unless told otherwise.
func (l *loader) validateAccounts(f *File) {
	first := map[[2]string]int{}
	for i, sa := range f.ServiceAccounts {
		at := serviceAccountAt(i)
		if sa.Name == "default" && !sa.AllowDefault {
			l.fault(at.key("name"), "every pod that names no service account runs as the service account default", "name another service account, or add \"allowDefault: true\"")
		}
		id := [2]string{sa.Namespace, sa.Name}
		before, twice := first[id]
		if twice && sa.Name != "" {
			l.fault(at.key("name"), fmt.Sprintf("a second entry for service account %s, first on %s", accountLabel(sa, ""), lineOf(f.ServiceAccounts[before], sa.File)), "merge the two entries")
		}
		if !twice {
			first[id] = i
		}
	}
}

// validateTargets finds targets that say too little, and those that cannot hold an ARN.
func (l *loader) validateTargets(f *File) {
	for i, sa := range f.ServiceAccounts {
		l.validateEach(sa.UsedBy, serviceAccountAt(i).key("usedBy"), false)
		l.validateEach(sa.RoleIn, serviceAccountAt(i).key("roleIn"), true)
	}
}

func (l *loader) validateEach(targets []Target, at *place, roles bool) {
	for i, t := range targets {
		at := at.elem(i)
		if t.Embedded != nil && t.Embedded.Path == "" && t.Embedded.Pattern == "" {
			l.fault(at.key("embedded"), "says neither where in the text nor what of it is replaced", "add \"path: …\", or \"pattern: …\" for text of no known format")
		}
		if roles && t.Preset != "" {
			l.fault(at.key("preset"), "a preset names places for a service account's name, not for a role's ARN", "name the place with field, embedded or env")
		}
		l.validateEach(t.AnyOf, at.key("anyOf"), roles)
	}
}

// validateDefaultPath finds a path that IAM takes for roles, and not for a policy that gets it.
func (l *loader) validateDefaultPath(f *File) {
	for _, p := range f.Policies {
		if p.Path != f.Defaults.Path || !Takes("iamPath", p.Path) || Takes("policyPath", p.Path) {
			continue
		}
		l.fault((*place)(nil).key("defaults").key("path"), fmt.Sprintf("policy %s gets %s, which IAM takes as a path of roles only", show(p.Name), show(p.Path)),
			"use letters, digits and .,+@=_- between its slashes, or write a path for the policy")
		return
	}
}

// validatePolicyNames finds two policies of one name. IAM tells names apart without case:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
func (l *loader) validatePolicyNames(f *File) {
	first := map[string]int{}
	for i, p := range f.Policies {
		name := strings.ToLower(p.Name)
		if before, ok := first[name]; ok && name != "" {
			l.fault(policyAt(i).key("name"), fmt.Sprintf("%s is the name of policies[%d] too, since IAM ignores case", show(p.Name), before), "give it another name")
			continue
		}
		first[name] = i
	}
}

// validateReferences finds names that no entry of policies has.
func (l *loader) validateReferences(f *File) {
	names := make([]string, len(f.Policies))
	known := make(map[string]bool, len(f.Policies))
	for i, p := range f.Policies {
		names[i], known[p.Name] = p.Name, true
	}
	check := func(refs []string, at *place) {
		for i, ref := range refs {
			if ref != "" && !known[ref] {
				l.fault(at.elem(i), fmt.Sprintf("no entry of policies is called %s", show(ref)), referenceHint(ref, names))
			}
		}
	}
	// A bare name under policyARNs is a policy of AWS; that of an entry is a slip.
	own := func(arns []string, at *place) {
		for i, arn := range arns {
			if name := path.Base(arn); known[name] && strings.Contains(arn, ":iam::aws:policy/") {
				l.fault(at.elem(i), fmt.Sprintf("%s is an entry of policies, and policyARNs has what others manage", show(name)), fmt.Sprintf("write policies: [%s]", name))
			}
		}
	}
	if f.NodeRole != nil {
		check(f.NodeRole.Policies, (*place)(nil).key("nodeRole").key("policies"))
		own(f.NodeRole.PolicyARNs, (*place)(nil).key("nodeRole").key("policyARNs"))
	}
	for i, sa := range f.ServiceAccounts {
		check(sa.Role.Policies, serviceAccountAt(i).key("role").key("policies"))
		own(sa.Role.PolicyARNs, serviceAccountAt(i).key("role").key("policyARNs"))
	}
}

func referenceHint(ref string, names []string) string {
	if strings.HasPrefix(ref, "arn:") {
		return "write an ARN under policyARNs"
	}
	if near, ok := Nearest(ref, names); ok {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "add it there, or write its ARN under policyARNs"
}
