package cli

import (
	"errors"
	"fmt"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// checkNames refuses names that Helm and Kubernetes refuse: before AWS is asked for anything
// by them, and before they become part of a subject, where a namespace such as * would let
// others in. What is empty is not known yet.
func checkNames(release, namespace string) error {
	return errors.Join(
		refusedName("release "+fmt.Sprintf("%q", release), spec.CheckRelease(release)),
		refusedName("namespace "+fmt.Sprintf("%q", namespace), spec.CheckNamespace(namespace)),
	)
}

func refusedName(what string, err error) error {
	var bad *spec.NameError
	if !errors.As(err, &bad) {
		return nil
	}
	return faults.Hinted(fmt.Errorf("reading the command line: %s: %s", what, bad.Message), "%s", bad.Hint)
}
