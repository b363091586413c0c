package cli

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/voice"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

func TestFailure(t *testing.T) {
	t.Parallel()
	list := &spec.FaultList{Path: "irsa.yaml", Faults: []spec.Fault{
		{Line: 2, Column: 3, Field: "a.b", Message: "is wrong", Hint: "write c"},
		{Line: 4, Column: 5, Message: "is missing"},
	}}
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"one line", errors.New("reading x: broken"), "helm-irsa: error: reading x: broken\n"},
		{"a cause of several lines", errors.New("x: a\nb\r\n"), "helm-irsa: error: x: a\\nb\n"},
		{"a line of another's that looks like one of ours", faults.Hinted(errors.New("role x\nhelm-irsa: all is well\x1b[2J"), "write %s", "a\nhelm-irsa: b"),
			"helm-irsa: error: role x\\nhelm-irsa: all is well\\x1b[2J\nhelm-irsa: hint: write a\\nhelm-irsa: b\n"},
		{"joined", errors.Join(errors.New("a\nb"), errors.New("c")), "helm-irsa: error: a\\nb\nhelm-irsa: error: c\n"},
		{"joined and wrapped", fmt.Errorf("x: %w", errors.Join(errors.New("a"), errors.Join(errors.New("b"), errors.New("c")))), "helm-irsa: error: x: a; b; c\n"},
		{"two causes in one text", fmt.Errorf("%w: %w", errors.New("a"), errors.New("b")), "helm-irsa: error: a: b\n"},
		{"a hint", fmt.Errorf("x: %w", faults.Hinted(errors.New("y"), "type %s", "z")), "helm-irsa: error: x: y\nhelm-irsa: hint: type z\n"},
		{"every fault", list, "helm-irsa: error: irsa.yaml:2:3: a.b: is wrong\nhelm-irsa: hint: write c\nhelm-irsa: error: irsa.yaml:4:5: is missing\n"},
	} {
		var b bytes.Buffer
		voice.To(&b).Failure(c.err)
		if b.String() != c.want {
			t.Errorf("%s: got %q, want %q", c.name, b.String(), c.want)
		}
	}
}
