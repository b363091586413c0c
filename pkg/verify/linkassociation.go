package verify

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// requestOf is what EKS puts into its requests for the service account's association. The
// association's ARN says which cluster it is of:
// arn:aws:eks:REGION:ACCOUNT:podidentityassociation/CLUSTER/ID
// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelastickubernetesservice.html).
func requestOf(c *chain, as *awsstate.Association) trust.PodIdentity {
	out := trust.PodIdentity{
		ClusterName: c.snapshot.Cluster.Name, Namespace: as.Namespace, ServiceAccount: as.ServiceAccount,
		RoleARN: as.RoleARN, NoTags: as.NoSessionTags, ExternalID: as.ExternalID,
	}
	if c.role != nil {
		out.RoleTags = c.role.Tags
	}
	if arn, ok := splitARN(as.ARN); ok {
		if of, ok := strings.CutPrefix(arn.resource, "podidentityassociation/"); ok {
			out.ClusterName, _, _ = strings.Cut(of, "/")
			out.ClusterARN = fmt.Sprintf("arn:%s:%s:%s:%s:cluster/%s", arn.partition, arn.service, arn.region, arn.account, out.ClusterName)
			return out
		}
	}
	if s := c.snapshot; s.Region != "" && s.Account != "" && s.Cluster.Name != "" {
		out.ClusterARN = fmt.Sprintf("arn:%s:eks:%s:%s:cluster/%s", partition(c), s.Region, s.Account, s.Cluster.Name)
	}
	return out
}

// answers is what a trust policy says to several requests, all of which must be allowed.
type answers struct {
	// said is the first refusal, else the first that is not decided, else the last.
	said trust.Decision
	// action is what it was about.
	action string
}

func ask(r *awsstate.Role, requests []trust.Request) answers {
	var out answers
	for i, request := range requests {
		said := trust.Evaluate(*r.Trust, request.OfRole(r.ARN, r.Tags))
		refused := said.Verdict == trust.Deny || said.Verdict == trust.ImplicitDeny
		if i == 0 || refused || out.said.Verdict == trust.Allow {
			out = answers{said, request.Action}
		}
		if refused {
			break
		}
	}
	return out
}

// meant is the statement that is for who asks and for the action, but for its conditions,
// and those that do not hold; the bool is false where there is none.
func (a answers) meant(r *awsstate.Role) (index int, all []unmet, ok bool) {
	for i, s := range r.Trust.Statements() {
		o := a.said.Statements[i]
		if !s.Allows() || len(o.Reasons) < 2 || o.Reasons[0].Result != trust.Yes || o.Reasons[1].Result != trust.Yes {
			continue
		}
		here := unmetConditions(s, o, func(trust.Condition) bool { return true })
		if len(here) > 0 && (!ok || len(here) < len(all)) {
			index, all, ok = i, here, true
		}
	}
	return index, all, ok
}

// checkPodIdentityTrust looks at whether EKS may take the role for the pods, and at the
// target role, where the association has one.
func checkPodIdentityTrust(c *chain, r *result) {
	a := ask(c.role, requestOf(c, c.association).Requests())
	switch a.said.Verdict {
	case trust.Allow:
		r.set(OK, a.said.Explain()[0])
	case trust.Undecided:
		r.set(Unknown, strings.Join(a.said.Explain(), "; "))
	case trust.Deny:
		r.add(found(codeDeniedBySCPOrBoundary, c.holder.String(), fmt.Sprintf("the trust policy of %s does not let %s do %s: %s", c.holder.String(), trust.PodIdentityService, a.action, strings.Join(a.said.Explain(), "; ")),
			edit("remove this statement, or leave the service account out of it: "+safe.Text(c.role.Trust.Statements()[a.said.Statement].Text()))).on(LinkTrust).because("A statement that denies goes before all that allow."))
	default:
		notForPodIdentity(c, r, a)
	}
}

// notForPodIdentity: no statement lets EKS take the role. One that asks for claims of a token
// is not meant for it, even where it names the service: there is no token.
func notForPodIdentity(c *chain, r *result, a answers) {
	ofToken := func(u unmet) bool { _, _, ok := splitKey(u.condition.Key); return ok }
	if i, all, ok := a.meant(c.role); ok && !slices.ContainsFunc(all, ofToken) {
		const who = "a request of EKS Pod Identity for the service account"
		fix := c.role.Trust.Statements()[i].Amended(amending(all))
		if len(fix.Conditions()) == 0 { // what is left says nothing of whom it is for
			fix = requestOf(c, c.association).Statement()
		}
		r.add(found(codeTrustConditionNotMet, c.holder.String(), fmt.Sprintf("statement %d of the trust policy of %s: %s", i+1, c.holder.String(), sayUnmet(all, who)), edit(safe.Text(fix.Text()))))
		return
	}
	r.add(found(codeTrustNoWebIdentityStatement, c.holder.String(),
		fmt.Sprintf("the trust policy of %s does not let %s do %s: %s", c.holder.String(), trust.PodIdentityService, a.action, strings.Join(a.said.Explain(), "; ")),
		edit(requestOf(c, c.association).Statement().Text())).
		because("EKS Pod Identity takes the role as the service pods.eks.amazonaws.com, with sts:AssumeRole and sts:TagSession."))
}

// checkTarget looks at the role that the association's role assumes for the pods.
func checkTarget(c *chain, r *result) {
	t := c.target
	switch {
	case !t.wellFormed || !readAccount(c.facts, t.parsed.AccountID) || !c.snapshot.Roles.Read:
		r.set(Unknown, fmt.Sprintf("target role %s was not looked at", t.roleARN))
	case t.role == nil:
		targetMissing(c, r)
	case t.role.Trust == nil:
		r.set(Unknown, fmt.Sprintf("the trust policy of target role %s was not looked at", t.roleARN))
	default:
		judgeTarget(c, r, ask(t.role, requestOf(c, c.association).TargetRequests()))
	}
}

func judgeTarget(c *chain, r *result, a answers) {
	switch a.said.Verdict {
	case trust.Allow:
		r.set(OK, a.said.Explain()[0])
		mayAssume(c, r, a)
	case trust.Undecided:
		r.set(Unknown, strings.Join(a.said.Explain(), "; "))
	default:
		targetRefuses(c, r, a)
	}
}

// targetMissing: the AWS account of the target role has no such role.
func targetMissing(c *chain, r *result) {
	as, parsed := c.association, c.target.parsed
	message := fmt.Sprintf("AWS account %s has no role %s, the target role of Pod Identity association %s", parsed.AccountID, strings.TrimPrefix(parsed.Path+parsed.Name, "/"), as.ID)
	out := safe.Type("aws", "iam", "create-role").Flag("--role-name", safe.RoleName, parsed.Name)
	if parsed.Path != "/" {
		out.Flag("--path", safe.IAMPath, parsed.Path)
	}
	fix := run{out.Uses(safe.RoleARN, as.RoleARN).Given("--assume-role-policy-document", fmt.Sprintf(`{"Version":"2012-10-17","Statement":[%s]}`, targetStatement(c)))}
	for _, like := range likeRoles(c.facts, parsed.Name, as.TargetRoleARN) {
		if strings.HasSuffix(like.ARN, "/"+parsed.Name) || near(like.ARN, as.TargetRoleARN) {
			message += "; there is " + difference(like.ARN, as.TargetRoleARN)
			fix = run{safe.Type("aws", "eks", "update-pod-identity-association").Flag("--cluster-name", safe.Cluster, c.snapshot.Cluster.Name).
				Flag("--association-id", safe.Association, as.ID).Flag("--target-role-arn", safe.RoleARN, like.ARN)}
			break
		}
	}
	r.add(found(codePodIdentityTargetRoleMissing, c.holder.String(), message, fix))
}

// targetStatement lets the association's role assume the target role, for the pods of the
// association alone; where the cluster is not known, for all that have that role.
func targetStatement(c *chain) string {
	if all, err := trust.TargetStatements([]trust.PodIdentity{requestOf(c, c.association)}); err == nil && len(all) == 1 {
		return all[0].Text()
	}
	actions := []string{"sts:AssumeRole"}
	if !c.association.NoSessionTags {
		actions = append(actions, "sts:TagSession")
	}
	text, _ := json.Marshal(map[string]any{"Effect": "Allow", "Principal": map[string]string{"AWS": c.roleARN}, "Action": actions})
	return string(text)
}

// targetRefuses: the trust policy of the target role does not let the association's role in.
func targetRefuses(c *chain, r *result, a answers) {
	subject := c.target.String()
	message := fmt.Sprintf("the trust policy of target %s does not let %s do %s: ", subject, c.roleARN, a.action)
	statements := c.target.role.Trust.Statements()
	if a.said.Verdict == trust.Deny {
		r.add(found(codePodIdentityTargetRoleTrust, subject, message+strings.Join(a.said.Explain(), "; "),
			edit("remove this statement, or leave the role out of it: "+safe.Text(statements[a.said.Statement].Text()))))
		return
	}
	if i, all, ok := a.meant(c.target.role); ok {
		r.add(found(codePodIdentityTargetRoleTrust, subject, message+fmt.Sprintf("statement %d: %s", i+1, sayUnmet(all, "the request of "+c.holder.String())),
			edit(safe.Text(statements[i].Amended(amending(all)).Text()))))
		return
	}
	r.add(found(codePodIdentityTargetRoleTrust, subject, message+strings.Join(a.said.Explain(), "; "), edit(safe.Text(targetStatement(c)))))
}

// mayAssume: the trust policy of the target role lets the association's role in. Where it
// names its AWS account only, or is in another one, that role's own policies must allow it too
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html).
func mayAssume(c *chain, r *result, a answers) {
	principals, _ := c.target.role.Trust.Statements()[a.said.Statement].Principals()
	byName := slices.Contains(principals, trust.Principal{Type: "AWS", ID: c.roleARN})
	if byName && c.target.parsed.AccountID == c.parsed.AccountID {
		return
	}
	if c.role == nil || !c.role.Attached.Read || !c.role.Inline.Read {
		r.set(Unknown, "the policies of "+c.roleARN+" were not looked at")
		return
	}
	var lacks []string
	var first finding
	for _, q := range (trust.PodIdentity{NoTags: c.association.NoSessionTags}).TargetRequests() {
		switch said := permission(c, c.holder, spec.Permission{Action: q.Action, Resource: c.target.roleARN}); said.status {
		case Broken:
			if lacks = append(lacks, q.Action); len(lacks) == 1 {
				first = said.finding.on(LinkTargetRole)
			}
		case Unknown:
			r.set(Unknown, said.why)
		}
	}
	switch {
	case len(lacks) > 1 && first.Code == codeRoleLacksPermissions:
		actions, _ := json.Marshal(lacks)
		r.add(first.saying("; nor " + strings.Join(lacks[1:], ", ")).mendedBy(edit(fmt.Sprintf(`{"Effect":"Allow","Action":%s,"Resource":%q}`, actions, c.target.roleARN))))
	case len(lacks) > 0:
		r.add(first)
	}
}
