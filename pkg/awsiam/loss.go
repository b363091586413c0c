package awsiam

import (
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// Extent is how much of a role a pod loses.
type Extent int

// The extents, the worst last.
const (
	// LosesNothing: the pod has what it had.
	LosesNothing Extent = iota
	// LosesPermissions: the pod keeps the role, which may do less, or for a shorter time.
	LosesPermissions
	// LosesRole: the role is deleted, its association is, or its trust policy lets the pod in
	// no more.
	LosesRole
)

// Pod is how a pod comes to a role.
type Pod struct {
	Namespace, ServiceAccount string
	// RoleARN is the role that its containers name; empty where it is that of the service
	// account's EKS Pod Identity association.
	RoleARN string
	// Audience is that of its token. Empty: not known, and then a token that any audience
	// of before would be lost for counts as lost.
	Audience string
}

// Loss is what a plan takes away: of one role, or with the association of one service
// account.
type Loss struct {
	// RoleARN is the role; of an association, the one that it gives.
	RoleARN string
	// Association is the service account, NAMESPACE/NAME, whose association is deleted; empty
	// where that is not what is lost.
	Association string
	// Deleted says that the role or the association is deleted.
	Deleted bool
	// Less says what the role may do no more or has no more, in words, such as "policy X".
	Less []string

	// before and after are the role's trust; the zero Documents where that stays.
	before, after trust.Document
	// associations are those of the cluster while the plan is done.
	associations map[string]trust.PodIdentity
	targets      map[string]string
}

// Losses are what a plan takes away, in the order of its changes. Of the second part of a
// plan, it is all that pods can lose by it; of what the first part does at once, the plan
// warns.
func (p *Plan) Losses() []Loss {
	l := &losing{p: p, roles: map[string]*Loss{}}
	for _, st := range p.steps {
		l.step(st)
	}
	out := make([]Loss, len(l.all))
	for i, loss := range l.all {
		loss.Less = slices.Compact(loss.Less)
		out[i] = *loss
	}
	return out
}

// Of says how much a pod loses.
func (l Loss) Of(pod Pod) Extent {
	name := pod.Namespace + "/" + pod.ServiceAccount
	switch association, there := l.associations[name]; {
	case l.Association != "":
		if pod.RoleARN == "" && l.Association == name {
			return LosesRole
		}
		return LosesNothing
	case pod.RoleARN == l.RoleARN:
		return l.worst(l.refuses(tokensOf(l.before, pod)))
	case pod.RoleARN == "" && there && association.RoleARN == l.RoleARN:
		return l.worst(l.refuses(association.Requests()))
	case pod.RoleARN == "" && l.targets[name] == l.RoleARN && l.RoleARN != "":
		return l.worst(l.refuses(association.TargetRequests()))
	}
	return LosesNothing
}

// worst is the extent for who has the role.
func (l Loss) worst(refused bool) Extent {
	switch {
	case l.Deleted || refused:
		return LosesRole
	case len(l.Less) > 0:
		return LosesPermissions
	}
	return LosesNothing
}

// refuses reports whether the trust let one of the requests in, or may have, and does not
// any more.
func (l Loss) refuses(requests []trust.Request) bool {
	return slices.ContainsFunc(requests, func(r trust.Request) bool {
		one := []trust.Request{r}
		return l.before.Text() != "" && lets(l.before, one) && !lets(l.after, one)
	})
}

// tokensOf are the requests that a pod may make with its token: one for each issuer that the
// trust names, and where its audience is not known, for each audience.
func tokensOf(d trust.Document, pod Pod) []trust.Request {
	audiences := []string{pod.Audience}
	if pod.Audience == "" {
		audiences = audiencesIn(d)
	}
	var out []trust.Request
	for _, s := range d.Statements() {
		principals, _ := s.Principals()
		for _, p := range principals {
			_, issuer, ok := strings.Cut(p.ID, ":oidc-provider/")
			if !ok {
				continue
			}
			for _, audience := range audiences {
				out = append(out, trust.WebIdentity(trust.Token{
					Issuer: issuer, ProviderARN: p.ID, Subject: spec.Subject(pod.Namespace, pod.ServiceAccount), Audiences: []string{audience},
				}))
			}
		}
	}
	return out
}

// audiencesIn are the audiences that a trust names, and the usual one.
func audiencesIn(d trust.Document) []string {
	out := []string{spec.DefaultAudience}
	for _, s := range d.Statements() {
		for _, c := range s.Conditions() {
			if strings.HasSuffix(strings.ToLower(c.Key), ":aud") {
				out = append(out, c.Values...)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// losing collects losses.
type losing struct {
	p     *Plan
	all   []*Loss
	roles map[string]*Loss // by ARN
}

// role is the loss of a role; nil where it was not there.
func (l *losing) role(account, name string) *Loss {
	seen := l.p.basis.seen.Accounts[account].role(name)
	if seen == nil {
		return nil
	}
	if l.roles[seen.ARN] == nil {
		l.add(&Loss{RoleARN: seen.ARN})
		l.roles[seen.ARN] = l.all[len(l.all)-1]
	}
	return l.roles[seen.ARN]
}

func (l *losing) add(loss *Loss) {
	loss.associations, loss.targets = l.p.associationsThen()
	l.all = append(l.all, loss)
}

func (l *losing) less(account, role, what string) {
	if loss := l.role(account, role); loss != nil {
		loss.Less = append(loss.Less, what)
	}
}

func (l *losing) step(st planned) {
	switch do := st.do.(type) {
	case deleteRole:
		if loss := l.role(st.account, do.name); loss != nil {
			loss.Deleted = true
			if seen := l.p.basis.seen.Accounts[st.account].role(do.name); loss.before.Text() == "" && seen != nil {
				if before, err := seen.Trust(); err == nil { // whom it let in, to know where its pods may be
					loss.before = before
				}
			}
		}
	case writeTrust:
		l.trust(st, do)
	case detach:
		l.less(st.account, do.role, "policy "+nameOfARN(do.policy))
	case deleteInline:
		l.less(st.account, do.role, "inline policy "+do.name)
	case setBoundary:
		if do.boundary != "" {
			l.less(st.account, do.name, "what permissions boundary "+nameOfARN(do.boundary)+" does not allow")
		}
	case updateRole:
		if seen := l.p.basis.seen.Accounts[st.account].role(do.name); seen != nil && do.maxSession < seen.MaxSession {
			l.less(st.account, do.name, "sessions longer than "+span(do.maxSession))
		}
	case putInline:
		if seen := l.p.basis.seen.Accounts[st.account].role(do.role); seen != nil && trust.Narrows(seen.Inline(do.name), do.doc) {
			l.less(st.account, do.role, phrases(trust.Lost(seen.Inline(do.name), do.doc)))
		}
	case newPolicyVersion:
		l.policy(st.account, do)
	case deleteAssociation:
		loss := &Loss{Association: do.name, Deleted: true}
		namespace, name, _ := strings.Cut(do.name, "/")
		if seen := l.p.basis.seen.association(namespace, name); seen != nil {
			loss.RoleARN = seen.RoleARN
		}
		l.add(loss)
	}
}

// trust is a trust policy as it was with what the first part of the plan put there, and as it
// ends.
func (l *losing) trust(st planned, do writeTrust) {
	seen := l.p.basis.seen.Accounts[st.account].role(do.role)
	if seen == nil {
		return
	}
	before, err := seen.Trust()
	for _, earlier := range l.p.earlier {
		if write, ok := earlier.do.(writeTrust); ok && earlier.account == st.account && strings.EqualFold(write.role, do.role) && err == nil {
			before, err = write.merged(before)
		}
	}
	if err != nil {
		return
	}
	if after, err := do.merged(before); err == nil && trust.Narrows(before, after) {
		loss := l.role(st.account, do.role)
		if loss.before.Text() == "" {
			loss.before = before
		}
		loss.after = after
	}
}

// policy is of each role that has a policy which is written anew.
func (l *losing) policy(account string, do newPolicyVersion) {
	a := l.p.basis.seen.Accounts[account]
	policy := a.policyByARN(do.arn)
	if policy == nil || !trust.Narrows(policy.Document(), do.doc) {
		return
	}
	less := phrases(trust.Lost(policy.Document(), do.doc))
	for _, key := range sortedKeys(a.Roles) {
		if role := a.Roles[key]; slices.Contains(role.Attached, do.arn) || role.Boundary == do.arn {
			l.less(account, role.Name, less)
		}
	}
}

// associationsThen are the associations of the cluster once the first part of the plan is
// done, and their target roles, by NAMESPACE/NAME.
func (p *Plan) associationsThen() (byName map[string]trust.PodIdentity, targets map[string]string) {
	byName, targets = map[string]trust.PodIdentity{}, map[string]string{}
	f := p.basis.want.Facts
	put := func(a seenAssociation) {
		name := a.Namespace + "/" + a.ServiceAccount
		byName[name], targets[name] = podIdentityOf(f, a), a.TargetRoleARN
	}
	for _, a := range p.basis.seen.Associations {
		put(a)
	}
	for _, w := range p.basis.want.Associations {
		if !p.Leaving {
			put(w.observed())
		}
	}
	return byName, targets
}

// Namespaces are those of the service accounts that the role of a loss let in before, beside
// the release's own: where its pods may run. all says that a pattern stands for them, or that
// whom a statement lets in cannot be told, so that they may run anywhere.
func (l Loss) Namespaces() (names []string, all bool) {
	for _, e := range trust.Entrants(l.before) {
		if e.Kind == trust.EntersSomehow || e.Kind == trust.EntersByToken && (e.Open || e.Subject == "") {
			all = true
			continue
		}
		if e.Kind != trust.EntersByToken {
			continue
		}
		rest, ok := strings.CutPrefix(e.Subject, spec.SubjectPrefix)
		if !ok {
			continue // not of a service account
		}
		namespace, _, _ := strings.Cut(rest, ":")
		if e.Pattern && strings.ContainsAny(namespace, "*?") {
			all = true
			continue
		}
		names = append(names, namespace)
	}
	if namespace, _, ok := strings.Cut(l.Association, "/"); ok {
		names = append(names, namespace)
	}
	slices.Sort(names)
	return slices.Compact(names), all
}
