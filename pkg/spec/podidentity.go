package spec

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The modes of a service account that make an association, as irsa.yaml writes them.
const (
	ModePodIdentity = "podIdentity"
	ModeBoth        = "both"
)

// UsesPodIdentity reports whether the pods get the role by an association of EKS Pod Identity.
func (sa ServiceAccount) UsesPodIdentity() bool {
	return sa.Mode == ModePodIdentity || sa.Mode == ModeBoth
}

// maxSessionPolicy is how long a session policy may be: "The plaintext that you use for both
// inline and managed session policies can't exceed 2,048 characters"
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html, Policy).
const maxSessionPolicy = 2048

// validatePodIdentity finds settings of an association that there is none of, and those that
// EKS refuses: "When using this policy, disableSessionTags must be set to true"
// (https://docs.aws.amazon.com/eks/latest/APIReference/API_CreatePodIdentityAssociation.html, policy).
func (l *loader) validatePodIdentity(f *File) {
	for i, sa := range f.ServiceAccounts {
		at, p := serviceAccountAt(i).key("podIdentity"), sa.PodIdentity
		if !p.IsZero() && !sa.UsesPodIdentity() {
			l.fault(at, fmt.Sprintf("mode %s makes no EKS Pod Identity association that these settings could be of", sa.Mode),
				"write \"mode: podIdentity\" or \"mode: both\", or drop them")
		}
		if !p.Policy.IsZero() && !p.DisableSessionTags {
			l.fault(at.key("policy"), "EKS takes no session policy where it adds session tags", "add \"disableSessionTags: true\", or put the policy on the role")
		}
		if n := utf8.RuneCount(p.Policy.JSON()); n > maxSessionPolicy {
			l.fault(at.key("policy"), fmt.Sprintf("the session policy has %d characters, and STS takes %d", n, maxSessionPolicy), "shorten it, such as with wildcards, or give the service account a role of its own")
		}
		l.validateTargetRole(f, sa, at.key("targetRoleARN"))
	}
}

// validateTargetRole: a role is assumed within one partition, and not by itself.
func (l *loader) validateTargetRole(f *File, sa ServiceAccount, at *place) {
	target := sa.PodIdentity.TargetRoleARN
	from, err := ParseRoleARN(sa.Role.ARN)
	to, targetErr := ParseRoleARN(target)
	if err != nil || targetErr != nil {
		return
	}
	switch {
	case target == sa.Role.ARN:
		l.fault(at, show(target)+" is role.arn itself", "drop it: the pods have that role already")
	case from.Partition != to.Partition && f.Cluster.Region == "": // else told by validatePartitions
		l.fault(at, fmt.Sprintf("%s is of partition %s, and role.arn of %s", show(target), to.Partition, from.Partition), fmt.Sprintf("write arn:%s:…", from.Partition))
	}
}

// SplitSubject gives the namespace and the service account that a subject of irsa.yaml is of.
// Both may be patterns: * is every one. A subject that names no service account, such as
// system:serviceaccount:team-*, is of every one in the namespaces that match.
func SplitSubject(subject string) (namespace, name string) {
	rest, ok := strings.CutPrefix(subject, SubjectPrefix)
	if !ok {
		return "*", "*"
	}
	namespace, name, ok = strings.Cut(rest, ":")
	if !ok {
		return namespace, "*"
	}
	return namespace, name
}
