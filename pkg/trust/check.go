package trust

import (
	"regexp"
	"slices"
	"strings"
)

// Check finds what IAM refuses in a trust policy that Parse takes, with the positions;
// nil where there is nothing. Size is not looked at: the quota is the AWS account's.
//
// Rules: reference_policies_grammar.html (elements, Sid), reference_iam-quotas.html
// (characters), reference_policies_elements_principal.html (no wildcard in a part
// of a principal), reference_policies_elements_notprincipal.html ("You cannot use
// the NotPrincipal element in … an IAM role trust policy") and IAM's own errors
// "Has prohibited field Resource" and "AssumeRole policy may only specify STS
// AssumeRole actions".
func (d Document) Check() error {
	d, err := d.as(trustForm)
	if err != nil {
		return err
	}
	f := &faults{text: d.text}
	d.check(f, Statement.checkTrust)
	return f.err()
}

// check finds what no policy may have, and asks each for what its kind of statement
// may not have.
func (d Document) check(f *faults, each func(Statement, *faults)) {
	if len(d.statements) == 0 {
		f.add(d.list.from, "%s needs at least one statement", d.form)
	}
	for i, c := range d.text {
		if c > 0xff || c < ' ' && !strings.ContainsRune("\t\n\r", c) {
			f.add(i, "%q is a character that IAM does not take in a policy: want U+0020 to U+00FF", c)
			break
		}
	}
	for _, m := range d.root.members {
		if !slices.Contains(documentElements, m.key) {
			f.add(m.from, "%s is no element of a policy: remove it", m.key)
		}
	}
	seen := map[string]bool{}
	for _, s := range d.statements {
		if s.sid != "" && seen[s.sid] {
			f.add(s.root.from, "two statements have the Sid %s: give each its own", s.sid)
		}
		seen[s.sid] = true
		if !legalSid.MatchString(s.sid) {
			f.add(s.at("Sid"), "Sid %s: want letters and digits only", quote(s.sid))
		}
		each(s, f)
	}
}

var legalSid = regexp.MustCompile(`^[A-Za-z0-9]*$`)

// at is where the value of an element stands; 0 where there is none.
func (s Statement) at(element string) int {
	n, _ := s.root.member(element)
	return n.from
}

func (s Statement) checkTrust(f *faults) {
	if s.notPrincipals {
		f.add(s.at("NotPrincipal"), "a trust policy takes no NotPrincipal: use Principal, with conditions on aws:PrincipalArn")
	}
	for _, name := range s.others {
		f.add(s.at(name), "a trust policy takes no %s: remove it", name)
	}
	for _, p := range s.principals {
		if p.ID != "*" && strings.ContainsAny(p.ID, "*?") {
			f.add(s.at("Principal"), "principal %s has a wildcard: want a whole ARN, or a condition on aws:PrincipalArn", p.ID)
		}
	}
	for _, a := range s.actions {
		if service, _, ok := strings.Cut(a, ":"); !ok || !strings.EqualFold(service, "sts") {
			f.add(max(s.at("Action"), s.at("NotAction")), "action %s: a trust policy takes only those of sts", a)
		}
	}
	for _, c := range s.conditions {
		if _, ok := parseOperator(c.Operator); !ok {
			f.add(s.at("Condition"), "%s is no condition operator of IAM", c.Operator)
		}
	}
}
