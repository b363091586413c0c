package cli

import (
	"errors"
	"fmt"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/helm"
)

func TestExitCode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		err    error
		code   int
		silent bool
	}{
		{"done", nil, 0, true},
		{"ours", errors.New("x"), 1, false},
		{"ours with a hint", faults.Hinted(errors.New("x"), "y"), 1, false},
		{"Helm's own", &helm.ExitError{Command: "upgrade", Code: 7}, 7, true},
		{"Helm's own, wrapped", fmt.Errorf("x: %w", &helm.ExitError{Code: 143}), 143, true},
		{"already said", exited(1), 1, true},
	} {
		if code, silent := exitCode(c.err); code != c.code || silent != c.silent {
			t.Errorf("%s: got %d, %v", c.name, code, silent)
		}
	}
}
