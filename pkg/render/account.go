package render

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// Annotations of our own.
const (
	// addedAnnotation marks a service account that was added here, so that rendering the
	// result again knows it from one that the chart makes.
	addedAnnotation = "helm-irsa.dev/added"
	// identityAnnotation on a pod template holds a digest of what decides the pods' identity.
	identityAnnotation = "helm-irsa.dev/identity"
)

// account is one entry of irsa.yaml with everything that the stream does not decide.
type account struct {
	spec.ServiceAccount
	namespace string // the release's where the entry names none; empty where that is not known
	arn       string // empty for mode podIdentity
	objects   []*object
	added     bool
	made      bool // an operator makes it
	// pullSecrets are carried over from service accounts that workloads left, in order.
	pullSecrets []pullSecret
}

// pullSecret is one that an added service account gets, and why.
type pullSecret struct{ name, reason string }

func (a *account) String() string {
	if a.namespace == "" {
		return a.Name
	}
	return a.namespace + "/" + a.Name
}

// annotation is one annotation that a service account must carry.
type annotation struct{ key, value string }

// annotations are what the webhook must find on the service account.
func (a *account) annotations() []annotation {
	var out []annotation
	for _, n := range a.Annotations(a.arn) {
		out = append(out, annotation{n.Key, n.Value})
	}
	return out
}

// digest changes when, and only when, the identity of the service account's pods does.
func (a *account) digest() string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n", a.Mode)
	for _, n := range a.annotations() {
		fmt.Fprintf(h, "%s=%s\n", n.key, n.value)
	}
	if a.Mode == spec.ModePodIdentity {
		fmt.Fprintf(h, "%s\n", a.arn)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// accounts resolves the entries of irsa.yaml. Errors: an ARN that cannot be known
// offline, and two entries that turn out to be one service account. All are given at once.
func accounts(f *spec.File, release string) ([]*account, error) {
	var (
		out    []*account
		faults faults
		seen   = map[[2]string]*account{}
	)
	for _, entry := range f.ServiceAccounts {
		a := &account{ServiceAccount: entry, namespace: entry.NamespaceIn(release)}
		arn, err := f.RoleARN(entry, a.namespace)
		if err != nil && entry.Mode != spec.ModePodIdentity {
			faults.add(unknownARN(f, a, err))
		}
		a.arn = arn
		if twin := seen[[2]string{a.namespace, a.Name}]; twin != nil {
			faults.add(Message{
				Message: fmt.Sprintf("reading %s: serviceAccounts on %s are both service account %s, since the release's namespace is %q", fileName(f), bothLines(twin, a), a, release),
				Hint:    "keep one of the two entries",
			})
		}
		seen[[2]string{a.namespace, a.Name}] = a
		out = append(out, a)
	}
	return out, faults.err()
}

func fileName(f *spec.File) string { return fileOf(f, "") }

// fileOf is the one of several files that an entry is from, else the only one.
func fileOf(f *spec.File, file string) string { return cmp.Or(file, f.Path, "irsa.yaml") }

// bothLines are where two entries stand.
func bothLines(a, b *account) string {
	if a.File != b.File {
		return fmt.Sprintf("line %d of %s and line %d of %s", a.Line, a.File, b.Line, b.File)
	}
	return fmt.Sprintf("lines %d and %d", a.Line, b.Line)
}

// unknownARN is the fault for a role whose ARN cannot be computed.
func unknownARN(f *spec.File, a *account, err error) Message {
	m := Message{Message: fmt.Sprintf("computing the role of service account %s (%s:%d): %s", a, fileOf(f, a.File), a.Line, err)}
	var h hinted
	if errors.As(err, &h) {
		m.Hint = h.Hint()
	}
	return m
}
