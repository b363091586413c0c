package fleet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

// findings collects what verify found, and adds what only the whole shows.
func (b *builder) findings() {
	for _, c := range b.clusters {
		b.ofCluster(c)
	}
	b.ofRoles()
	b.orphanedAssociations()
	b.orphanedProviders()
	b.nearQuotas()
	b.otherCredentials()
	slices.SortStableFunc(b.out.Findings, func(x, y Finding) int {
		under := func(f Finding) int { return min(1, len(f.Under)) }
		rank := func(f Finding) int {
			return slices.Index([]verify.Severity{verify.Error, verify.Warning, verify.Info}, f.Severity)
		}
		return cmp.Or(cmp.Compare(under(x), under(y)), cmp.Compare(rank(x), rank(y)))
	})
	for i := range b.out.Findings {
		b.whereToType(&b.out.Findings[i])
	}
	codes := map[string][]string{}
	for _, f := range b.out.Findings {
		if f.RoleARN != "" && !slices.Contains(codes[f.RoleARN], f.Code) {
			codes[f.RoleARN] = append(codes[f.RoleARN], f.Code)
		}
	}
	for i := range b.out.Roles {
		r := &b.out.Roles[i]
		r.Findings = append(r.Findings, codes[r.ARN]...)
	}
}

// whereToType says before a repair for which AWS account it is, where there are several: with
// credentials of another, its commands would change what is not meant.
func (b *builder) whereToType(f *Finding) {
	if len(b.owner) > 1 && f.AWSAccount != "" && f.Fix != "" {
		f.Fix = "# AWS account " + safe.Text(f.AWSAccount) + ":\n" + f.Fix
	}
}

// said is what a finding of a service account is known by in verify's list of all.
type said struct{ code, subject, message string }

// ofCluster takes over what verify found in a cluster. Of which service account a finding is, is
// told by where it stands.
func (b *builder) ofCluster(c *clusterFacts) {
	by := map[said][]*verify.ServiceAccountReport{}
	for i := range c.ServiceAccounts {
		r := &c.ServiceAccounts[i]
		for _, f := range r.Findings {
			k := said{f.Code, f.Subject, f.Message}
			by[k] = append(by[k], r)
		}
	}
	for _, f := range c.Findings {
		out := Finding{
			Code: f.Code, Severity: f.Severity, Cluster: c.Name, Subject: f.Subject, Message: f.Message, Why: f.Why, Fix: f.Fix, Under: f.Under, Where: f.Where, ServiceAccounts: slices.Clone(f.ServiceAccounts),
		}
		of := by[said{f.Code, f.Subject, f.Message}]
		if len(of) > 0 {
			out.RoleARN, out.AWSAccount = of[0].RoleARN, awsstate.AccountOf(of[0].RoleARN)
		}
		for _, r := range of {
			if name := r.Namespace + "/" + r.Name; len(f.ServiceAccounts) == 0 && !slices.Contains(out.ServiceAccounts, name) {
				out.ServiceAccounts = append(out.ServiceAccounts, name)
			}
		}
		b.add(out)
	}
}

func (b *builder) add(f Finding) { b.out.Findings = append(b.out.Findings, f) }

// found makes a finding of the whole.
func found(code, subject, message string) Finding {
	c, _ := CodeOf(code)
	return Finding{Code: code, Severity: c.Severity, Subject: safe.Text(subject), Message: safe.Text(message), Why: c.Why, Fix: c.Repair}
}

// ofRole is a finding about a role.
func ofRole(code string, r *Role, message string) Finding {
	f := found(code, "role "+r.Name, message)
	f.RoleARN, f.AWSAccount = r.ARN, r.AWSAccount
	return f
}

// ofRoles finds what is wrong with roles, whoever has them.
func (b *builder) ofRoles() {
	has := map[[2]string]bool{}
	for _, f := range b.out.Findings {
		has[[2]string{f.Code, f.RoleARN}] = true
	}
	var arns []string
	for _, r := range b.out.Roles {
		if r.Exists {
			arns = append(arns, r.ARN)
		}
	}
	judged := verify.Roles(&b.state, arns)
	edges := map[string][]Edge{}
	for _, e := range b.out.Edges {
		edges[e.RoleARN] = append(edges[e.RoleARN], e)
	}
	for i := range b.out.Roles {
		r := &b.out.Roles[i]
		if !r.Exists {
			continue
		}
		for _, f := range judged[r.ARN] {
			if f.Code == codePermissionsTooWide {
				r.Administrator = cmp.Or(r.Administrator, f.Message)
			}
			if !has[[2]string{f.Code, r.ARN}] {
				b.add(Finding{Code: f.Code, Severity: f.Severity, AWSAccount: r.AWSAccount, RoleARN: r.ARN, Subject: f.Subject, Message: f.Message, Why: f.Why, Fix: f.Fix})
			}
		}
		b.use(r)
		b.reach(r, edges[r.ARN])
	}
}

// codePermissionsTooWide is verify's, for a role that is as good as administrator.
const codePermissionsTooWide = "permissions-too-wide"

// unusedDays is how long a role may be unused before it is told.
const unusedDays = 90

// use tells of what the role may do and does not.
func (b *builder) use(r *Role) {
	switch {
	case r.UnusedDays < unusedDays:
	case r.LastUsed == "":
		b.add(ofRole(codeRoleNeverUsed, r, fmt.Sprintf("role %s was made %d days ago, and AWS has not seen it used", r.ARN, r.UnusedDays)))
	default:
		b.add(ofRole(codeRoleNeverUsed, r, fmt.Sprintf("role %s was last used %d days ago", r.ARN, r.UnusedDays)))
	}
	if len(r.UnusedServices) > 0 {
		b.add(ofRole(codeServicesNeverUsed, r, fmt.Sprintf("role %s never used %s", r.ARN, listed(r.UnusedServices))))
	}
}

// reach tells of who can assume the role: nobody, or many.
func (b *builder) reach(r *Role, edges []Edge) {
	var in []string
	unknown := false
	several := len(b.clusters) > 1
	for _, e := range edges {
		switch name := e.Namespace + "/" + e.ServiceAccount; {
		case e.Allowed == Unknown:
			unknown = true
		case e.Allowed == Yes && several:
			in = append(in, e.Cluster+": "+name)
		case e.Allowed == Yes:
			in = append(in, name)
		}
	}
	strange := b.strangeIssuers(r.ARN)
	for _, issuer := range strange {
		b.add(ofRole(codeTrustOfUnknown, r, fmt.Sprintf("role %s trusts tokens of https://%s, which is of no cluster that was read", r.ARN, issuer)))
	}
	open := slices.ContainsFunc(b.roles[r.ARN].entrants, func(e trust.Entrant) bool { return e.Open }) // which is told by itself
	switch {
	case len(in) > 1 && !open:
		f := ofRole(codeRoleShared, r, fmt.Sprintf("%d service accounts can assume role %s", len(in), r.ARN))
		f.ServiceAccounts = in
		b.add(f)
	case len(edges) == 0 && !unknown && len(strange) == 0 && b.forPodsAlone(r.ARN) && b.allRead(r.ARN):
		b.add(ofRole(codeRoleUnreachable, r, fmt.Sprintf("no service account that was read can assume role %s%s", r.ARN, b.wanted(r.ARN))))
	}
}

// strangeIssuers are the issuers of EKS that a role trusts, of no cluster that was read, but for
// those of which it is known that their cluster is gone.
func (b *builder) strangeIssuers(arn string) []string {
	var out []string
	for _, e := range b.roles[arn].entrants {
		known := slices.ContainsFunc(b.clusters, func(c *clusterFacts) bool { return c.issuer == e.Issuer })
		if e.Kind == trust.EntersByToken && b.forPods(e) && !known && !b.gone(e.Issuer) && !slices.Contains(out, e.Issuer) {
			out = append(out, e.Issuer)
		}
	}
	return out
}

// gone: EKS has no cluster of the issuer, in any of the AWS accounts that were read.
func (b *builder) gone(issuer string) bool {
	if !strings.HasPrefix(issuer, "oidc.eks.") || len(b.owner) == 0 || slices.ContainsFunc(b.clusters, func(c *clusterFacts) bool { return c.issuer == issuer }) {
		return false
	}
	for _, s := range b.owner {
		if !s.Clusters.Read || slices.ContainsFunc(clustersIn(s), func(c awsstate.Cluster) bool { return trust.ProviderName(c.Issuer) == issuer || c.Issuer == "" }) {
			return false
		}
	}
	return true
}

// forPodsAlone: nobody but service accounts and EKS Pod Identity can assume the role.
func (b *builder) forPodsAlone(arn string) bool {
	return len(b.roles[arn].entrants) > 0 && !slices.ContainsFunc(b.roles[arn].entrants, func(e trust.Entrant) bool { return !b.forPods(e) })
}

// allRead: of the clusters that the role trusts, all service accounts were read; of one that is
// for EKS Pod Identity, all associations of all clusters.
func (b *builder) allRead(arn string) bool {
	for _, e := range b.roles[arn].entrants {
		for _, c := range b.clusters {
			if e.Kind == trust.EntersByToken && c.issuer == e.Issuer && (c.Objects == nil || !c.Objects.Complete["ServiceAccount"]) {
				return false
			}
		}
		if e.Kind == trust.EntersAsService && !b.allAssociations() {
			return false
		}
	}
	return true
}

// allAssociations: every cluster of the AWS accounts that were read is in the report, with its
// associations.
func (b *builder) allAssociations() bool {
	for _, c := range b.clusters {
		if !c.snapshot.Associations.Read {
			return false
		}
	}
	for _, s := range b.owner {
		if !s.Clusters.Read {
			return false
		}
		for _, e := range s.Clusters.List {
			if !slices.ContainsFunc(b.clusters, func(c *clusterFacts) bool { return c.issuer == trust.ProviderName(e.Issuer) }) {
				return false
			}
		}
	}
	return true
}

// wanted says for whom a role is that nobody can assume.
func (b *builder) wanted(arn string) string {
	var names []string
	for _, e := range b.roles[arn].entrants {
		if name, ok := strings.CutPrefix(e.Subject, spec.SubjectPrefix); ok {
			names = append(names, strings.Replace(name, ":", "/", 1))
		}
	}
	if len(names) == 0 {
		return ""
	}
	if len(names) > 3 {
		names = append(names[:3], fmt.Sprintf("%d more", len(names)-3))
	}
	return "; it trusts " + listed(names)
}

// orphanedAssociations are for service accounts that are not there.
func (b *builder) orphanedAssociations() {
	for _, c := range b.clusters {
		if c.Objects == nil || !c.Objects.Complete["ServiceAccount"] {
			continue
		}
		for _, a := range c.snapshot.Associations.List {
			if declares(c, a.Namespace, a.ServiceAccount) {
				continue
			}
			f := found(codeAssociationOrphan, "association "+a.ID, fmt.Sprintf("association %s gives role %s to service account %s/%s, which cluster %s has not", a.ID, a.RoleARN, a.Namespace, a.ServiceAccount, c.Name))
			f.Cluster, f.AWSAccount, f.RoleARN = c.Name, c.AWSAccount, a.RoleARN
			f.ServiceAccounts = []string{a.Namespace + "/" + a.ServiceAccount}
			f.Fix = safe.Type("aws", "eks", "delete-pod-identity-association").Flag("--cluster-name", safe.Cluster, c.eks.Name).Maybe("--region", safe.Region, c.Region).Flag("--association-id", safe.Association, a.ID).String()
			b.add(f)
		}
	}
}

// orphanedProviders are of clusters that are gone.
func (b *builder) orphanedProviders() {
	for _, p := range b.state.Providers.List {
		if !b.gone(p.Issuer) {
			continue
		}
		f := found(codeProviderOrphan, "OIDC provider "+p.Issuer, fmt.Sprintf("OIDC provider %s is for an issuer that no cluster of the AWS accounts in this report has", p.ARN))
		f.AWSAccount = awsstate.AccountOf(p.ARN)
		f.Fix = "# once no cluster of another AWS account has this issuer:\n" + safe.Type("aws", "iam", "delete-open-id-connect-provider").Flag("--open-id-connect-provider-arn", safe.ProviderARN, p.ARN).String()
		b.add(f)
	}
}

// nearQuotas are quotas of AWS accounts and roles.
func (b *builder) nearQuotas() {
	for _, a := range b.out.AWSAccounts {
		for _, q := range a.Quotas {
			if q.near() {
				f := found(codeQuotaNear, "AWS account "+a.ID, fmt.Sprintf("AWS account %s has %d of %d %s", a.ID, q.Used, q.Limit, q.Name))
				f.AWSAccount = a.ID
				b.add(f)
			}
		}
	}
	for i := range b.out.Roles {
		r := &b.out.Roles[i]
		role, s := b.roles[r.ARN].role, b.owner[r.AWSAccount]
		if role == nil {
			continue
		}
		if role.Trust != nil {
			if q := (Quota{"characters", trust.Size(*role.Trust), limit(s, "AssumeRolePolicySizeQuota", trustSize)}); q.near() {
				b.add(ofRole(codeQuotaNear, r, fmt.Sprintf("the trust policy of role %s has %d of %d characters", r.ARN, q.Used, q.Limit)))
			}
		}
		if q := (Quota{"policies", len(role.Attached.List), limit(s, "AttachedPoliciesPerRoleQuota", policiesOnRole)}); q.near() {
			b.add(ofRole(codeQuotaNear, r, fmt.Sprintf("role %s has %d of %d managed policies", r.ARN, q.Used, q.Limit)))
		}
	}
}

// otherCredentials are access keys and the node's role.
func (b *builder) otherCredentials() {
	for _, a := range b.out.ServiceAccounts {
		name := a.Namespace + "/" + a.Name
		of := func(f Finding) Finding {
			f.Cluster, f.ServiceAccounts = a.Cluster, []string{name}
			return f
		}
		if a.Status == "" && len(a.StaticKeys) > 0 {
			b.add(of(found(codeAccessKeys, "ServiceAccount "+name, a.StaticKeys[0]+more(len(a.StaticKeys)-1))))
		}
		if len(a.NodeRole) > 0 {
			b.add(of(found(codeNodeRoleUsed, "ServiceAccount "+name, fmt.Sprintf("%s uses AWS and has no credentials of its own%s", a.NodeRole[0], more(len(a.NodeRole)-1)))))
		}
	}
}

func more(n int) string {
	if n < 1 {
		return ""
	}
	return fmt.Sprintf(", and %d more", n)
}
