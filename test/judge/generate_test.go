package judge

import (
	"maps"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// trial is a policy and the requests that are made of it.
type trial struct {
	policy   string
	requests []request
}

// trial makes a policy that would let a request in, changes it here and there, and asks
// with that request and others: most policies are near the line between yes and no.
func (d dice) trial() trial {
	r := d.request()
	p := policy{version: pick(d, trust.Version2012, trust.Version2012, trust.Version2012, trust.Version2012, trust.Version2008, "")}
	for range pick(d, 1, 1, 2, 3) {
		s := d.good(r)
		for range pick(d, 0, 0, 1, 1, 2, 3) {
			d.mutate(s, r)
		}
		p.statements = append(p.statements, s)
	}
	if d.in(3) { // a Deny of the same, nearly
		s := p.statements[d.IntN(len(p.statements))].clone()
		s.effect = "Deny"
		for range d.IntN(3) {
			d.mutate(s, r)
		}
		p.statements = append(p.statements, s)
	}
	out := trial{p.text(), []request{r}}
	for range d.IntN(3) {
		out.requests = append(out.requests, d.request())
	}
	return out
}

// good is a statement that allows the request.
func (d dice) good(r request) *statement {
	s := &statement{
		effect:        "Allow",
		principals:    []principal{{r.whole.Principal.Type, r.whole.Principal.ID}},
		actions:       []string{r.whole.Action},
		loneAsStrings: d.in(2),
	}
	for range d.IntN(3) {
		if c, ok := d.holds(r); ok {
			s.conditions = append(s.conditions, c)
		}
	}
	return s
}

// holds is a condition that the request fulfils.
func (d dice) holds(r request) (condition, bool) {
	have := slices.Sorted(maps.Keys(r.whole.Context))
	if len(have) == 0 {
		return condition{}, false
	}
	key := pick(d, have...)
	values := r.whole.Context[key]
	op := map[string]string{
		"string": "StringEquals", "arn": "ArnLike", "ip": "IpAddress", "date": "DateEquals", "number": "NumericEquals", "bool": "Bool", "binary": "BinaryEquals",
	}[kindOf(key)]
	if len(values) > 1 {
		op = pick(d, "ForAnyValue:", "ForAllValues:") + op
	}
	return condition{operator: op, key: key, values: slices.Clone(values)}, true
}

var operators = map[string][]string{
	"string": {"StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike"},
	"arn":    {"ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike", "StringLike", "StringEquals"},
	"ip":     {"IpAddress", "NotIpAddress"},
	"date":   {"DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals"},
	"number": {"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals"},
	"bool":   {"Bool"},
	"binary": {"BinaryEquals"},
}

var kinds = slices.Sorted(maps.Keys(operators))

// operator gives one that suits the kind, most of the time.
func (d dice) operator(kind string) string {
	if d.in(12) {
		return pick(d, "Null", "Null", "Null", "StringMatches", "ForAnyValue:Null", "BoolNot")
	}
	if d.in(15) {
		kind = pick(d, kinds...)
	}
	return pick(d, "", "", "", "ForAnyValue:", "ForAllValues:") + pick(d, operators[kind]...) + pick(d, "", "", "", "IfExists")
}

// condition is one about a key that the request has or might have.
func (d dice) condition(r request) condition {
	have := slices.Sorted(maps.Keys(r.whole.Context))
	key := pick(d, keys...).name
	if len(have) > 0 && !d.in(3) {
		key = pick(d, have...)
	}
	if d.in(20) {
		key = pick(d, "oidc.eks.eu-west-3.amazonaws.com/id/OTHER:sub", "aws:NoSuchKey", "example.com:sub")
	}
	c := condition{operator: d.operator(kindOf(key)), key: d.casing(key)}
	if c.operator == "Null" || strings.HasSuffix(c.operator, ":Null") {
		c.values, c.bare = []string{pick(d, "true", "false", "True")}, d.in(2)
		return c
	}
	near := r.whole.Context[key]
	if near == nil {
		for _, k := range keys {
			if k.name == key {
				near = pick(d, k.sets...)
			}
		}
	}
	if near == nil {
		near = []string{"system:serviceaccount:shop:app"}
	}
	for range pick(d, 1, 1, 1, 2, 3) {
		c.values = append(c.values, d.near(pick(d, near...), kindOf(key), r))
	}
	c.bare = d.in(4)
	return c
}

func (d dice) casing(text string) string {
	switch d.IntN(6) {
	case 0:
		return strings.ToUpper(text)
	case 1:
		return strings.ToLower(text)
	}
	return text
}

// mutate changes one thing about a statement.
func (d dice) mutate(s *statement, r request) {
	switch d.IntN(10) {
	case 0, 1, 2:
		s.conditions = append(s.conditions, d.condition(r))
	case 3, 4, 5:
		d.mutateCondition(s, r)
	case 6, 7:
		d.mutatePrincipal(s, r)
	case 8:
		d.mutateAction(s, r)
	case 9:
		s.effect = pick(d, "Allow", "Allow", "Deny")
	}
}

func (d dice) mutateCondition(s *statement, r request) {
	if len(s.conditions) == 0 {
		s.conditions = append(s.conditions, d.condition(r))
		return
	}
	c := &s.conditions[d.IntN(len(s.conditions))]
	switch d.IntN(7) {
	case 0:
		c.operator = d.operator(kindOf(c.key))
	case 1:
		c.operator = strings.TrimPrefix(strings.TrimPrefix(c.operator, "ForAnyValue:"), "ForAllValues:")
	case 2:
		c.operator = strings.TrimSuffix(c.operator, "IfExists")
	case 3:
		c.key = d.casing(c.key)
	case 4:
		c.values = append(c.values, d.near(pick(d, c.values...), kindOf(c.key), r))
	default:
		i := d.IntN(len(c.values))
		c.values[i] = d.near(c.values[i], kindOf(c.key), r)
	}
}

func (d dice) mutatePrincipal(s *statement, r request) {
	switch d.IntN(6) {
	case 0:
		s.notPrincipal = !s.notPrincipal
	case 1:
		s.anyone = !s.anyone
	case 2, 3:
		s.principals = append(s.principals, d.principal(r))
	default:
		s.principals[d.IntN(len(s.principals))] = d.principal(r)
	}
}

// principal is one that is, holds or resembles the one that asks.
func (d dice) principal(r request) principal {
	who := r.whole.Principal
	parts := strings.SplitN(who.ID, ":", 6)
	if d.in(2) && len(parts) == 6 {
		return principal{"AWS", pick(d,
			parts[4], "arn:"+parts[1]+":iam::"+parts[4]+":root", "arn:aws-cn:iam::"+parts[4]+":root",
			"arn:"+parts[1]+":iam::"+parts[4]+":role/app", "arn:"+parts[1]+":iam::"+parts[4]+":role/APP",
			"arn:"+parts[1]+":sts::"+parts[4]+":assumed-role/app/s1", "arn:"+parts[1]+":iam::"+parts[4]+":user/*", "*")}
	}
	switch d.IntN(6) {
	case 0:
		return principal{"Service", pick(d, "ec2.amazonaws.com", "lambda.amazonaws.com", trust.PodIdentityService, "*")}
	case 1:
		return principal{"Federated", pick(d, providerARN(issuers[0]), providerARN(issuers[1]), "cognito-identity.amazonaws.com", "*")}
	case 2:
		return principal{"CanonicalUser", "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}
	case 3:
		return principal{"AWS", pick(d, account, "444455556666", "*", "AROAEXAMPLEEXAMPLE123")}
	case 4:
		return principal{pick(d, "AWS", "Federated", "Service"), who.ID}
	}
	return principal{"AWS", pick(d, callers...)}
}

func (d dice) mutateAction(s *statement, r request) {
	switch d.IntN(4) {
	case 0:
		s.notAction = !s.notAction
	case 1:
		s.actions = append(s.actions, d.action(r))
	default:
		s.actions[d.IntN(len(s.actions))] = d.action(r)
	}
}

func (d dice) action(r request) string {
	a := r.whole.Action
	name := strings.TrimPrefix(a, "sts:")
	i := d.IntN(len(name))
	return pick(d,
		d.casing(a), "*", "sts:*", "sts:"+name[:i]+"*", "sts:*"+name[i:], "sts:"+name[:i]+"?"+name[i+1:], "sts:"+name+"?",
		"sts:AssumeRole*", "sts:TagSession", "sts:AssumeRoleWithSAML", "sts:?ssume*e")
}
