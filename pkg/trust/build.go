package trust

import (
	"errors"
	"fmt"
	"strings"
)

// The actions of trust policies that helm-irsa writes.
const (
	ActionWebIdentity = "sts:AssumeRoleWithWebIdentity"
	ActionAssumeRole  = "sts:AssumeRole"
	ActionTagSession  = "sts:TagSession"
)

// PodIdentityService is the service that takes roles on for EKS Pod Identity
// (https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html).
const PodIdentityService = "pods.eks.amazonaws.com"

// Issuer is a cluster's token issuer and the OIDC provider that stands for it in
// the role's AWS account.
type Issuer struct {
	URL         string // https://…
	ProviderARN string
}

// Trust is whom a role should trust: each part makes statements of its own.
type Trust struct {
	// Issuers: one web identity statement each. The conditions of several issuers
	// in one statement would all have to hold at once, which no token does.
	Issuers []Issuer
	// Audience and Subjects hold for every issuer.
	Audience string
	Subjects []string
	// Pods are the service accounts that EKS Pod Identity may take the role for: see
	// PodIdentityStatements.
	Pods []PodIdentity
	// Sources are the associations whose target role this is: see TargetStatements.
	Sources []PodIdentity
	// Also are further statements, in their order.
	Also []Also
}

// Statements builds the statements: issuers, Pod Identity, further ones, associations. The
// errors are those of WebIdentityStatement, PodIdentityStatements, Also.Statement and
// TargetStatements; all are given at once.
func (t Trust) Statements() ([]Statement, error) {
	var (
		out    []Statement
		failed []error
	)
	add := func(s Statement, err error) {
		out = append(out, s)
		failed = append(failed, err)
	}
	for _, issuer := range t.Issuers {
		add(WebIdentityStatement(issuer, t.Audience, t.Subjects))
	}
	addAll := func(all []Statement, err error) {
		out = append(out, all...)
		failed = append(failed, err)
	}
	addAll(PodIdentityStatements(t.Pods))
	for _, also := range t.Also {
		add(also.Statement())
	}
	addAll(TargetStatements(t.Sources))
	if err := errors.Join(failed...); err != nil {
		return nil, err
	}
	return out, nil
}

// WebIdentityStatement lets tokens of one issuer in: those with the audience and
// one of the subjects. A subject with a * or ? is a pattern.
//
// Subjects without a pattern make StringEquals. As soon as one is a pattern, all go
// under StringLike, where a subject without * and ? still matches only itself: a
// StringEquals beside the StringLike would have to hold as well, and nobody would
// get in (reference_policies_condition-logic-multiple-context-keys-or-values.html).
//
// It fails where the issuer, the provider, the audience or the subjects are missing:
// each would let in more than was meant.
func WebIdentityStatement(issuer Issuer, audience string, subjects []string) (Statement, error) {
	name := ProviderName(issuer.URL)
	switch {
	case name == "":
		return Statement{}, errors.New("trust: the issuer is missing")
	case issuer.ProviderARN == "":
		return Statement{}, fmt.Errorf("trust of %s: the ARN of its OIDC provider is missing", issuer.URL)
	case audience == "":
		return Statement{}, fmt.Errorf("trust of %s: the audience is missing, such as sts.amazonaws.com", issuer.URL)
	case len(subjects) == 0:
		return Statement{}, fmt.Errorf("trust of %s: it has no subject, such as system:serviceaccount:NAMESPACE:NAME", issuer.URL)
	}
	operator := "StringEquals"
	var values []string
	for _, s := range subjects {
		if s == "" {
			return Statement{}, fmt.Errorf("trust of %s: a subject is empty", issuer.URL)
		}
		if strings.ContainsAny(s, "*?") {
			operator = "StringLike"
		}
		values = append(values, literal(s))
	}
	aud := pair(name+":aud", textNode(literal(audience)))
	sub := pair(name+":sub", textsNode(sortedUnique(values)))
	condition := objectNode(pair("StringEquals", objectNode(aud, sub)))
	if operator == "StringLike" {
		condition = objectNode(pair("StringEquals", objectNode(aud)), pair("StringLike", objectNode(sub)))
	}
	return newStatement(objectNode(
		pair("Effect", textNode("Allow")),
		pair("Principal", objectNode(pair("Federated", textNode(issuer.ProviderARN)))),
		pair("Action", textNode(ActionWebIdentity)),
		pair("Condition", condition),
	))
}

// literal keeps a value from being read as a policy variable
// (reference_policies_variables.html, "Special characters").
func literal(s string) string { return strings.ReplaceAll(s, "${", "${$}{") }

// newStatement writes a statement and reads it back, so that what is built obeys
// the same rules as what is read.
func newStatement(n node) (Statement, error) {
	d, err := Parse(`{"Version":"` + Version2012 + `","Statement":[` + compact(n) + `]}`)
	if err != nil {
		return Statement{}, fmt.Errorf("trust: %w", err)
	}
	return d.statements[0], nil
}

// withSid gives the statement under another Sid, which comes first.
func (s Statement) withSid(sid string) Statement {
	n := objectNode(pair("Sid", textNode(sid)))
	for _, m := range s.root.members {
		if m.key != "Sid" {
			n.members = append(n.members, m)
		}
	}
	s.root, s.sid, s.text = n, sid, compact(n)
	return s
}
