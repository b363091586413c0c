package trust

import (
	"net/netip"
	"slices"
	"strings"
)

// stranger is somebody whom a policy may let in although nobody named him: what he is
// asked for, and which values he can have under the keys that say who he is.
type stranger struct {
	principal Principal
	action    string
	rule      func(key string) keyRule
	// doubted: a condition of which it is not known whether he meets it keeps him out.
	doubted bool
}

// fails reports whether a condition that came to an answer keeps him out.
func (s stranger) fails(a Answer) bool { return a == No || s.doubted && a == Unknown }

// keyRule says what a stranger can have under one condition key.
type keyRule struct {
	// free: whatever the policy asks for. He chooses the value himself, such as a session
	// name, an external ID or a session tag, or it says nothing of who he is.
	free bool
	// always: no request of his is without the key. Otherwise one may be.
	always bool
	// never: no request of his has the key.
	never bool
	// foreign are values that he has and nobody named.
	foreign []string
	// open gives a value of his that a pattern takes, where there is one: the pattern fixes
	// too little. nil: any pattern that begins with a wildcard is open.
	open func(c Condition, pattern string) (string, bool)
}

// candidates are the values to try under a key, against conditions on it. The empty text
// stands for a request without the key.
func (r keyRule) candidates(conditions []Condition) []string {
	out := slices.Clone(r.foreign)
	if !r.always {
		out = append(out, "")
	}
	if r.never {
		return []string{""}
	}
	open := r.open
	if open == nil {
		open = func(_ Condition, pattern string) (string, bool) { return openAtStart(pattern) }
	}
	for _, c := range conditions {
		for _, v := range c.Values {
			if value, ok := open(c, v); ok {
				out = append(out, value)
			}
		}
	}
	return out
}

// admits reports whether some stranger meets all the conditions of an Allow, and no Deny
// of the document certainly stops every such stranger. Conditions on different keys are
// asked one key after the other; values that the stranger chooses always suit him.
func (d Document) admits(s stranger, conditions []Condition) bool {
	for key, on := range byKey(conditions) {
		if rule := s.rule(key); !rule.free && len(d.suiting(s, key, on)) == 0 {
			return false
		}
	}
	return !slices.ContainsFunc(d.statements, func(st Statement) bool { return !st.allow && d.stops(st, s, conditions) })
}

// byKey groups conditions by their key, in lower case.
func byKey(conditions []Condition) map[string][]Condition {
	out := map[string][]Condition{}
	for _, c := range conditions {
		key := strings.ToLower(c.Key)
		out[key] = append(out[key], c)
	}
	return out
}

// suiting are the values of a key with which no condition on it keeps the stranger out.
func (d Document) suiting(s stranger, key string, on []Condition) []string {
	many := indexed(on)
	return slices.DeleteFunc(s.rule(key).candidates(on), func(value string) bool {
		for i, c := range on {
			var index *valueIndex
			if many != nil {
				index = many[i]
			}
			if s.fails(d.holds(c, index, key, value)) {
				return true
			}
		}
		return false
	})
}

// holds asks one condition of a request of which one key is known. The index is of the
// condition's values; nil where they are few.
func (d Document) holds(c Condition, index *valueIndex, key, value string) Answer {
	r := Request{Unknown: []string{"*"}, Context: map[string][]string{
		// Whose the role itself is: a policy may compare the caller with that.
		"aws:resourceaccount": {"000000000002"}, "aws:resourceorgid": {"o-ownownownown"},
	}}
	delete(r.Context, key)
	if value != "" {
		r.Context[key] = []string{value}
	}
	e := newEnv(r, d.version == Version2012)
	if value == "" {
		e.missing = key
	}
	return e.condition(c, index).Result
}

// stops reports whether a Deny is about every stranger that meets the conditions.
func (d Document) stops(deny Statement, s stranger, conditions []Condition) bool {
	e := newEnv(Request{Action: s.action, Principal: s.principal}, false)
	if len(deny.others) > 0 || e.principal(deny).Result != Yes || e.action(deny).Result != Yes {
		return false
	}
	met := byKey(conditions)
	for _, c := range deny.conditions {
		key := strings.ToLower(c.Key)
		if s.rule(key).free {
			return false
		}
		for _, value := range d.suiting(s, key, met[key]) {
			if d.holds(c, nil, key, value) != Yes {
				return false
			}
		}
	}
	return true
}

// The stranger's own names. The AWS account is nobody's: IDs do not begin with zeros in
// practice, and a policy that names it means it.
const (
	strangerAccount = "000000000001"
	strangerName    = "stranger-of-nobody"
)

// openAtStart fills a pattern that begins with a wildcard.
func openAtStart(pattern string) (string, bool) {
	return fill(pattern, strangerName), strings.HasPrefix(pattern, "*") || strings.HasPrefix(pattern, "?")
}

// fill puts a text in the place of every *, and a letter in that of every ?.
func fill(pattern, star string) string {
	return strings.NewReplacer("*", star, "?", "s").Replace(pattern)
}

// openBefore makes an open for keys whose values have a part that says whose they are: a
// pattern is open that has a wildcard before the end of that part. fixed is how many
// characters must be free of wildcards, unless the text sep comes before.
func openBefore(sep string, fixed int, star string) func(Condition, string) (string, bool) {
	return func(_ Condition, pattern string) (string, bool) {
		head := literalHead(pattern)
		closed := head == pattern || len(head) >= fixed || sep != "" && strings.Contains(head, sep)
		return fill(pattern, star), !closed
	}
}

// literalHead is a pattern up to its first wildcard or policy variable.
func literalHead(pattern string) string {
	if i := strings.IndexAny(pattern, "*?"); i >= 0 {
		pattern = pattern[:i]
	}
	head, _, _ := strings.Cut(pattern, "${")
	return head
}

// openPrincipal fills a pattern for aws:PrincipalArn that does not fix the AWS account.
// The Arn operators compare part by part; the others the whole text, in which a * before
// the AWS account may take any part, since the path of a role may have colons.
func openPrincipal(c Condition, pattern string) (string, bool) {
	parts := strings.SplitN(pattern, ":", 6)
	if op, ok := parseOperator(c.Operator); !ok || !strings.HasPrefix(op.name, "Arn") || len(parts) < 6 {
		head := strings.SplitN(literalHead(pattern), ":", 6)
		return fill(pattern, "arn:aws:iam::"+strangerAccount+":role/"+strangerName), len(head) < 6 && literalHead(pattern) != pattern
	}
	if literalHead(parts[4]) == parts[4] {
		return "", false
	}
	for i, usual := range []string{"arn", "aws", "iam", "", strangerAccount} {
		parts[i] = fill(parts[i], usual)
	}
	parts[5] = fill(parts[5], strangerName)
	return strings.Join(parts, ":"), true
}

// openAddress gives an address of a range that is no protection: one that is broader than
// /8 of IPv4 or /32 of IPv6, as S3 has it for what it calls public
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html,
// "The meaning of public").
func openAddress(_ Condition, value string) (string, bool) {
	prefix, err := netip.ParsePrefix(value)
	if err != nil {
		return "", false
	}
	least := 8
	if prefix.Addr().Is6() {
		least = 32
	}
	return prefix.Addr().Next().String(), prefix.Bits() < least
}
