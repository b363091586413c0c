package localaws

import (
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// TrustEvaluator says whether a role's trust policy lets a request in. An error is a
// document that it cannot read; the role is refused then.
type TrustEvaluator func(document string, r trust.Request) (allowed bool, err error)

// evaluateTrust refuses where pkg/trust cannot decide.
func evaluateTrust(document string, r trust.Request) (bool, error) {
	d, err := trust.Parse(document)
	if err != nil {
		return false, err
	}
	return trust.Evaluate(d, r).Verdict == trust.Allow, nil
}
