package spec

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// UnknownARN is the error where the ARN or the name of a service account's role cannot be
// told offline.
type UnknownARN struct {
	// Account is the service account, as namespace/name where the namespace is known.
	Account string
	// Missing are the fields of irsa.yaml that would tell, such as cluster.accountID.
	Missing []string
}

// missingExamples are lines that a person can copy.
var missingExamples = map[string]string{
	"cluster.name":      `cluster.name: my-cluster`,
	"cluster.region":    `cluster.region: eu-west-3`,
	"cluster.accountID": `cluster.accountID: "111122223333"`,
	"namespace":         `namespace: my-namespace`,
}

// Error says what is missing and which lines to add to irsa.yaml.
func (e *UnknownARN) Error() string {
	lines := make([]string, len(e.Missing))
	for i, m := range e.Missing {
		lines[i] = missingExamples[m]
	}
	return fmt.Sprintf("the role ARN of service account %s cannot be computed without %s; add to irsa.yaml: %s, or role.arn: %s",
		e.Account, strings.Join(e.Missing, " and "), strings.Join(lines, ", "), roleForm)
}

// NamespaceIn is the namespace that the service account stands in: its own, else the release's,
// which may be empty where it is not known.
func (sa ServiceAccount) NamespaceIn(release string) string {
	return cmp.Or(sa.Namespace, release)
}

func accountLabel(sa ServiceAccount, namespace string) string {
	if ns := sa.NamespaceIn(namespace); ns != "" {
		return ns + "/" + sa.Name
	}
	return sa.Name
}

// InCluster gives the file with the AWS account ID and the region of its cluster, where it
// leaves them out. Whoever has asked AWS for them says so here, before names are derived.
func (f *File) InCluster(accountID, region string) *File {
	known := *f
	known.Cluster.AccountID = cmp.Or(f.Cluster.AccountID, accountID)
	known.Cluster.Region = cmp.Or(f.Cluster.Region, region)
	return &known
}

// RoleName gives the name of a service account's role: that of role.arn, role.name, or
// else one that is derived: CLUSTER-NAMESPACE-SERVICEACCOUNT-HASH. Namespace is the
// release's, used where the service account names none. A derived name depends on nothing
// but the cluster with its AWS account and region, the namespace and the service account,
// so that it stays when others join the file. The error is an *UnknownARN, or an *ARNError
// where role.arn is malformed.
func (f *File) RoleName(sa ServiceAccount, namespace string) (string, error) {
	if sa.Role.ARN != "" {
		a, err := ParseRoleARN(sa.Role.ARN)
		return a.Name, err
	}
	if sa.Role.Name != "" {
		return sa.Role.Name, nil
	}
	of := subjectName{f.Cluster.Name, f.Cluster.AccountID, f.Cluster.Region, sa.NamespaceIn(namespace), sa.Name}
	if missing := of.missing(); missing != nil {
		return "", &UnknownARN{Account: accountLabel(sa, namespace), Missing: missing}
	}
	return of.roleName(), nil
}

// RoleARN gives the ARN of a service account's role, offline: role.arn, or that of its
// name in the role's AWS account (else the cluster's) and the partition of the cluster's
// region. Namespace is the release's, used where the service account names none. Where
// irsa.yaml does not say enough, the error is an *UnknownARN with all that is missing.
func (f *File) RoleARN(sa ServiceAccount, namespace string) (string, error) {
	if sa.Role.ARN != "" {
		_, err := ParseRoleARN(sa.Role.ARN)
		return sa.Role.ARN, err
	}
	unknown := &UnknownARN{Account: accountLabel(sa, namespace)}
	name, err := f.RoleName(sa, namespace)
	if u, ok := err.(*UnknownARN); ok {
		unknown.Missing = u.Missing
	}
	account := f.roleAccount(sa)
	lacks := func(field, value string) {
		if value == "" && !slices.Contains(unknown.Missing, field) {
			unknown.Missing = append(unknown.Missing, field)
		}
	}
	lacks("cluster.accountID", account)
	lacks("cluster.region", f.Cluster.Region)
	if unknown.Missing != nil {
		return "", unknown
	}
	return RoleARN{PartitionOf(f.Cluster.Region), account, f.rolePath(sa), name}.String(), nil
}

// LacksFacts reports whether an ARN depends on the AWS account, the region or the name of the
// cluster, which irsa.yaml leaves out. Namespace is the release's.
func (f *File) LacksFacts(namespace string) bool {
	return slices.ContainsFunc(f.ServiceAccounts, func(sa ServiceAccount) bool {
		var unknown *UnknownARN
		_, err := f.RoleARN(sa, namespace)
		return errors.As(err, &unknown)
	})
}

func (f *File) roleAccount(sa ServiceAccount) string {
	if sa.Role.AccountID != "" {
		return sa.Role.AccountID
	}
	return f.Cluster.AccountID
}

// rolePath is the role's path also for a File that was made in Go and never got its defaults.
func (f *File) rolePath(sa ServiceAccount) string {
	for _, path := range []string{sa.Role.Path, f.Defaults.Path} {
		if path != "" {
			return path
		}
	}
	return defaultPath
}

// subjectName is the service account that a derived role is for, and nothing else is.
type subjectName struct{ cluster, accountID, region, namespace, name string }

// missing are the fields of irsa.yaml that the name lacks.
func (n subjectName) missing() []string {
	var out []string
	for _, part := range []struct{ field, value string }{
		{"cluster.name", n.cluster}, {"namespace", n.namespace}, {"cluster.accountID", n.accountID}, {"cluster.region", n.region},
	} {
		if part.value == "" {
			out = append(out, part.field)
		}
	}
	return out
}

// hashLength is that of the hash at the end of a derived name, in characters of base32: 65
// bits. Whoever may choose names in a namespace of their own must not find one whose hash
// is that of somebody else's, which 32 bits would let them do in minutes.
const hashLength = 13

// roleName joins cluster, namespace and service account for people, every character
// that IAM refuses replaced, and puts a hash behind them for IAM: joined by hyphens alone,
// team/a-web and team-a/web would be one role. The parts of the hash are told apart by a
// character that none of them can hold.
func (n subjectName) roleName() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{n.cluster, n.accountID, n.region, n.namespace, n.name}, "\x00")))
	tail := "-" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:hashLength]
	name := strings.Map(iamNameRune, strings.Join([]string{n.cluster, n.namespace, n.name}, "-"))
	if room := maxRoleName - len(tail); len(name) > room {
		name = name[:room]
	}
	return strings.TrimRight(name, "-.") + tail
}

// iamNameRune keeps what a role's name may hold and makes the rest a hyphen.
func iamNameRune(r rune) rune {
	if r < 0x80 && matches(roleNamePattern, string(r)) {
		return r
	}
	return '-'
}
