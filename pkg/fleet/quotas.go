package fleet

import "github.com/helm-irsa/helm-irsa/pkg/awsstate"

// The quotas of IAM that are not in an AWS account's summary, as they are without a request for
// more (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
const (
	providersQuota = 100
	trustSize      = 2048
	policiesOnRole = 10
)

// quotas are those of an AWS account as a whole, as far as they are known.
func quotas(s *awsstate.State) []Quota {
	out := []Quota{}
	if s.Summary != nil {
		for _, q := range []struct{ name, used, limit string }{{"roles", "Roles", "RolesQuota"}, {"customer managed policies", "Policies", "PoliciesQuota"}, {"policy versions", "PolicyVersionsInUse", "PolicyVersionsInUseQuota"}} {
			if limit := s.Summary[q.limit]; limit > 0 {
				out = append(out, Quota{q.name, s.Summary[q.used], limit})
			}
		}
	}
	if s.Providers.Read {
		out = append(out, Quota{"OIDC providers", len(s.Providers.List), providersQuota})
	}
	return out
}

// limit is a quota of the AWS account's summary, or what it is without a request for more.
func limit(s *awsstate.State, name string, usual int) int {
	if s != nil && s.Summary[name] > 0 {
		return s.Summary[name]
	}
	return usual
}

// near: four fifths of a quota are used.
func (q Quota) near() bool { return q.Used*5 >= q.Limit*4 }
