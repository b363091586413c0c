package trust

import (
	"regexp"
	"strings"
)

// Check finds what IAM refuses in a document that Parse takes, with the positions;
// nil where there is nothing. Size is not looked at: the quota is the account's.
//
// Rules: reference_policies_grammar.html (elements, Sid), reference_iam-quotas.html
// (characters), reference_policies_elements_principal.html (no wildcard in a part
// of a principal), reference_policies_elements_notprincipal.html ("You cannot use
// the NotPrincipal element in … an IAM role trust policy") and IAM's own errors
// "Has prohibited field Resource" and "AssumeRole policy may only specify STS
// AssumeRole actions".
func (d Document) Check() error {
	f := &faults{text: d.text}
	if len(d.statements) == 0 {
		f.add(d.list.from, "a trust policy needs at least one statement")
	}
	for i, c := range d.text {
		if c > 0xff || c < ' ' && !strings.ContainsRune("\t\n\r", c) {
			f.add(i, "%q is a character that IAM does not take in a policy: want U+0020 to U+00FF", c)
			break
		}
	}
	for _, m := range d.root.members {
		if m.key != "Version" && m.key != "Id" && m.key != "Statement" {
			f.add(m.from, "%s is no element of a policy: remove it", m.key)
		}
	}
	seen := map[string]bool{}
	for _, s := range d.statements {
		if s.sid != "" && seen[s.sid] {
			f.add(s.root.from, "two statements have the Sid %s: give each its own", s.sid)
		}
		seen[s.sid] = true
		s.check(f)
	}
	return f.err()
}

var legalSid = regexp.MustCompile(`^[A-Za-z0-9]*$`)

func (s Statement) check(f *faults) {
	at := func(name string) int {
		n, _ := s.root.member(name)
		return n.from
	}
	if !legalSid.MatchString(s.sid) {
		f.add(at("Sid"), "Sid %s: want letters and digits only", quote(s.sid))
	}
	if s.notPrincipals {
		f.add(at("NotPrincipal"), "a trust policy takes no NotPrincipal: use Principal, with conditions on aws:PrincipalArn")
	}
	for _, name := range s.others {
		f.add(at(name), "a trust policy takes no %s: remove it", name)
	}
	for _, p := range s.principals {
		if p.ID != "*" && strings.ContainsAny(p.ID, "*?") {
			f.add(at("Principal"), "principal %s has a wildcard: want a whole ARN, or a condition on aws:PrincipalArn", p.ID)
		}
	}
	for _, a := range s.actions {
		if service, _, ok := strings.Cut(a, ":"); !ok || !strings.EqualFold(service, "sts") {
			f.add(max(at("Action"), at("NotAction")), "action %s: a trust policy takes only those of sts", a)
		}
	}
	for _, c := range s.conditions {
		if _, ok := parseOperator(c.Operator); !ok {
			f.add(at("Condition"), "%s is no condition operator of IAM", c.Operator)
		}
	}
}
