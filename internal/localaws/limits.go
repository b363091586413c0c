package localaws

// Limits are the quotas of every AWS account; zero means AWS's default, named beside
// each (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
type Limits struct {
	Roles             int // roles an account: 1000
	Policies          int // customer managed policies an account: 1500
	Providers         int // OpenID Connect providers an account: 100
	ClientIDs         int // client IDs a provider: 100
	PoliciesPerRole   int // managed policies attached to a role: 10
	VersionsPerPolicy int // versions of a managed policy: 5
	TrustSize         int // characters of a trust policy: 2048
	PolicySize        int // characters of a managed policy: 6144
	InlineSize        int // characters of all inline policies of a role: 10240
	Tags              int // tags of a role, policy or provider: 50
}

func (l Limits) withDefaults() Limits {
	for _, d := range []struct {
		limit *int
		value int
	}{
		{&l.Roles, 1000}, {&l.Policies, 1500}, {&l.Providers, 100}, {&l.ClientIDs, 100},
		{&l.PoliciesPerRole, 10}, {&l.VersionsPerPolicy, 5},
		{&l.TrustSize, 2048}, {&l.PolicySize, 6144}, {&l.InlineSize, 10240}, {&l.Tags, 50},
	} {
		if *d.limit == 0 {
			*d.limit = d.value
		}
	}
	return l
}
