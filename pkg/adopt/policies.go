package adopt

import (
	"maps"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// targetPolicy is the inline policy that podIdentity.targetRoleARN makes: see pkg/awsiam.
const targetPolicy = "helm-irsa-target-roles"

// policy finds a policy of the source by its ARN.
func (t *taking) policy(arn string) *awsstate.Policy {
	for i := range t.source.State.Policies.List {
		if p := &t.source.State.Policies.List[i]; p.ARN == arn {
			return p
		}
	}
	return nil
}

// sharedPolicies are the customer managed policies that roles of several files have, or roles
// that are in none: they stay somebody else's.
func (t *taking) sharedPolicies(groups []group, o Options) map[string]string {
	nodes := slices.Concat(o.NodeRoles, t.ownNodes())
	of := map[string]string{} // releases by role
	for _, g := range groups {
		for _, u := range g.users {
			arn := u.RoleARN
			if a := t.association(u.Namespace, u.Name); a != nil {
				arn = a.RoleARN
			}
			if of[arn] == "" {
				of[arn] = g.String()
			}
		}
	}
	first, out := map[string]string{}, map[string]string{}
	for _, r := range t.source.State.Roles.List {
		if slices.Contains(nodes, r.Name) {
			continue
		}
		for _, arn := range r.Attached.List {
			owner := of[r.ARN]
			before, seen := first[arn]
			switch {
			case owner == "":
				out[arn] = "role " + r.Name + " has it too"
			case !seen:
				first[arn] = owner
			case before != owner:
				out[arn] = "roles of " + before + " and " + owner + " have it"
			}
		}
	}
	return out
}

// permissions says what a role may do.
func (f *filling) permissions(r awsstate.Role, out *spec.Role) {
	for _, arn := range unique(r.Attached.List) {
		if name := f.own(arn, r); name != "" {
			out.Policies = append(out.Policies, name)
		} else {
			out.PolicyARNs = append(out.PolicyARNs, arn)
		}
	}
	slices.Sort(out.Policies)
	for _, in := range r.Inline.List {
		if in.Name == targetPolicy && f.hasTarget(r.ARN) {
			continue
		}
		doc, err := permitted("inline policy "+in.Name, in.Document)
		if err != nil { // refused has looked for that
			f.note("role "+r.Name, "irsa.yaml does not take its inline policy %s: %s", in.Name, oneLine(err))
			continue
		}
		if out.InlinePolicies == nil {
			out.InlinePolicies = map[string]spec.Document{}
		}
		out.InlinePolicies[in.Name] = doc
	}
	if !r.Attached.Read || !r.Inline.Read {
		f.note("role "+r.Name, "%s does not tell of all of its policies", f.source.Name)
	}
}

// permitted is a policy document as irsa.yaml has it. It takes fewer than AWS, which keeps what it
// took years ago, such as those without a Version.
func permitted(what string, d trust.Document) (spec.Document, error) {
	if err := d.CheckPermissions(); err != nil {
		return spec.Document{}, err
	}
	return spec.ParseDocument(what, []byte(d.Text()))
}

// refused says which inline policy of a role irsa.yaml does not take, and why; empty where it takes
// all. The role's other settings cannot be said then: a plan would delete that policy.
func (f *filling) refused(r awsstate.Role) string {
	for _, in := range r.Inline.List {
		if in.Name == targetPolicy && f.hasTarget(r.ARN) {
			continue
		}
		if _, err := permitted("inline policy "+in.Name, in.Document); err != nil {
			return "its inline policy " + in.Name + ": " + oneLine(err)
		}
	}
	return ""
}

// oneLine is an error of several faults on one line.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

func (f *filling) hasTarget(arn string) bool {
	return slices.ContainsFunc(f.source.State.Associations.List, func(a awsstate.Association) bool { return a.RoleARN == arn && a.TargetRoleARN != "" })
}

// own gives the entry of policies for a policy that the release has for itself; empty where it
// stays somebody else's.
func (f *filling) own(arn string, r awsstate.Role) string {
	if name, known := f.policies[arn]; known {
		return name
	}
	p := f.policy(arn)
	if p == nil || p.Document == nil || awsstate.AccountOf(arn) != awsstate.AccountOf(r.ARN) {
		return ""
	}
	if why := f.shared[arn]; why != "" {
		f.note("policy "+p.Name, "it stays under policyARNs: %s", why)
		return ""
	}
	return f.entry(*p)
}

// entry adds a policy. Of one name there is one entry: in several AWS accounts it must say the
// same.
func (f *filling) entry(p awsstate.Policy) string {
	for _, had := range f.file.Policies {
		if !strings.EqualFold(had.Name, p.Name) {
			continue
		}
		if before, err := trust.ParsePermissions(string(had.Document.JSON())); err == nil && had.Name == p.Name && had.Path == pathOf(p) && trust.Equal(before, *p.Document) {
			f.took(p)
			return p.Name
		}
		f.note("policy "+p.Name, "it stays under policyARNs: another policy of that name says something else")
		return ""
	}
	doc, err := permitted("policy "+p.Name, *p.Document)
	if err != nil {
		f.note("policy "+p.Name, "it stays under policyARNs, since irsa.yaml does not take its document: %s", oneLine(err))
		return ""
	}
	entry := spec.Policy{Name: p.Name, Path: pathOf(p), Document: doc, SharedWith: sharedWith(p.Tags)}
	if words := awsstate.OwnWords(p.Description); spec.Takes("policyDescription", words) {
		entry.Description = words
	} else {
		f.note("policy "+p.Name, "irsa.yaml does not take its description, which IAM keeps as it is")
	}
	if p.Tags == nil && strings.Contains(p.Description, awsstate.PolicyMark) {
		f.note("policy "+p.Name, "%s does not tell its tags, which say who else may join it: where somebody does, add sharedWith", f.source.Name)
	}
	f.file.Policies = append(f.file.Policies, entry)
	f.took(p)
	return p.Name
}

func (f *filling) took(p awsstate.Policy) {
	f.policies[p.ARN] = p.Name
	f.take("policy/"+p.Name, p.ARN)
}

func pathOf(p awsstate.Policy) string {
	if p.Path != "" {
		return p.Path
	}
	rest := p.ARN[strings.Index(p.ARN, ":policy/")+len(":policy"):]
	return rest[:strings.LastIndexByte(rest, '/')+1]
}

// unusedPolicies adds the policies that helm irsa made for the release and that no role has.
func (f *filling) unusedPolicies() {
	for _, p := range f.source.State.Policies.List {
		if _, known := f.policies[p.ARN]; known || p.Document == nil || f.group.release == "" {
			continue
		}
		if p.Tags[spec.TagRelease] == f.group.release && p.Tags[spec.TagNamespace] == f.group.namespace && f.shared[p.ARN] == "" {
			f.entry(p)
		}
	}
}

// ownNodes are roles that helm irsa put policies on which some release says for the nodes: by the tags
// of policies and of roles (see pkg/awsiam, policyMark and roleMark), and, since not all sources tell
// the tags of policies, roles of EC2 with a policy that helm irsa made.
func (t *taking) ownNodes() []string {
	var out []string
	for _, p := range t.source.State.Policies.List {
		for key, role := range p.Tags {
			if strings.HasPrefix(key, spec.TagAttached) {
				out = append(out, role)
			}
		}
	}
	for _, r := range t.source.State.Roles.List {
		if t.isNode(r, "", awsstate.PolicyMark) {
			out = append(out, r.Name)
		}
	}
	return unique(out)
}

// isNode reports whether tags of a role say that a policy was put on it for an owner, or whether it is
// EC2's and has a policy whose description has a mark.
func (t *taking) isNode(r awsstate.Role, owner, mark string) bool {
	for key := range r.Tags {
		if strings.HasPrefix(key, spec.TagAttached+owner) {
			return true
		}
	}
	return isEC2(r) && slices.ContainsFunc(r.Attached.List, func(arn string) bool {
		p := t.policy(arn)
		return p != nil && strings.Contains(p.Description, mark)
	})
}

// isEC2 reports whether EC2 may assume a role, and nobody else: the nodes are its instances.
func isEC2(r awsstate.Role) bool {
	if r.Trust == nil || len(r.Trust.Statements()) == 0 {
		return false
	}
	return !slices.ContainsFunc(r.Trust.Statements(), func(s trust.Statement) bool {
		principals, not := s.Principals()
		return !s.Allows() || not || slices.ContainsFunc(principals, func(p trust.Principal) bool {
			return p.Type != "Service" || p.ID != "ec2.amazonaws.com" && p.ID != "ec2.amazonaws.com.cn"
		})
	})
}

// ownerID is the hash by which helm irsa marks what it makes for the release (pkg/awsiam, ownerFor).
func (f *filling) ownerID() string {
	name, scope := f.cluster.Name, f.cluster.AccountID+"/"+f.cluster.Region
	if name == "" {
		name, scope = trust.ProviderName(f.cluster.Issuer), f.cluster.AccountID
	}
	return trust.Owner{Cluster: scope + "/" + name, Namespace: f.group.namespace, Release: f.group.release}.ID()
}

// nodeNames are the roles of the nodes that have policies for this release.
func (f *filling) nodeNames(o Options) []string {
	names := slices.Clone(o.NodeRoles)
	for _, p := range f.source.State.Policies.List {
		for key, role := range p.Tags {
			if strings.HasPrefix(key, spec.TagAttached) && f.ofRelease(p) {
				names = append(names, role)
			}
		}
	}
	for _, r := range f.source.State.Roles.List {
		if id := f.ownerID(); f.isNode(r, id+".", ", "+id+")") {
			names = append(names, r.Name)
		}
	}
	return unique(names)
}

// nodes says which policies of the release the role of the nodes has.
func (f *filling) nodes(o Options) {
	names := f.nodeNames(o)
	if len(names) == 0 || o.Release == "" && len(o.NodeRoles) == 0 && f.group.release == "" {
		return
	}
	if len(names) > 1 {
		f.note("nodeRole", "irsa.yaml has one: the policies on %s are left out", strings.Join(names[1:], ", "))
	}
	node := spec.NodeRole{Name: names[0]}
	i := slices.IndexFunc(f.source.State.Roles.List, func(r awsstate.Role) bool {
		return r.Name == names[0] && (f.cluster.AccountID == "" || awsstate.AccountOf(r.ARN) == "" || awsstate.AccountOf(r.ARN) == f.cluster.AccountID)
	})
	if i < 0 {
		f.note("role "+names[0], "%s does not tell of it: nodeRole is left out", f.source.Name)
		return
	}
	r, id := f.source.State.Roles.List[i], f.ownerID()
	marked := func(arn string) bool {
		return slices.ContainsFunc(keysOf(r.Tags), func(key string) bool { return strings.HasPrefix(key, spec.TagAttached+id+".") && r.Tags[key] == arn })
	}
	for _, arn := range unique(r.Attached.List) {
		p := f.policy(arn)
		switch {
		case p != nil && p.Document != nil && awsstate.AccountOf(arn) == f.cluster.AccountID && f.ownsOnNode(*p, slices.Contains(o.NodeRoles, r.Name)):
			name := f.ownOnNode(*p)
			if name == "" {
				continue
			}
			node.Policies = append(node.Policies, name)
		case r.Trust == nil, marked(arn): // only what was put on it is told, or a tag says it
			node.PolicyARNs = append(node.PolicyARNs, arn)
		default:
			continue
		}
		f.takeParts(func(p Part) bool { return p.RoleARN == r.ARN && p.PolicyARN == arn })
	}
	if len(node.Policies)+len(node.PolicyARNs) > 0 {
		slices.Sort(node.Policies)
		f.file.NodeRole = &node
	}
}

// ofRelease reports whether a policy may be the release's: its tags name no other.
func (f *filling) ofRelease(p awsstate.Policy) bool {
	release := p.Tags[spec.TagRelease]
	return release == "" || f.group.release == "" || release == f.group.release && p.Tags[spec.TagNamespace] == f.group.namespace
}

// ownsOnNode reports whether a policy on the nodes' role is the release's: by its description, by its
// tags, or, where the role was named, where nothing says otherwise.
func (f *filling) ownsOnNode(p awsstate.Policy, named bool) bool {
	if strings.HasSuffix(p.Description, ", "+f.ownerID()+")") {
		return true
	}
	return f.ofRelease(p) && (named || p.Tags[spec.TagRelease] != "")
}

func keysOf(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

func (f *filling) ownOnNode(p awsstate.Policy) string {
	if name, known := f.policies[p.ARN]; known {
		return name
	}
	return f.entry(p)
}
