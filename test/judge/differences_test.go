package judge

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// known is a kind of difference in which ours is right by IAM's documentation.
type known struct {
	name   string
	reason string // what IAM's documentation says, where, and what the other simulator does
	of     func(d difference) bool
	// An example, without which nobody would see that the other simulator was mended.
	statement string // of a policy, without its effect
	version   string // empty: 2012-10-17
	request   trust.Request
}

const guide = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"

// table holds the differences; the first that a difference is of counts.
var table = []known{
	{
		name: "account-and-token",
		reason: "a token is of none of an AWS account's identities: a policy allows or denies tokens by Federated (" + guide +
			"reference_policies_elements_principal.html, \"Web identity session principals\"); theirs takes the provider's ARN for a principal in the AWS account",
		of: func(d difference) bool {
			return d.principal() && d.who.Type == "Federated" && wants(d, "AWS", accountOf(d.who.ID))
		},
		statement: `"Principal":{"AWS":"111122223333"},"Action":"*"`,
		request:   trust.Request{Principal: trust.Principal{Type: "Federated", ID: providerARN(issuers[0])}},
	},
	{
		name: "type-of-principal",
		reason: "a statement names principals by their type (" + guide +
			"reference_policies_elements_principal.html, \"How to specify a principal\"); theirs knows only a text of the one that asks, and compares it with those of every type",
		of:        func(d difference) bool { return d.principal() && otherType(d) },
		statement: `"Principal":{"Federated":"` + roleARN + `"},"Action":"*"`,
		request:   trust.Request{Principal: trust.Principal{Type: "AWS", ID: roleARN}},
	},
	{
		name: "partition",
		reason: "an ARN has a partition: \"Each AWS account is scoped to one partition\" (" + guide +
			"reference-arns.html); theirs looks at the AWS account's ID alone",
		of: func(d difference) bool {
			return d.principal() && d.who.Type == "AWS" && wants(d, "AWS", accountOf(d.who.ID))
		},
		statement: `"Principal":{"AWS":"arn:aws-cn:iam::111122223333:root"},"Action":"*"`,
		request:   trust.Request{Principal: trust.Principal{Type: "AWS", ID: roleARN}},
	},
	{
		name: "if-exists-any",
		reason: "with ...IfExists, \"If the key is not present, evaluate the condition element as true\" (" + guide +
			"reference_policies_elements_condition_operators.html#Conditions_IfExists); theirs forgets that behind ForAnyValue",
		of: func(d difference) bool {
			return d.any() && strings.HasSuffix(d.part.Operator, "IfExists") && len(d.part.Seen) == 0
		},
		statement: `"Principal":"*","Action":"*","Condition":{"ForAnyValue:StringEqualsIfExists":{"aws:TagKeys":"a"}}`,
	},
	{
		name: "empty-set",
		reason: "for a key whose values \"resolve to a null dataset, such as an empty string\" ForAllValues is true and ForAnyValue false (" + guide +
			"reference_policies_condition-single-vs-multi-valued-context-keys.html); theirs compares the empty text",
		of:        func(d difference) bool { return (d.any() || d.all()) && len(d.part.Seen) > 0 && empty(d.part.Seen) },
		statement: `"Principal":"*","Action":"*","Condition":{"ForAnyValue:StringEquals":{"aws:PrincipalTag/team":""}}`,
		request:   trust.Request{Context: map[string][]string{"aws:PrincipalTag/team": {""}}},
	},
	{
		name: "null-of-empty",
		reason: "where a request has \"an empty string …, the value in the request context is null\", and Null false wants a value that is not null (" + guide +
			"reference_policies_elements_condition.html, \"The request context\", and reference_policies_elements_condition_operators.html#Conditions_Null); theirs asks only whether the key is there",
		of: func(d difference) bool {
			return d.part.Operator == "Null" && len(d.part.Seen) > 0 && empty(d.part.Seen)
		},
		statement: `"Principal":"*","Action":"*","Condition":{"Null":{"aws:PrincipalTag/team":"true"}}`,
		request:   trust.Request{Context: map[string][]string{"aws:PrincipalTag/team": {""}}},
	},
	{
		name: "version-2008",
		reason: "policy variables need \"Version\": \"2012-10-17\"; in an earlier one they \"are treated as literal strings\" (" + guide +
			"reference_policies_variables.html); theirs looks at no version",
		of:        func(d difference) bool { return d.text() && d.version == trust.Version2008 && d.mentions("${") },
		statement: `"Principal":"*","Action":"*","Condition":{"StringEquals":{"aws:username":"${aws:username}"}}`,
		version:   trust.Version2008,
		request:   trust.Request{Context: map[string][]string{"aws:username": {"alice"}}},
	},
	{
		name: "special-characters",
		reason: "${*}, ${?} and ${$} \"can be used in any string where you can use regular policy variables\" (" + guide +
			"reference_policies_variables.html#policy-vars-specialchars); theirs knows them in patterns alone",
		of: func(d difference) bool {
			return d.text() && !d.wild() && (d.mentions("${*}") || d.mentions("${?}") || d.mentions("${$}"))
		},
		statement: `"Principal":"*","Action":"*","Condition":{"StringEquals":{"sts:ExternalId":"a${*}b"}}`,
		request:   trust.Request{Context: map[string][]string{"sts:ExternalId": {"a*b"}}},
	},
	{
		name: "not-of-no-value",
		reason: "\"Inverted condition operators like StringNotEquals or StringNotLike do match against a null value\" (" + guide +
			"reference_policies_variables.html#policy-vars-no-value); with theirs no operator matches",
		of:        func(d difference) bool { return d.text() && d.negated() && d.hasUnsetVariable() },
		statement: `"Principal":"*","Action":"*","Condition":{"StringNotEquals":{"sts:RoleSessionName":"${aws:username}"}}`,
		request:   trust.Request{Context: map[string][]string{"sts:RoleSessionName": {"a"}}},
	},
	{
		name: "first-part-of-an-arn",
		reason: "\"Each of the six colon-delimited components of the ARN is checked separately\" (" + guide +
			"reference_policies_elements_condition_operators.html#Conditions_ARN); theirs leaves out the first",
		of: func(d difference) bool {
			return d.arn() && slices.ContainsFunc(d.part.Wanted, func(v string) bool { first, _, _ := strings.Cut(v, ":"); return first != "arn" })
		},
		statement: `"Principal":"*","Action":"*","Condition":{"ArnLike":{"aws:SourceArn":"urn:aws:s3:::bucket"}}`,
		request:   trust.Request{Context: map[string][]string{"aws:SourceArn": {"arn:aws:s3:::bucket"}}},
	},
	{
		name: "variable-in-an-arn",
		reason: "ARN operators take policy variables (" + guide +
			"reference_policies_variables.html#policy-vars-wheretouse), whose names have colons; theirs splits the ARN at these too",
		of:        func(d difference) bool { return d.arn() && d.mentions("${") },
		statement: `"Principal":"*","Action":"*","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:eks:*:${aws:SourceAccount}:cluster/*"}}`,
		request:   trust.Request{Context: map[string][]string{"aws:SourceArn": {"arn:aws:eks:eu-west-3:111122223333:cluster/prod"}, "aws:SourceAccount": {account}}},
	},
	{
		name: "empty-default",
		reason: "the default of a policy variable is what stands between the quotes (" + guide +
			"reference_policies_variables.html#policy-vars-default-values); theirs takes an empty one for none",
		of:        func(d difference) bool { return d.text() && d.mentions(", ''}") },
		statement: `"Principal":"*","Action":"*","Condition":{"StringEquals":{"sts:ExternalId":"x${aws:username, ''}"}}`,
		request:   trust.Request{Context: map[string][]string{"sts:ExternalId": {"x"}}},
	},
	{
		name: "epoch-and-date",
		reason: "dates may be written in ISO 8601 \"or in epoch (UNIX) time\" (" + guide +
			"reference_policies_elements_condition_operators.html#Conditions_Date), which is in seconds; theirs compares seconds with milliseconds",
		of: func(d difference) bool {
			all := slices.Concat(d.part.Wanted, d.part.Seen)
			return strings.Contains(d.part.Operator, "Date") && slices.ContainsFunc(all, isInteger) &&
				slices.ContainsFunc(all, func(v string) bool { return !isInteger(v) })
		},
		statement: `"Principal":"*","Action":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"1772366400"}}`,
		request:   trust.Request{Context: map[string][]string{"aws:CurrentTime": {"2026-01-01"}}},
	},
	{
		name: "whole-ipv4",
		reason: "values are \"in the standard CIDR format\" (" + guide +
			"reference_policies_elements_condition_operators.html#Conditions_IPAddress), where /0 is every address; theirs shifts 32 bits by 32",
		of: func(d difference) bool {
			return d.address() && slices.ContainsFunc(d.part.Wanted, func(v string) bool {
				p, err := netip.ParsePrefix(v)
				return err == nil && p.Addr().Is4() && p.Bits() == 0
			})
		},
		statement: `"Principal":"*","Action":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/0"}}`,
		request:   trust.Request{Context: map[string][]string{"aws:SourceIp": {"203.0.113.7"}}},
	},
	{
		name: "single-ipv6",
		reason: "an address is compared as an address, in whichever of the ways of RFC 4291, section 2.2, it is written, and NotIpAddress is \"all IP addresses except the specified\" (" + guide +
			"reference_policies_elements_condition_operators.html#Conditions_IPAddress); theirs compares single addresses as texts, and matches none of the other family",
		of: func(d difference) bool {
			return d.address() && slices.ContainsFunc(d.part.Wanted, func(v string) bool {
				a, err := netip.ParseAddr(v)
				return err == nil && (a.Is6() || slices.ContainsFunc(d.part.Seen, func(s string) bool { return strings.Contains(s, ":") }))
			})
		},
		statement: `"Principal":"*","Action":"*","Condition":{"IpAddress":{"aws:SourceIp":"2001:0db8::0007"}}`,
		request:   trust.Request{Context: map[string][]string{"aws:SourceIp": {"2001:db8::7"}}},
	},
}

func (d difference) principal() bool {
	return d.part.Element == "Principal" || d.part.Element == "NotPrincipal"
}
func (d difference) any() bool { return strings.HasPrefix(d.part.Operator, "ForAnyValue:") }
func (d difference) all() bool { return strings.HasPrefix(d.part.Operator, "ForAllValues:") }

// text reports whether the operator takes policy variables.
func (d difference) text() bool {
	return strings.Contains(d.part.Operator, "String") || strings.Contains(d.part.Operator, "Arn")
}

// wild reports whether the operator takes wildcards.
func (d difference) wild() bool {
	return strings.Contains(d.part.Operator, "Like") || strings.Contains(d.part.Operator, "Arn")
}

func (d difference) arn() bool     { return strings.Contains(d.part.Operator, "Arn") }
func (d difference) negated() bool { return strings.Contains(d.part.Operator, "Not") }
func (d difference) address() bool { return strings.Contains(d.part.Operator, "IpAddress") }

func (d difference) mentions(text string) bool {
	return slices.ContainsFunc(d.part.Wanted, func(v string) bool { return strings.Contains(v, text) })
}

var variables = regexp.MustCompile(`\$\{([^}]*)\}`)

// hasUnsetVariable reports whether a wanted value has a variable, without a default, of a
// key that the request does not have.
func (d difference) hasUnsetVariable() bool {
	for _, w := range d.part.Wanted {
		for _, m := range variables.FindAllStringSubmatch(w, -1) {
			has := false
			for key := range d.context {
				has = has || strings.EqualFold(key, m[1])
			}
			if !has && !strings.ContainsAny(m[1], ",*?$") {
				return true
			}
		}
	}
	return false
}

// wants reports whether a statement names an AWS account.
func wants(d difference, kind, account string) bool {
	return slices.ContainsFunc(d.part.Wanted, func(w string) bool {
		return w == kind+" "+account || strings.HasPrefix(w, kind+" arn:") && strings.HasSuffix(w, ":iam::"+account+":root")
	})
}

func accountOf(arn string) string {
	if parts := strings.Split(arn, ":"); len(parts) >= 6 {
		return parts[4]
	}
	return ""
}

// otherType reports whether the statement names the ID of the one that asks with another type.
func otherType(d difference) bool {
	return slices.ContainsFunc(d.part.Wanted, func(w string) bool {
		kind, id, ok := strings.Cut(w, " ")
		return ok && id == d.who.ID && kind != d.who.Type
	})
}

// empty reports whether every value is the empty text.
func empty(values []string) bool {
	return !slices.ContainsFunc(values, func(v string) bool { return v != "" })
}

// kindOfDifference is the name of the known one that a difference is of; empty for none.
func kindOfDifference(d difference) string {
	for _, k := range table {
		if k.of(d) {
			return k.name
		}
	}
	return ""
}

// TestKnown: each known difference shows in its example, so that one that is gone leaves
// the table; and in that example nothing else differs.
func TestKnown(t *testing.T) {
	s := newSimulator(t)
	for _, k := range table {
		if k.version == "" {
			k.version = trust.Version2012
		}
		if k.request.Action == "" {
			k.request.Action = trust.ActionAssumeRole
		}
		if k.request.Principal.ID == "" {
			k.request.Principal = trust.Principal{Type: "AWS", ID: roleARN}
		}
		c := trial{`{"Version":"` + k.version + `","Statement":[{"Effect":"Allow",` + k.statement + `}]}`, []request{{k.request, k.request}}}
		sum := newTally()
		if err := sum.run(s, []trial{c}); err != nil {
			t.Fatal(err)
		}
		if len(sum.differences) != 1 {
			t.Errorf("%s: %d differences, want 1; where the two agree now, take it out of the table\n%s\n%v", k.name, len(sum.differences), k.reason, sum.differences)
			continue
		}
		if got := kindOfDifference(sum.differences[0]); got != k.name {
			t.Errorf("%s: its example counts as %q: %s", k.name, got, sum.differences[0])
		}
	}
}
