package upgrade

import (
	"bytes"
	"errors"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/voice"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// TestAfterHelm: what changed in AWS before the plan was applied ends a command with the
// command to type; once Helm has done its part, that is another one.
func TestAfterHelm(t *testing.T) {
	t.Parallel()
	changed := &awsiam.Meanwhile{Things: []string{"role a came to be", "the trust of role b changed", "policy c changed", "policy d changed"}}
	const said = "helm-irsa: error: AWS changed after the plan was made, so nothing of it was applied: " +
		"role a came to be; the trust of role b changed; policy c changed; and 1 more\n"
	step := &awsiam.Meanwhile{Doing: "creating role a", Things: []string{"role a came to be"}}
	incomplete := &awsiam.Incomplete{Done: 1, Total: 3, Errs: []error{step}}
	const atStep = "helm-irsa: error: creating role a: role a came to be\n" +
		"helm-irsa: hint: run the same command again: it shows what is to be done now\n" +
		"helm-irsa: hint: 1 of 3 steps are done; the same command goes on from there\n"
	for name, tt := range map[string]struct {
		err  error
		want string
	}{
		"before Helm":     {changed, said + "helm-irsa: hint: run the same command again: it shows what is to be done now\n"},
		"after Helm":      {afterHelm(changed, "helm irsa destroy app"), said + "helm-irsa: hint: look at what is to be done now: helm irsa destroy app\n"},
		"in a step":       {incomplete, atStep},
		"in a step, then": {afterHelm(incomplete, "helm irsa destroy app"), atStep},
		"another error":   {afterHelm(errors.New("no"), "x"), "helm-irsa: error: no\n"},
	} {
		var out bytes.Buffer
		voice.To(&out).Failure(tt.err)
		if out.String() != tt.want {
			t.Errorf("%s: it says\n%s\nwant\n%s", name, out.String(), tt.want)
		}
	}
}
