package cli

import (
	"errors"

	"github.com/helm-irsa/helm-irsa/internal/helm"
)

// exited is the code of a part that has already said what there was to say.
type exited int

func (exited) Error() string { return "" }

// exitCode is the one place where an error becomes an exit code: 0 done, 1
// failed, and Helm's own where Helm failed. The other return value says whether
// there is still something to say; Helm and exited have said it.
func exitCode(err error) (code int, silent bool) {
	var helmFailed *helm.ExitError
	var done exited
	switch {
	case err == nil:
		return 0, true
	case errors.As(err, &helmFailed):
		return helmFailed.Code, true
	case errors.As(err, &done):
		return int(done), true
	}
	return 1, false
}
