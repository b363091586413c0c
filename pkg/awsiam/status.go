package awsiam

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// Verdict is what AWS's side of an account's identity comes to.
type Verdict string

// The verdicts. Unknown is what could not be looked at, and never OK.
const (
	OK      Verdict = "ok"
	Broken  Verdict = "broken"
	Unknown Verdict = "unknown"
)

// Status is an account of the release, its role, and what AWS would do.
type Status struct {
	Identity
	Mode    string  `json:"mode"`
	Verdict Verdict `json:"verdict"`
	// Why is the reason of a verdict other than ok, in words.
	Why string `json:"why,omitempty"`
	// Pending is how many changes a plan would make to the role and what is on it.
	Pending int `json:"pending"`
	// Warnings say, each with the code that verify has for it, that the role lets in whom
	// nobody named, or may do what only an administrator should. They change no verdict.
	Warnings []string `json:"warnings,omitempty"`
}

// Status looks at the role of every account of irsa.yaml: whether it is there, whether
// the provider is, and whether the trust lets the account's token in. It writes nothing,
// and does not look into the cluster. others is how many changes a plan would make beside
// those that are counted at the accounts.
func (s *Session) Status(ctx context.Context) (all []Status, others int, err error) {
	d, o, err := s.look(ctx, false)
	if err != nil {
		return nil, 0, err
	}
	plan, err := planChanges(d, o)
	if err != nil {
		plan = &Plan{} // what stands in a plan's way is for plan to say
	}
	out := make([]Status, len(d.Identities))
	errs := each(ctx, s, indexes(d.Identities), func(i int) error {
		id := d.Identities[i]
		st := Status{Identity: id, Mode: s.modeOf(id), Pending: pending(plan, id)}
		role, why := s.roleOf(ctx, o, id)
		if role == nil {
			st.Verdict, st.Why = Unknown, why
			if why == "" {
				st.Verdict, st.Why = Broken, "the role does not exist"
			}
		} else {
			st.Verdict, st.Why = judge(d, o, st, role, s.audienceOf(id))
			st.Warnings = s.tooWide(d, o, st, role)
		}
		out[i] = st
		return nil
	})
	return out, beside(plan, d.Identities), first(errs)
}

func (s *Session) entry(id Identity) (spec.ServiceAccount, bool) {
	for _, sa := range s.release.File.ServiceAccounts {
		namespace := sa.Namespace
		if namespace == "" {
			namespace = s.release.Namespace
		}
		if sa.Name == id.ServiceAccount && namespace == id.Namespace {
			return sa, true
		}
	}
	return spec.ServiceAccount{}, false
}

func (s *Session) modeOf(id Identity) string {
	sa, _ := s.entry(id)
	return sa.Mode
}

func (s *Session) audienceOf(id Identity) string {
	sa, _ := s.entry(id)
	if sa.Token.Audience != "" {
		return sa.Token.Audience
	}
	return sa.Role.Trust.Audience
}

// roleOf finds a role among what was read, or, for one that is somebody else's, asks
// for it. why says why it could not be looked at.
func (s *Session) roleOf(ctx context.Context, o *Observed, id Identity) (role *ObservedRole, why string) {
	arn, err := spec.ParseRoleARN(id.RoleARN)
	if err != nil {
		return nil, err.Error()
	}
	if a := o.Accounts[arn.AccountID]; a != nil {
		role = a.role(arn.Name)
		if role != nil && role.ARN != id.RoleARN {
			role = nil
		}
		return role, ""
	}
	c, err := s.in(ctx, arn.AccountID)
	if err != nil {
		return nil, err.Error()
	}
	out, err := c.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: &arn.Name})
	if isMissing(err) {
		return nil, ""
	}
	if err != nil {
		return nil, explain(err, subject{"reading role " + arn.Name, c.account, id.RoleARN}).Error()
	}
	return &ObservedRole{Name: arn.Name, ARN: aws.ToString(out.Role.Arn), trust: aws.ToString(out.Role.AssumeRolePolicyDocument), Tags: tagMap(out.Role.Tags)}, ""
}

// judge holds the trust against the token that the account gets, and against Pod
// Identity where that is used.
func judge(d *Desired, o *Observed, st Status, role *ObservedRole, audience string) (Verdict, string) {
	doc, err := role.Trust()
	if err != nil {
		return Unknown, err.Error()
	}
	var unknown string
	if st.Mode != modePodIdentity {
		if len(d.Facts.Issuers) == 0 {
			unknown = "the issuer of the cluster is not known"
		} else if verdict, why := judgeToken(d, o, st, doc, audience); verdict == Broken {
			return Broken, why
		} else if verdict == Unknown {
			unknown = why
		}
	}
	if st.Mode == modePodIdentity || st.Mode == modeBoth {
		if verdict, why := judgePods(o, st, doc); verdict != OK {
			return verdict, why
		}
	}
	if unknown != "" {
		return Unknown, unknown
	}
	return OK, ""
}

func judgeToken(d *Desired, o *Observed, st Status, doc trust.Document, audience string) (Verdict, string) {
	issuer := d.Facts.Issuers[0]
	arn, _ := spec.ParseRoleARN(st.RoleARN) // it was read before
	provider := trust.ProviderARN(arn.Partition, arn.AccountID, issuer)
	if a := o.Accounts[arn.AccountID]; a != nil {
		switch seen := a.Providers[provider]; {
		case seen == nil && d.wantsProvider(provider):
			return Broken, "account " + arn.AccountID + " has no OIDC provider for " + issuer
		case seen != nil && !slices.Contains(seen.Audiences, audience):
			return Broken, fmt.Sprintf("the OIDC provider for %s does not take audience %q, which its tokens carry", issuer, audience)
		}
	}
	decision := trust.Evaluate(doc, trust.WebIdentity(trust.Token{
		Issuer: issuer, ProviderARN: provider, Subject: "system:serviceaccount:" + st.Namespace + ":" + st.ServiceAccount, Audiences: []string{audience},
	}))
	return verdictOf(decision)
}

func (d *Desired) wantsProvider(arn string) bool {
	return slices.ContainsFunc(d.Providers, func(p Provider) bool { return p.ARN == arn })
}

func judgePods(o *Observed, st Status, doc trust.Document) (Verdict, string) {
	seen := o.association(st.Namespace, st.ServiceAccount)
	switch {
	case seen == nil:
		return Broken, "there is no Pod Identity association"
	case seen.RoleARN != st.RoleARN:
		return Broken, "its Pod Identity association has role " + seen.RoleARN
	}
	return verdictOf(trust.Evaluate(doc, trust.Request{
		Action: trust.ActionAssumeRole, Principal: trust.Principal{Type: "Service", ID: trust.PodIdentityService}, Unknown: []string{"aws:*"},
	}))
}

func verdictOf(d trust.Decision) (Verdict, string) {
	lines := d.Explain()
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i]) // what is below a statement is set in
	}
	why := strings.Join(lines, "; ")
	switch d.Verdict {
	case trust.Allow:
		return OK, ""
	case trust.Undecided:
		return Unknown, fmt.Sprintf("whether the trust lets it in is not known: %s", why)
	}
	return Broken, "the trust does not let it in: " + why
}

// pending counts the changes to a role and what is on it.
func pending(p *Plan, id Identity) int {
	n := 0
	for _, c := range p.Changes {
		if c.of(id) {
			n++
		}
	}
	return n
}

// of reports whether a change is to the account's role or what is on it.
func (c Change) of(id Identity) bool {
	return c.ARN == id.RoleARN || c.Type == TypeAssociation && c.Name == id.Namespace+"/"+id.ServiceAccount
}

// beside counts the changes that are of none of the accounts.
func beside(p *Plan, all []Identity) int {
	n := 0
	for _, c := range p.Changes {
		if !slices.ContainsFunc(all, c.of) {
			n++
		}
	}
	return n
}
