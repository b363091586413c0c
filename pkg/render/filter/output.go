package filter

import (
	"errors"

	"github.com/helm-irsa/helm-irsa/internal/handover"
	"github.com/helm-irsa/helm-irsa/pkg/fileio"
)

// ended is the exit code of an error, which it says; 0 for none.
func (p Program) ended(err error) int {
	if err == nil {
		return 0
	}
	if code, gone := fileio.ReaderGone(err); gone {
		return code
	}
	if !errors.Is(err, handover.ErrNo) { // whoever said no says why
		p.fail(err)
	}
	return 1
}
