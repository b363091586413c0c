package trust_test

import (
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

const (
	userARN     = "arn:aws:iam::111122223333:user/alice"
	roleARN     = "arn:aws:iam::111122223333:role/team/app"
	sessionARN  = "arn:aws:sts::111122223333:assumed-role/app/s1"
	rootARN     = "arn:aws:iam::111122223333:root"
	account     = "111122223333"
	providerARN = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"
)

// principalCase: principal is the JSON of the element, who asks is type and ID.
type principalCase struct {
	element, principal string
	whoType, who       string
	want               trust.Answer
}

// Rules: reference_policies_elements_principal.html and, for NotPrincipal,
// reference_policies_elements_notprincipal.html.
var principalCases = []principalCase{
	// "AWS account principals": the ID and the root ARN behave the same way.
	{"Principal", `{"AWS":"111122223333"}`, "AWS", userARN, yes},
	{"Principal", `{"AWS":"111122223333"}`, "AWS", roleARN, yes},
	{"Principal", `{"AWS":"111122223333"}`, "AWS", sessionARN, yes},
	{"Principal", `{"AWS":"111122223333"}`, "AWS", account, yes},
	{"Principal", `{"AWS":"111122223333"}`, "AWS", rootARN, yes},
	{"Principal", `{"AWS":"` + rootARN + `"}`, "AWS", userARN, yes},
	{"Principal", `{"AWS":"` + rootARN + `"}`, "AWS", sessionARN, yes},
	{"Principal", `{"AWS":"` + rootARN + `"}`, "AWS", account, yes},
	{"Principal", `{"AWS":"999988887777"}`, "AWS", userARN, no},
	{"Principal", `{"AWS":"arn:aws:iam::999988887777:root"}`, "AWS", account, no},
	{"Principal", `{"AWS":"arn:aws-cn:iam::111122223333:root"}`, "AWS", userARN, no},
	{"Principal", `{"AWS":"1111222233"}`, "AWS", userARN, no},
	{"Principal", `{"AWS":["123456789012","111122223333"]}`, "AWS", userARN, yes},
	// "IAM role principals", "Role session principals": a session is its role's.
	{"Principal", `{"AWS":"` + roleARN + `"}`, "AWS", roleARN, yes},
	{"Principal", `{"AWS":"` + roleARN + `"}`, "AWS", sessionARN, yes},
	{"Principal", `{"AWS":"arn:aws:iam::111122223333:role/other"}`, "AWS", sessionARN, no},
	{"Principal", `{"AWS":"arn:aws:iam::999988887777:role/app"}`, "AWS", sessionARN, no},
	{"Principal", `{"AWS":"arn:aws:iam::111122223333:role/other"}`, "AWS", roleARN, no},
	{"Principal", `{"AWS":"arn:aws-cn:iam::111122223333:role/team/app"}`, "AWS", sessionARN, no},
	{"Principal", `{"AWS":"` + sessionARN + `"}`, "AWS", sessionARN, yes},
	{"Principal", `{"AWS":"` + sessionARN + `"}`, "AWS", "arn:aws:sts::111122223333:assumed-role/app/s2", no},
	{"Principal", `{"AWS":"` + sessionARN + `"}`, "AWS", roleARN, unknown},
	{"Principal", `{"AWS":"` + sessionARN + `"}`, "AWS", account, no},
	// Of users the page says that case counts; of roles it does not, and their names "are
	// not distinguished by case" (IAM/latest/APIReference/API_CreateRole.html).
	{"Principal", `{"AWS":"arn:aws:iam::111122223333:role/APP"}`, "AWS", sessionARN, unknown},
	{"Principal", `{"AWS":"arn:aws:iam::111122223333:role/team/App"}`, "AWS", roleARN, unknown},
	{"Principal", `{"AWS":"arn:aws:iam::111122223333:role/apps"}`, "AWS", sessionARN, no},
	{"Principal", `{"AWS":"arn:aws:sts::111122223333:assumed-role/APP/s1"}`, "AWS", sessionARN, unknown},
	{"Principal", `{"AWS":"arn:aws:sts::111122223333:assumed-role/app/S1"}`, "AWS", sessionARN, no},
	{"NotPrincipal", `{"AWS":["arn:aws:iam::111122223333:role/APP","` + sessionARN + `x","` + rootARN + `"]}`, "AWS", sessionARN, unknown},
	{"Principal", `{"AWS":"AROAEXAMPLEEXAMPLE123"}`, "AWS", roleARN, no},
	{"Principal", `{"AWS":"` + providerARN + `"}`, "AWS", roleARN, no},
	// "IAM user principals": the name is case-sensitive, wildcards are not taken.
	{"Principal", `{"AWS":"` + userARN + `"}`, "AWS", userARN, yes},
	{"Principal", `{"AWS":"arn:aws:iam::111122223333:user/Alice"}`, "AWS", userARN, no},
	{"Principal", `{"AWS":"arn:aws:iam::111122223333:user/*"}`, "AWS", userARN, unknown},
	{"Principal", `{"AWS":"arn:aws:iam::111122223333:user/b*"}`, "AWS", userARN, no},
	{"Principal", `{"AWS":"` + userARN + `"}`, "AWS", rootARN, no},
	{"Principal", `{"AWS":"` + userARN + `"}`, "AWS", "arn:aws:sts::111122223333:federated-user/alice", unknown},
	{"Principal", `{"AWS":"` + userARN + `"}`, "AWS", "arn:aws:sts::111122223333:federated-user/bob", no},
	{"Principal", `{"AWS":"arn:aws:sts::111122223333:federated-user/alice"}`, "AWS", "arn:aws:sts::111122223333:federated-user/alice", yes},
	// "AWS service principals".
	{"Principal", `{"Service":"pods.eks.amazonaws.com"}`, "Service", "pods.eks.amazonaws.com", yes},
	{"Principal", `{"Service":"s3.amazonaws.com"}`, "Service", "pods.eks.amazonaws.com", no},
	{"Principal", `{"Service":["ecs.amazonaws.com","elasticloadbalancing.amazonaws.com"]}`, "Service", "ecs.amazonaws.com", yes},
	{"Principal", `{"Service":"*"}`, "Service", "ecs.amazonaws.com", unknown},
	{"Principal", `{"Service":"ecs.amazonaws.com"}`, "AWS", "ecs.amazonaws.com", no},
	// "Web identity session principals".
	{"Principal", `{"Federated":"` + providerARN + `"}`, "Federated", providerARN, yes},
	{"Principal", `{"Federated":"` + providerARN + `2"}`, "Federated", providerARN, no},
	{"Principal", `{"Federated":"accounts.google.com"}`, "Federated", "accounts.google.com", yes},
	{"Principal", `{"Federated":"oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"}`, "Federated", providerARN, no},
	{"Principal", `{"AWS":"` + providerARN + `"}`, "Federated", providerARN, no},
	{"Principal", `{"Federated":"arn:aws:iam::111122223333:oidc-provider/*"}`, "Federated", providerARN, unknown},
	// A token is not of an identity in the AWS account: see matchPrincipal.
	{"Principal", `{"AWS":"` + rootARN + `"}`, "Federated", providerARN, no},
	{"Principal", `{"AWS":"111122223333"}`, "Federated", providerARN, no},
	{"Principal", `{"AWS":"` + roleARN + `"}`, "Federated", providerARN, no},
	{"Principal", `{"AWS":"` + sessionARN + `"}`, "Federated", providerARN, no},
	{"NotPrincipal", `{"AWS":"` + rootARN + `"}`, "Federated", providerARN, yes},
	{"Principal", `{"AWS":"` + rootARN + `","Federated":"` + providerARN + `"}`, "Federated", providerARN, yes},
	{"Principal", `{"CanonicalUser":"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}`, "AWS", userARN, no},
	// "All principals".
	{"Principal", `"*"`, "AWS", userARN, yes},
	{"Principal", `"*"`, "Federated", providerARN, yes},
	{"Principal", `"*"`, "Service", "ecs.amazonaws.com", yes},
	{"Principal", `{"AWS":"*"}`, "AWS", sessionARN, yes},
	{"Principal", `{"AWS":"*"}`, "Federated", providerARN, unknown},
	{"Principal", `{"AWS":"*"}`, "Service", "ecs.amazonaws.com", unknown},
	// NotPrincipal: AWS account, role and session must all be named to be left out.
	{"NotPrincipal", `{"AWS":["arn:aws:iam::444455556666:user/Bob","arn:aws:iam::444455556666:root"]}`, "AWS", userARN, yes},
	{"NotPrincipal", `{"AWS":["arn:aws:iam::444455556666:user/Bob","arn:aws:iam::444455556666:root"]}`, "AWS", "arn:aws:iam::444455556666:user/Bob", no},
	{"NotPrincipal", `{"AWS":"arn:aws:iam::444455556666:user/Bob"}`, "AWS", "arn:aws:iam::444455556666:user/Bob", unknown},
	{"NotPrincipal", `{"AWS":"arn:aws:iam::444455556666:root"}`, "AWS", "arn:aws:iam::444455556666:user/Bob", unknown},
	{"NotPrincipal", `{"AWS":["` + sessionARN + `","` + roleARN + `","` + rootARN + `"]}`, "AWS", sessionARN, no},
	{"NotPrincipal", `{"AWS":["` + sessionARN + `","` + rootARN + `"]}`, "AWS", sessionARN, unknown},
	{"NotPrincipal", `{"AWS":["` + roleARN + `","111122223333"]}`, "AWS", roleARN, no},
	{"NotPrincipal", `{"Federated":"` + providerARN + `"}`, "Federated", providerARN, no},
	{"NotPrincipal", `{"Federated":"` + providerARN + `"}`, "Federated", "accounts.google.com", yes},
	{"NotPrincipal", `{"Service":"ecs.amazonaws.com"}`, "AWS", userARN, yes},
	{"NotPrincipal", `"*"`, "AWS", userARN, no},
}

func TestPrincipals(t *testing.T) {
	t.Parallel()
	for _, c := range principalCases {
		d := parse(t, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","`+c.element+`":`+c.principal+`,"Action":"sts:AssumeRole"}}`)
		got := trust.Evaluate(d, trust.Request{Action: "sts:AssumeRole", Principal: trust.Principal{Type: c.whoType, ID: c.who}})
		if r := got.Statements[0].Reasons[0].Result; r != c.want || got.Verdict != verdicts[c.want] {
			t.Errorf("%s %s, asked by %s %s: %v (%s), want %v", c.element, c.principal, c.whoType, c.who, r, got.Verdict, c.want)
		}
	}
}

type actionCase struct {
	element, actions string
	action           string
	want             trust.Answer
}

// Rules: reference_policies_elements_action.html (prefix and name in any case,
// wildcards) and reference_policies_elements_notaction.html.
var actionCases = []actionCase{
	{"Action", `"sts:AssumeRole"`, "sts:AssumeRole", yes},
	{"Action", `"STS:assumerole"`, "sts:AssumeRole", yes},
	{"Action", `"sts:AssumeRole"`, "sts:AssumeRoleWithWebIdentity", no},
	{"Action", `"sts:AssumeRoleWithWebIdentity"`, "sts:AssumeRole", no},
	{"Action", `"sts:AssumeRole*"`, "sts:AssumeRoleWithWebIdentity", yes},
	{"Action", `"sts:AssumeRole*"`, "sts:AssumeRole", yes},
	{"Action", `"sts:AssumeRole*"`, "sts:TagSession", no},
	{"Action", `"sts:*"`, "sts:TagSession", yes},
	{"Action", `"*"`, "sts:TagSession", yes},
	{"Action", `"sts:Assume?ole"`, "sts:AssumeRole", yes},
	{"Action", `"sts:Assume?Role"`, "sts:AssumeRole", no},
	{"Action", `"iam:*"`, "sts:AssumeRole", no},
	{"Action", `["sts:AssumeRole","sts:TagSession"]`, "sts:TagSession", yes},
	{"Action", `["sts:AssumeRole","sts:TagSession"]`, "sts:SetSourceIdentity", no},
	{"Action", `"${aws:username}"`, "sts:AssumeRole", no},
	{"NotAction", `"sts:AssumeRole"`, "sts:TagSession", yes},
	{"NotAction", `"sts:AssumeRole"`, "sts:AssumeRole", no},
	{"NotAction", `["sts:Assume*","sts:Tag*"]`, "sts:TagSession", no},
	{"NotAction", `"*"`, "sts:AssumeRole", no},
}

func TestActions(t *testing.T) {
	t.Parallel()
	for _, c := range actionCases {
		d := parse(t, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","`+c.element+`":`+c.actions+`}}`)
		got := trust.Evaluate(d, trust.Request{Action: c.action, Principal: trust.Principal{Type: "AWS", ID: userARN}})
		if r := got.Statements[0].Reasons[1].Result; r != c.want || got.Verdict != verdicts[c.want] {
			t.Errorf("%s %s, asked for %s: %v (%s), want %v", c.element, c.actions, c.action, r, got.Verdict, c.want)
		}
	}
}
