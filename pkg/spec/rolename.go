package spec

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// UnknownARN is the error where the ARN or the name of an account's role cannot be told offline.
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

// namespaceOf is the namespace that an account ends in: its own, else the release's.
func namespaceOf(sa ServiceAccount, release string) string {
	if sa.Namespace != "" {
		return sa.Namespace
	}
	return release
}

func accountLabel(sa ServiceAccount, namespace string) string {
	if ns := namespaceOf(sa, namespace); ns != "" {
		return ns + "/" + sa.Name
	}
	return sa.Name
}

// RoleName gives the name of an account's role: that of role.arn, role.name, or else
// CLUSTER-NAMESPACE-ACCOUNT. Namespace is the release's, used where the account names
// none. A derived name depends on nothing but the cluster, the namespace and the
// account, so that it stays when other accounts join the file; CheckRoleNames reports
// those that two accounts would share. The error is an *UnknownARN, or an *ARNError
// where role.arn is malformed.
func (f *File) RoleName(sa ServiceAccount, namespace string) (string, error) {
	if sa.Role.ARN != "" {
		a, err := ParseRoleARN(sa.Role.ARN)
		return a.Name, err
	}
	if sa.Role.Name != "" {
		return sa.Role.Name, nil
	}
	ns := namespaceOf(sa, namespace)
	var missing []string
	if f.Cluster.Name == "" {
		missing = append(missing, "cluster.name")
	}
	if ns == "" {
		missing = append(missing, "namespace")
	}
	if missing != nil {
		return "", &UnknownARN{Account: accountLabel(sa, namespace), Missing: missing}
	}
	return deriveRoleName(f.Cluster.Name, ns, sa.Name), nil
}

// RoleARN gives the ARN of an account's role, offline: role.arn, or that of its name in
// the role's account (else the cluster's) and the partition of the cluster's region.
// Namespace is the release's, used where the account names none. Where irsa.yaml does
// not say enough, the error is an *UnknownARN with all that is missing.
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
	if account == "" {
		unknown.Missing = append(unknown.Missing, "cluster.accountID")
	}
	if f.Cluster.Region == "" {
		unknown.Missing = append(unknown.Missing, "cluster.region")
	}
	if unknown.Missing != nil {
		return "", unknown
	}
	return RoleARN{PartitionOf(f.Cluster.Region), account, f.rolePath(sa), name}.String(), nil
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

// deriveRoleName joins the three, with every character that IAM refuses in a role's name
// replaced. A name that was changed or cut ends in a hash of the three instead of its own
// end, so that two of them stay apart.
func deriveRoleName(cluster, namespace, account string) string {
	plain := strings.Join([]string{cluster, namespace, account}, "-")
	name := strings.Map(iamNameRune, plain)
	if name == plain && len(name) <= maxRoleName {
		return name
	}
	sum := sha256.Sum256([]byte(cluster + "\x00" + namespace + "\x00" + account))
	tail := "-" + hex.EncodeToString(sum[:4])
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
