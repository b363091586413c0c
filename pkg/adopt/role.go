package adopt

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// filling is one file while it is made.
type filling struct {
	*taking
	group group
	file  *spec.File
	adopt []string
	notes []Note
	kept  []string
	ahead []string
	// made are the indexes of the service accounts whose roles the file keeps, by ARN.
	made map[string]int
	// policies are the entries of policies, by the ARN in AWS.
	policies map[string]string
}

func (f *filling) note(about, format string, args ...any) {
	n := Note{about, fmt.Sprintf(format, args...)}
	if !slices.Contains(f.notes, n) {
		f.notes = append(f.notes, n)
	}
}

// file makes the irsa.yaml of a group.
func (t *taking) file(g group, o Options) (*File, error) {
	f := &filling{taking: t, group: g, made: map[string]int{}, policies: map[string]string{}}
	f.file = &spec.File{APIVersion: spec.APIVersion, Kind: spec.Kind, Cluster: t.cluster}
	for i, u := range g.users {
		f.user(u)
		f.first(i, u)
	}
	for i := range g.users {
		f.roleOf(i)
	}
	f.nodes(o)
	f.unusedPolicies()
	f.trusts()
	f.defaults()
	f.access()
	text := write(f.file, f.comments())
	read, err := spec.Parse(f.name(), text)
	if err != nil {
		return nil, fmt.Errorf("irsa.yaml cannot say what %s has: %w", t.source.Name, err)
	}
	slices.Sort(f.adopt)
	slices.Sort(f.kept)
	slices.Sort(f.ahead)
	return &File{Namespace: g.namespace, Release: g.release, Spec: read, Text: text, Adopt: slices.Compact(f.adopt), Notes: f.notes, Kept: slices.Compact(f.kept), Ahead: slices.Compact(f.ahead)}, nil
}

func (f *filling) name() string {
	return "what " + f.source.Name + " has, as irsa.yaml of " + f.group.String()
}

// user adds a service account.
func (f *filling) user(u User) {
	sa := spec.ServiceAccount{Name: u.Name, Token: u.Token, Create: u.Create, AllowDefault: u.Name == "default"}
	for _, w := range u.RunsAs {
		kind, name, _ := strings.Cut(w, "/")
		sa.UsedBy = append(sa.UsedBy, spec.Target{Workload: &spec.WorkloadTarget{Kind: kind, Name: name}})
	}
	f.file.Migrate.Kiam = f.file.Migrate.Kiam || u.Kiam
	// The release's namespace is that of the group; a release may have service accounts in others.
	if u.Namespace != f.group.namespace {
		sa.Namespace = u.Namespace
	}
	arn := u.RoleARN
	if a := f.association(u.Namespace, u.Name); a != nil {
		f.associate(&sa, a, arn)
		arn = a.RoleARN
	}
	sa.Role.ARN = arn
	f.file.ServiceAccounts = append(f.file.ServiceAccounts, sa)
}

// first decides which of the service accounts that share a role has its settings in the file:
// the one that irsa.yaml would derive the role's name from, else the first.
func (f *filling) first(i int, u User) {
	arn := f.file.ServiceAccounts[i].Role.ARN
	derived, err := f.file.RoleName(spec.ServiceAccount{Name: u.Name, Namespace: u.Namespace}, f.group.namespace)
	if _, known := f.made[arn]; !known || err == nil && derived == lastOf(arn) {
		f.made[arn] = i
	}
}

// associate says the association of a service account, and whether its tokens count too.
func (f *filling) associate(sa *spec.ServiceAccount, a *awsstate.Association, annotated string) {
	sa.Mode = spec.ModePodIdentity
	if annotated == a.RoleARN && annotated != "" {
		sa.Mode = spec.ModeBoth
	} else if annotated != "" {
		f.note("service account "+sa.Name, "its annotation names role %s, and its association gives its pods role %s: the annotation is left out", lastOf(annotated), lastOf(a.RoleARN))
	}
	sa.PodIdentity = spec.PodIdentity{TargetRoleARN: a.TargetRoleARN, DisableSessionTags: a.NoSessionTags}
	if r := f.role(a.RoleARN); r != nil && r.Inline.Read && a.TargetRoleARN != "" && !slices.ContainsFunc(r.Inline.List, func(n awsstate.NamedDocument) bool { return n.Name == targetPolicy }) {
		f.note("role "+r.Name, "a plan adds the inline policy %s to it, which lets it assume %s", targetPolicy, a.TargetRoleARN)
	}
	if a.Policy != "" {
		doc, err := spec.ParseDocument("session policy", []byte(a.Policy))
		if err != nil {
			f.note("association "+a.Namespace+"/"+a.ServiceAccount, "its session policy cannot be read, and is left out: %v", err)
		}
		sa.PodIdentity.Policy = doc
	}
	f.take("association/"+a.Namespace+"/"+a.ServiceAccount, a.ARN)
}

// take notes that the file takes something, and with it what another tool keeps. What is not in AWS
// yet cannot be adopted.
func (f *filling) take(adopt, arn string) {
	if address := f.source.Ahead[arn]; address != "" {
		f.ahead = append(f.ahead, address)
		f.note(address, "it is not in AWS yet")
		return
	}
	f.adopt = append(f.adopt, adopt)
	if address := f.source.Kept[arn]; address != "" {
		f.kept = append(f.kept, address)
	}
	f.takeParts(func(p Part) bool { return p.RoleARN == arn })
}

// takeParts notes that the file takes what another tool keeps of roles.
func (f *filling) takeParts(which func(Part) bool) {
	for _, p := range f.source.Parts {
		switch {
		case !which(p):
		case p.Wider:
			f.note(p.Address, "it puts policy %s on others as well: it has to stay in Terraform's files, since all of them would lose the policy with it", lastOf(p.PolicyARN))
		default:
			f.kept = append(f.kept, p.Address)
		}
	}
}

// roleOf says the role of a service account: all of it, where it is told of and no other entry
// says it already, else its ARN.
func (f *filling) roleOf(i int) {
	arn := f.file.ServiceAccounts[i].Role.ARN
	role := f.role(arn)
	before, taken := f.takenIn[arn]
	why := ""
	if role != nil {
		why = f.refused(*role)
	}
	switch {
	case role == nil || role.Trust == nil:
		delete(f.made, arn)
		f.note("role "+lastOf(arn), "%s does not tell of it: it is used as it is, and never changed", f.source.Name)
	case why != "":
		delete(f.made, arn)
		f.note("role "+role.Name, "it is used as it is, and never changed, since irsa.yaml does not take %s", why)
	case taken && before != f.group.String():
		delete(f.made, arn)
		f.note("role "+lastOf(arn), "the irsa.yaml of %s has it, and lets this release's service account in", before)
	case f.made[arn] == i:
		f.takenIn[arn] = f.group.String()
		f.take("role/"+role.Name, arn)
		f.file.ServiceAccounts[i].Role = f.settings(*role)
	}
}

// settings are what a role is, but for whom it trusts and what is of the whole file.
func (f *filling) settings(r awsstate.Role) spec.Role {
	out := spec.Role{Name: r.Name, Path: r.Path, PermissionsBoundary: r.Boundary, Tags: f.tags(r), SharedWith: sharedWith(r.Tags)}
	if parsed, err := spec.ParseRoleARN(r.ARN); err == nil {
		if out.Path == "" {
			out.Path = parsed.Path
		}
		if parsed.AccountID != f.cluster.AccountID {
			out.AccountID = parsed.AccountID
		}
	}
	if out.MaxSessionDuration = spec.Duration(time.Duration(r.MaxSession) * time.Second); r.MaxSession == 0 {
		out.MaxSessionDuration = spec.Duration(time.Hour)
	}
	if spec.Takes("description", r.Description) {
		out.Description = r.Description
	} else {
		f.note("role "+r.Name, "its description is not one line that irsa.yaml takes, and is left out: a plan would remove it")
	}
	f.permissions(r, &out)
	return out
}

// tags are those that are not ours, AWS's or eksctl's own.
func (f *filling) tags(r awsstate.Role) map[string]string {
	out := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(r.Tags)) {
		value := r.Tags[key]
		switch {
		case foreignTag(key):
		case spec.Takes("tagKey", key) && spec.Takes("tagValue", value):
			out[key] = value
		default:
			f.note("role "+r.Name, "irsa.yaml does not take its tag %s; it stays in AWS as it is", key)
		}
	}
	return out
}

// foreignTag: what helm irsa writes itself, and what other programs keep their books with. None
// of it is taken off a role by adopting it.
func foreignTag(key string) bool {
	lower := strings.ToLower(key)
	for _, prefix := range []string{spec.TagPrefix, "aws:", "alpha.eksctl.io/", "eksctl.", "eksctl.io/"} {
		if strings.HasPrefix(lower, prefix) {
			return true
		}
	}
	return false
}

// sharedWith reads the consent that tags carry: see spec.TagSharedWith.
func sharedWith(tags map[string]string) []string {
	var out []string
	for i := 1; ; i++ {
		value := tags[spec.SharedWithTag(i)]
		if value == "" {
			return out
		}
		out = append(out, strings.Fields(strings.ReplaceAll(value, "@", "*"))...)
	}
}

// defaults moves what all roles have alike to the file's defaults, and leaves out what is
// irsa.yaml's own default.
func (f *filling) defaults() {
	d := &f.file.Defaults
	var roles []*spec.Role
	for _, i := range slices.Sorted(maps.Values(f.made)) {
		roles = append(roles, &f.file.ServiceAccounts[i].Role)
	}
	f.defaultPath(roles)
	f.defaultTags(roles)
	if len(roles) == 0 {
		return
	}
	if first := roles[0].PermissionsBoundary; !slices.ContainsFunc(roles, func(r *spec.Role) bool { return r.PermissionsBoundary != first || r.AccountID != "" }) {
		d.PermissionsBoundary = first
	}
	if first := roles[0].MaxSessionDuration; !slices.ContainsFunc(roles, func(r *spec.Role) bool { return r.MaxSessionDuration != first }) && first != spec.Duration(time.Hour) {
		d.MaxSessionDuration = first
	}
	for _, r := range roles {
		if r.PermissionsBoundary == d.PermissionsBoundary {
			r.PermissionsBoundary = ""
		}
		if r.MaxSessionDuration == d.MaxSessionDuration || d.MaxSessionDuration == 0 && r.MaxSessionDuration == spec.Duration(time.Hour) {
			r.MaxSessionDuration = 0
		}
	}
	f.deriveNames()
}

// defaultPath is the path that most roles and policies have.
func (f *filling) defaultPath(roles []*spec.Role) {
	var paths []*string
	for _, r := range roles {
		paths = append(paths, &r.Path)
	}
	for i := range f.file.Policies {
		paths = append(paths, &f.file.Policies[i].Path)
	}
	count, best := map[string]int{}, ""
	for _, p := range paths {
		count[*p]++
		if best == "" || count[*p] > count[best] {
			best = *p
		}
	}
	for _, p := range paths {
		if *p == best {
			*p = ""
		}
	}
	if best != spec.DefaultPath {
		f.file.Defaults.Path = best
	}
}

// defaultTags are the tags that all roles, policies and providers have alike: irsa.yaml gives policies and
// providers no others. A role may have another value of its own.
func (f *filling) defaultTags(roles []*spec.Role) {
	var all []map[string]string
	for _, p := range f.source.State.Policies.List {
		if _, ours := f.policies[p.ARN]; ours && p.Tags != nil {
			all = append(all, p.Tags)
		}
	}
	for _, p := range f.source.State.Providers.List { // one of others keeps its tags
		if release, namespace := ownRelease(p.Tags); release == f.group.release && namespace == f.group.namespace {
			all = append(all, p.Tags)
		}
	}
	if len(all) == 0 { // then what all roles have alike is said once; of one role they are its own
		for _, r := range roles {
			all = append(all, r.Tags)
		}
		if len(all) < 2 {
			return
		}
	}
	alike := maps.Clone(all[0])
	maps.DeleteFunc(alike, func(key, value string) bool {
		return foreignTag(key) || !spec.Takes("tagKey", key) || !spec.Takes("tagValue", value) ||
			slices.ContainsFunc(all, func(tags map[string]string) bool { got, ok := tags[key]; return !ok || got != value }) ||
			slices.ContainsFunc(roles, func(r *spec.Role) bool { _, ok := r.Tags[key]; return !ok })
	})
	f.file.Defaults.Tags = alike
	for _, r := range roles {
		maps.DeleteFunc(r.Tags, func(key, value string) bool { got, ok := alike[key]; return ok && got == value })
	}
	for _, p := range f.source.State.Policies.List {
		for _, key := range slices.Sorted(maps.Keys(p.Tags)) {
			_, ours := f.policies[p.ARN]
			if _, all := alike[key]; ours && !all && !foreignTag(key) {
				f.note("policy "+lastOf(p.ARN), "irsa.yaml has no tags for one policy: its tag %s stays in AWS as it is", key)
			}
		}
	}
}

// deriveNames leaves out the names that irsa.yaml would derive.
func (f *filling) deriveNames() {
	for _, i := range f.made {
		sa := f.file.ServiceAccounts[i]
		if len(sa.Role.SharedWith) > 0 {
			continue
		}
		name := sa.Role.Name
		sa.Role.Name = ""
		if derived, err := f.file.RoleName(sa, f.group.namespace); err == nil && derived == name {
			f.file.ServiceAccounts[i].Role.Name = ""
		}
	}
}

// access says how the AWS accounts of the roles are reached.
func (f *filling) access() {
	for _, sa := range f.file.ServiceAccounts {
		id := sa.Role.AccountID
		if id == "" {
			continue
		}
		access, known := f.source.Access[id]
		if !known {
			f.note("AWS account "+id, "how it is reached is not known: add accounts: {%q: {profile: …}}", id)
			continue
		}
		if f.file.Accounts == nil {
			f.file.Accounts = map[string]spec.AccountAccess{}
		}
		f.file.Accounts[id] = access
	}
}
