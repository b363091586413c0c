package adopt

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// trusts says whom each role trusts: first what all roles have in common, which are further
// clusters, then of each role its subjects, and last what these do not explain.
func (f *filling) trusts() {
	f.additional()
	for _, arn := range f.inOrder() {
		f.trusted(&f.file.ServiceAccounts[f.made[arn]], f.role(arn))
	}
	for _, arn := range f.inOrder() { // once the settings of all associations are there
		f.rest(&f.file.ServiceAccounts[f.made[arn]], f.role(arn))
	}
}

// inOrder are the ARNs of the roles that the file keeps, in the order of its service accounts: so the
// same is said in the same order each time.
func (f *filling) inOrder() []string {
	return slices.SortedFunc(maps.Keys(f.made), func(a, b string) int { return f.made[a] - f.made[b] })
}

// statementsOf are those of a role that irsa.yaml can say as subjects, by their issuers.
func statementsOf(r *awsstate.Role) map[string]tokens {
	out := map[string]tokens{}
	for _, s := range r.Trust.Statements() {
		t, ok := readTokens(s)
		if !ok || !t.own() {
			continue
		}
		had, twice := out[t.issuer]
		switch {
		case !twice:
			out[t.issuer] = t
		case had.audience == t.audience: // either of two statements lets in
			had.subjects = unique(append(had.subjects, t.subjects...))
			out[t.issuer] = had
		}
	}
	return out
}

// additional finds the clusters beside the own one whose service accounts get in everywhere as
// those of the own one do: by their issuer, or, for EKS Pod Identity, by their ARN.
func (f *filling) additional() {
	var all []map[string]tokens
	for _, arn := range f.inOrder() {
		if of := statementsOf(f.role(arn)); f.byToken(of) {
			all = append(all, of)
		}
	}
	names := f.podClusters()
	if len(all) > 0 {
		for _, issuer := range f.order(all) {
			f.addCluster(issuer, &names)
		}
		return
	}
	for _, arn := range names {
		region, account, name := clusterIn(arn)
		f.file.Cluster.Additional = append(f.file.Cluster.Additional, f.placed(spec.AdditionalCluster{Name: name}, region, account))
	}
}

func (f *filling) byToken(of map[string]tokens) bool { _, ok := of[f.cluster.Issuer]; return ok }

// order are the issuers that stand in each of the trust policies beside the cluster's, with the
// same audience and subjects, in the order of one of them.
func (f *filling) order(all []map[string]tokens) []string {
	var out []string
	for issuer := range all[0] {
		if issuer != f.cluster.Issuer && !slices.ContainsFunc(all, func(of map[string]tokens) bool {
			own, other := of[f.cluster.Issuer], of[issuer]
			return own.audience != other.audience || !slices.Equal(own.subjects, other.subjects)
		}) {
			out = append(out, issuer)
		}
	}
	at := func(issuer string) int {
		for _, arn := range f.inOrder() {
			for n, s := range f.role(arn).Trust.Statements() {
				if t, ok := readTokens(s); ok && t.issuer == issuer {
					return n
				}
			}
		}
		return 0
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(at(a)-at(b), cmp.Compare(a, b)) })
	return out
}

// addCluster adds a cluster by its issuer. Its name is known only where EKS Pod Identity needs
// it, and the trust policies have it.
func (f *filling) addCluster(issuer string, names *[]string) {
	out := spec.AdditionalCluster{Issuer: issuer}
	region, account := regionOf(issuer), ""
	i := slices.IndexFunc(*names, func(arn string) bool { r, _, _ := clusterIn(arn); return r == cmp.Or(region, r) })
	if i >= 0 {
		region, account, out.Name = clusterIn((*names)[i])
		*names = slices.Delete(slices.Clone(*names), i, i+1)
	} else {
		out.Name = "issuer-" + strings.Trim(strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
				return r
			}
			return '-'
		}, lastOf(strings.TrimSuffix(issuer, "/"))), "-")
		out.Name = out.Name[:min(len(out.Name), 100)]
		f.note("cluster of issuer "+issuer, "its name is not known, and counts for EKS Pod Identity only: correct cluster.additional")
	}
	f.file.Cluster.Additional = append(f.file.Cluster.Additional, f.placed(out, region, account))
}

// placed says the region and the AWS account of a cluster where they are not the own ones.
func (f *filling) placed(c spec.AdditionalCluster, region, account string) spec.AdditionalCluster {
	if region != f.cluster.Region {
		c.Region = region
	}
	if account != f.cluster.AccountID {
		c.AccountID = account
	}
	return c
}

// clusterIn takes the ARN of a cluster apart.
func clusterIn(arn string) (region, account, name string) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return "", "", ""
	}
	return parts[3], parts[4], strings.TrimPrefix(parts[5], "cluster/")
}

// podClusters are the clusters beside the own one that each statement for EKS Pod Identity
// names.
func (f *filling) podClusters() []string {
	own := f.clusterARN(f.cluster.Region, f.cluster.AccountID, f.cluster.Name)
	var out []string
	first := true
	for _, arn := range f.inOrder() {
		for _, s := range f.role(arn).Trust.Statements() {
			p, ok := readPods(s)
			if !ok {
				continue
			}
			others := slices.DeleteFunc(slices.Clone(p.clusters), func(c string) bool { return c == own })
			if first {
				out, first = others, false
			}
			out = slices.DeleteFunc(out, func(c string) bool { return !slices.Contains(others, c) })
		}
	}
	return unique(out)
}

// trusted says the audience and the subjects of a role.
func (f *filling) trusted(sa *spec.ServiceAccount, r *awsstate.Role) {
	namespace := sa.NamespaceIn(f.group.namespace)
	own := spec.Subject(namespace, sa.Name)
	t, tokened := statementsOf(r)[f.cluster.Issuer]
	switch {
	case tokened && sa.Mode == spec.ModePodIdentity:
		sa.Mode = spec.ModeBoth
	case !tokened && sa.Mode == spec.ModeBoth:
		sa.Mode = spec.ModePodIdentity
	case !tokened && sa.Mode != spec.ModePodIdentity && f.letIn(r, own):
		f.note("role "+r.Name, "the statement of its trust policy that lets service account %s/%s in asks for other conditions than irsa.yaml: it stays, and a plan adds irsa.yaml's", namespace, sa.Name)
	case !tokened && sa.Mode != spec.ModePodIdentity:
		f.note("role "+r.Name, "its trust policy does not let tokens of service account %s/%s in: a plan adds that", namespace, sa.Name)
	}
	subjects := t.subjects
	if tokened && t.audience != spec.DefaultAudience {
		sa.Role.Trust.Audience = t.audience
	}
	if sa.Mode == spec.ModePodIdentity {
		subjects = f.podSubjects(*sa, r)
	}
	if !slices.Equal(subjects, []string{own}) {
		sa.Role.Trust.Subjects = subjects
	}
	sa.Role.Trust.AllowAnySubject = slices.ContainsFunc(subjects, spec.LetsEveryAccountIn)
}

// letIn: some statement of a role lets a subject of the cluster in by its token.
func (f *filling) letIn(r *awsstate.Role, subject string) bool {
	return slices.ContainsFunc(admits(r.Trust), func(a admitted) bool { return a.issuer == f.cluster.Issuer && slices.Contains(a.subjects, subject) })
}

// podSubjects are the service accounts that the statements for EKS Pod Identity name beside
// those that have an association with the role.
func (f *filling) podSubjects(sa spec.ServiceAccount, r *awsstate.Role) []string {
	var out []string
	for _, s := range r.Trust.Statements() {
		p, ok := readPods(s)
		if !ok || p.noTags {
			continue
		}
		for _, namespace := range p.namespaces {
			for _, name := range p.names {
				subject := spec.Subject(namespace, name)
				a := f.association(namespace, name)
				if (a == nil || a.RoleARN != r.ARN) && spec.Takes("subject", subject) {
					out = append(out, subject)
				}
			}
		}
	}
	return unique(out)
}

// pods is a statement as helm irsa writes it for EKS Pod Identity.
type pods struct {
	clusters, namespaces, names []string
	noTags                      bool
}

// readPods reads a statement that says no more than that.
func readPods(s trust.Statement) (pods, bool) {
	principals, not := s.Principals()
	if !s.Allows() || not || len(principals) != 1 || principals[0] != (trust.Principal{Type: "Service", ID: trust.PodIdentityService}) {
		return pods{}, false
	}
	out := pods{namespaces: []string{"*"}, names: []string{"*"}, noTags: true}
	for _, c := range s.Conditions() {
		switch strings.ToLower(c.Key) {
		case "aws:requesttag/eks-cluster-arn":
			out.clusters, out.noTags = c.Values, false
		case "aws:requesttag/kubernetes-namespace":
			out.namespaces = c.Values
		case "aws:requesttag/kubernetes-service-account":
			out.names = c.Values
		case "aws:sourcearn":
			out.clusters = c.Values
		case "aws:sourceaccount":
		default:
			return pods{}, false
		}
	}
	return out, len(out.clusters) > 0
}

// rest says what the subjects and associations of the file do not explain, as further
// statements.
func (f *filling) rest(sa *spec.ServiceAccount, r *awsstate.Role) {
	explained, err := f.statements(*sa, r).Statements()
	if err != nil {
		f.note("role "+r.Name, "its trust policy: %v", err)
	}
	for _, s := range r.Trust.Statements() {
		if slices.ContainsFunc(explained, func(e trust.Statement) bool { return same(e, s) }) || f.isRead(*sa, s) {
			continue
		}
		f.further(sa, r, s)
	}
}

// isRead reports whether a statement became subjects, in a form of its own.
func (f *filling) isRead(sa spec.ServiceAccount, s trust.Statement) bool {
	t, ok := readTokens(s)
	if !ok || !t.own() || sa.Mode == spec.ModePodIdentity || t.audience != cmp.Or(sa.Role.Trust.Audience, spec.DefaultAudience) {
		return false
	}
	issuers := []string{f.cluster.Issuer}
	for _, a := range f.file.Cluster.Additional {
		issuers = append(issuers, a.Issuer)
	}
	subjects := sa.Role.Trust.Subjects
	if len(subjects) == 0 {
		subjects = []string{spec.Subject(sa.NamespaceIn(f.group.namespace), sa.Name)}
	}
	return slices.Contains(issuers, t.issuer) && !slices.ContainsFunc(t.subjects, func(s string) bool { return !slices.Contains(subjects, s) })
}

// statements is what irsa.yaml makes of the subjects and associations of a role.
func (f *filling) statements(sa spec.ServiceAccount, r *awsstate.Role) trust.Trust {
	t := trust.Trust{Audience: cmp.Or(sa.Role.Trust.Audience, spec.DefaultAudience), Subjects: sa.Role.Trust.Subjects}
	if len(t.Subjects) == 0 {
		t.Subjects = []string{spec.Subject(sa.NamespaceIn(f.group.namespace), sa.Name)}
	}
	if sa.Mode != spec.ModePodIdentity {
		account := cmp.Or(sa.Role.AccountID, f.cluster.AccountID)
		t.Issuers = []trust.Issuer{{URL: f.cluster.Issuer, ProviderARN: f.providerARN(account, f.cluster.Issuer)}}
		for _, a := range f.file.Cluster.Additional {
			if a.Issuer != "" {
				t.Issuers = append(t.Issuers, trust.Issuer{URL: a.Issuer, ProviderARN: f.providerARN(account, a.Issuer)})
			}
		}
		if f.cluster.Issuer == "" {
			t.Issuers = nil
		}
	}
	for i, other := range f.file.ServiceAccounts {
		if !other.UsesPodIdentity() || f.cluster.Name == "" {
			continue
		}
		namespace := other.NamespaceIn(f.group.namespace)
		a := f.association(namespace, other.Name)
		if a == nil {
			continue
		}
		if a.RoleARN == r.ARN {
			t.Pods = append(t.Pods, f.inClusters(*a, namespace, other.Name)...)
			if f.made[r.ARN] == i {
				for _, s := range t.Subjects {
					n, name := spec.SplitSubject(s)
					t.Pods = append(t.Pods, f.inClusters(*a, n, name)...)
				}
			}
		}
		if a.TargetRoleARN == r.ARN && a.RoleARN != r.ARN {
			t.Sources = append(t.Sources, f.inClusters(*a, namespace, other.Name)...)
		}
	}
	return t
}

// inClusters gives a service account, or a pattern of some, in each cluster of the AWS account.
func (f *filling) inClusters(a awsstate.Association, namespace, name string) []trust.PodIdentity {
	all := append([]spec.AdditionalCluster{{Name: f.cluster.Name}}, f.file.Cluster.Additional...)
	var out []trust.PodIdentity
	for _, c := range all {
		if account := cmp.Or(c.AccountID, f.cluster.AccountID); account == f.cluster.AccountID && c.Name != "" {
			out = append(out, trust.PodIdentity{
				ClusterARN: f.clusterARN(cmp.Or(c.Region, f.cluster.Region), account, c.Name), Namespace: namespace, ServiceAccount: name,
				RoleARN: a.RoleARN, NoTags: a.NoSessionTags,
			})
		}
	}
	return out
}

// further takes a statement into also. Where irsa.yaml cannot say it, or would not, it stays in
// AWS as it is: adopting a role changes no statement of others.
func (f *filling) further(sa *spec.ServiceAccount, r *awsstate.Role, s trust.Statement) {
	about := "role " + r.Name
	left := func(why string) {
		f.note(about, "a statement of its trust policy stays as it is, and is not in irsa.yaml: %s", why)
	}
	principals, not := s.Principals()
	actions, notActions := s.Actions()
	if isOpenToPods(s) && sa.UsesPodIdentity() {
		left("it lets EKS Pod Identity in for every association of the AWS account, and irsa.yaml for this service account")
		return
	}
	if !s.Allows() || not || notActions {
		left("it denies, or says whom it is not about")
		return
	}
	conditions, err := conditionsOf(s)
	if err != nil {
		left("its conditions cannot be read")
		return
	}
	out := spec.Statement{Principals: map[string][]string{}, Actions: unique(actions), Conditions: conditions}
	t := sa.Role.Trust // changed where all of the statement is taken
	t.AllowPrincipals = slices.Clone(t.AllowPrincipals)
	for _, p := range principals {
		id, kind := p.ID, p.Type
		if kind == "*" {
			kind = "AWS"
		}
		if kind == "CanonicalUser" || !spec.Takes("principal", id) {
			left(p.Type + " " + p.ID + " is no principal of irsa.yaml")
			return
		}
		if kind == "AWS" {
			if id == r.ARN {
				id = trust.Self
			}
			account := cmp.Or(sa.Role.AccountID, f.cluster.AccountID)
			if message, _ := t.PrincipalFault(id, account); message != "" && spec.Takes("allowedPrincipal", id) {
				t.AllowPrincipals = append(t.AllowPrincipals, id)
			}
			if message, _ := t.PrincipalFault(id, account); message != "" {
				left(message)
				return
			}
		}
		out.Principals[kind] = unique(append(out.Principals[kind], id))
	}
	t.AllowAnySubject = t.AllowAnySubject || opensToTokens(s)
	t.Also = append(t.Also, out)
	sa.Role.Trust = t
}

// isOpenToPods: the trust policy that the EKS guide shows first, without conditions
// (https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html).
func isOpenToPods(s trust.Statement) bool {
	principals, not := s.Principals()
	return s.Allows() && !not && len(principals) == 1 && principals[0].ID == trust.PodIdentityService && len(s.Conditions()) == 0
}

// opensToTokens reports whether a statement lets tokens in whatever their subject is.
func opensToTokens(s trust.Statement) bool {
	d, err := trust.Parse(`{"Version":"` + trust.Version2012 + `","Statement":[` + s.Text() + `]}`)
	return err == nil && slices.ContainsFunc(trust.Entrants(d), func(e trust.Entrant) bool { return e.Kind == trust.EntersByToken && e.Open })
}
