package cli

import (
	"errors"
	"fmt"

	"github.com/helm-irsa/helm-irsa/internal/adopt"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// held are the release's own service accounts whose role somebody else wrote last, of
// which Helm 4 does not take it back by itself: such as kubectl annotate. A value that is
// the wanted one is no conflict.
func (l *look) held(found looked, file *spec.File) error {
	if l.major < 4 || l.o.args.On("force-conflicts") || l.o.given("server-side") == "false" {
		return nil
	}
	var errs []error
	for _, a := range found.own {
		holder, is := a.Holder(spec.RoleAnnotation), a.Annotation(spec.RoleAnnotation)
		wanted, known := l.wanted(a, file)
		if holder == "" || !known || wanted == is {
			continue
		}
		errs = append(errs, hinted(fmt.Errorf("%s has its role from %s (%s): Helm 4 stops with a conflict where it writes %s", a, holder, is, wanted),
			"add --force-conflicts, with which Helm takes it back"))
	}
	return errors.Join(errs...)
}

// wanted is the role that a service account is to have in its annotation; false where
// that is not known, or there is to be none.
func (l *look) wanted(a *adopt.Account, file *spec.File) (string, bool) {
	for _, sa := range file.ServiceAccounts {
		if sa.Name == a.Name && sa.NamespaceIn(l.release.Namespace) == a.Namespace && sa.Mode != spec.ModePodIdentity {
			arn, err := file.RoleARN(sa, l.release.Namespace)
			return arn, err == nil
		}
	}
	return "", false
}
