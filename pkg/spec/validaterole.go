package spec

import (
	"fmt"
	"slices"
	"strings"
)

// validatePartitions finds ARNs of a partition that the cluster's region is not in.
func (l *loader) validatePartitions(f *File) {
	want := PartitionOf(f.Cluster.Region)
	if want == "" || !matches(formats["region"].pattern, f.Cluster.Region) {
		return
	}
	for _, a := range f.arns() {
		parts := strings.SplitN(a.value, ":", 3)
		if len(parts) == 3 && parts[0] == "arn" && parts[1] != want && slices.Contains(partitionIDs(), parts[1]) {
			l.fault(a.at, fmt.Sprintf("%s is of partition %s, but region %s is of %s", show(a.value), parts[1], f.Cluster.Region, want),
				fmt.Sprintf("write arn:%s:…", want))
		}
	}
}

// arnField is an ARN and where it stands.
type arnField struct {
	value string
	at    *place
}

// arns gives every IAM ARN of the file. Inherited boundaries are looked at where they are
// written, so the defaults' own is told from a role's by the place.
func (f *File) arns() []arnField {
	var root *place
	out := []arnField{{f.Defaults.PermissionsBoundary, root.key("defaults").key("permissionsBoundary")}}
	for id, a := range f.Accounts {
		out = append(out, arnField{a.AssumeRoleARN, root.key("accounts").key(id).key("assumeRoleARN")})
	}
	if f.NodeRole != nil {
		out = appendARNs(out, f.NodeRole.PolicyARNs, root.key("nodeRole").key("policyARNs"))
	}
	for i, sa := range f.ServiceAccounts {
		at := serviceAccountAt(i).key("role")
		out = append(out, arnField{sa.Role.ARN, at.key("arn")})
		out = append(out, arnField{sa.PodIdentity.TargetRoleARN, serviceAccountAt(i).key("podIdentity").key("targetRoleARN")})
		if sa.Role.PermissionsBoundary != f.Defaults.PermissionsBoundary {
			out = append(out, arnField{sa.Role.PermissionsBoundary, at.key("permissionsBoundary")})
		}
		out = appendARNs(out, sa.Role.PolicyARNs, at.key("policyARNs"))
	}
	return out
}

func appendARNs(out []arnField, values []string, at *place) []arnField {
	for i, v := range values {
		out = append(out, arnField{v, at.elem(i)})
	}
	return out
}

// validateSubjects finds subject patterns that fix too little: see anySubjectPattern.
func (l *loader) validateSubjects(f *File) {
	for i, sa := range f.ServiceAccounts {
		trust := sa.Role.Trust
		if trust.AllowAnySubject {
			continue
		}
		for j, s := range trust.Subjects {
			if LetsEveryAccountIn(s) {
				l.fault(serviceAccountAt(i).key("role").key("trust").key("subjects").elem(j),
					show(s)+" lets in service accounts of any namespace and any name", "begin the namespace or the name with something fixed, such as team-*:* or *:app, or add \"allowAnySubject: true\"")
			}
		}
	}
}

// LetsEveryAccountIn says whether a subject pattern fixes neither a namespace nor the name of
// a service account, nor how they begin, so that whoever may name one gets in.
func LetsEveryAccountIn(subject string) bool { return matches(anySubjectPattern, subject) }

// clash is a role that two service accounts would share by name.
type clash struct {
	first, index int
	name         string
	derived      bool
}

func (c clash) message(f *File) string {
	how := ""
	if c.derived {
		how = "the derived role name "
	}
	return fmt.Sprintf("%s%s is that of serviceAccounts[%d] too, on %s", how, show(c.name), c.first, lineOf(f.ServiceAccounts[c.first], f.ServiceAccounts[c.index].File))
}

func (c clash) hint() string {
	return "write another role.name, or share that role through role.arn and its trust.subjects"
}

// CheckRoleNames finds service accounts whose roles would have one name in one AWS
// account, with the release's namespace for those that name none. Load has done so for
// the namespaces that irsa.yaml knows. IAM ignores case in role names:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html. The error
// is a *FaultList.
func (f *File) CheckRoleNames(namespace string) error {
	var faults []Fault
	for _, c := range f.roleNameClashes(namespace) {
		sa := f.ServiceAccounts[c.index]
		faults = append(faults, Fault{File: sa.File, Line: max(sa.Line, 1), Column: max(sa.Column, 1),
			Field: serviceAccountAt(c.index).key("role").key("name").String(), Message: c.message(f), Hint: c.hint()})
	}
	if faults == nil {
		return nil
	}
	return newFaultList(f.Path, faults, f.Paths...)
}

// roleNameClashes looks at the roles that are made here; those given by ARN may be shared.
// Service accounts whose name cannot be derived yet are compared where they can be.
func (f *File) roleNameClashes(namespace string) []clash {
	var out []clash
	first := map[[2]string]int{}
	for i, sa := range f.ServiceAccounts {
		if sa.Role.ARN != "" || sa.Name == "" {
			continue
		}
		name, err := f.RoleName(sa, namespace)
		if err != nil {
			continue
		}
		id := [2]string{f.roleAccount(sa), strings.ToLower(name)}
		before, taken := first[id]
		switch {
		case !taken:
			first[id] = i
		case !sameAccount(f.ServiceAccounts[before], sa):
			out = append(out, clash{before, i, name, sa.Role.Name == ""})
		}
	}
	return out
}

// lineOf is where an entry stands, for who reads of it in a file.
func lineOf(sa ServiceAccount, from string) string {
	if sa.File != from {
		return fmt.Sprintf("line %d of %s", sa.Line, sa.File)
	}
	return fmt.Sprintf("line %d", sa.Line)
}

// sameAccount is true for two entries of one service account, which is a fault of its own.
func sameAccount(a, b ServiceAccount) bool { return a.Name == b.Name && a.Namespace == b.Namespace }
