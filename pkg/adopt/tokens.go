package adopt

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// tokens is a statement as irsa.yaml's trust has it: it lets tokens of an issuer in, by their
// audience and their subjects, and asks for nothing else.
type tokens struct {
	issuer, audience string
	subjects         []string
}

// readTokens reads a statement that says no more than that. StringLike without a wildcard asks
// for the value itself, as StringEquals does
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html).
func readTokens(s trust.Statement) (tokens, bool) {
	principals, not := s.Principals()
	actions, notActions := s.Actions()
	if !s.Allows() || not || notActions || len(principals) != 1 || principals[0].Type != "Federated" ||
		len(actions) != 1 || !strings.EqualFold(actions[0], trust.ActionWebIdentity) {
		return tokens{}, false
	}
	_, name, ok := strings.Cut(principals[0].ID, ":oidc-provider/")
	if !ok {
		return tokens{}, false
	}
	out := tokens{issuer: "https://" + name}
	for _, c := range s.Conditions() {
		exact := c.Operator == "StringEquals"
		if !exact && c.Operator != "StringLike" || slices.ContainsFunc(c.Values, func(v string) bool { return strings.Contains(v, "${") || exact && strings.ContainsAny(v, "*?") }) {
			return tokens{}, false
		}
		switch {
		case strings.EqualFold(c.Key, name+":aud") && len(c.Values) == 1 && out.audience == "" && !strings.ContainsAny(c.Values[0], "*?"):
			out.audience = c.Values[0]
		case strings.EqualFold(c.Key, name+":sub") && out.subjects == nil:
			out.subjects = unique(c.Values)
		default:
			return tokens{}, false
		}
	}
	return out, out.audience != "" && len(out.subjects) > 0
}

// admitted are subjects of an issuer's tokens that a trust policy lets in.
type admitted struct {
	issuer   string
	subjects []string
}

// admits are all whom a trust policy lets in by their tokens, in the order of its statements: by
// statements that irsa.yaml can say, and by others, such as one that asks for no audience. A subject
// is empty where a statement asks for none.
func admits(d *trust.Document) []admitted {
	if d == nil {
		return nil
	}
	var out []admitted
	entrants := trust.Entrants(*d)
	for i, s := range d.Statements() {
		if t, ok := readTokens(s); ok {
			out = append(out, admitted{t.issuer, t.subjects})
			continue
		}
		for _, e := range entrants {
			if e.Statement == i && e.Kind == trust.EntersByToken {
				out = append(out, admitted{"https://" + e.Issuer, []string{e.Subject}})
			}
		}
	}
	return out
}

// own reports whether irsa.yaml can say the subjects.
func (t tokens) own() bool {
	return !slices.ContainsFunc(t.subjects, func(s string) bool { return !spec.Takes("subject", s) })
}

// without takes the Sid off a statement.
func withoutSid(s trust.Statement) string {
	if s.Sid() == "" {
		return s.Text()
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(s.Text()), &members); err != nil {
		return s.Text() // a statement that was read is JSON
	}
	delete(members, "Sid")
	out, err := json.Marshal(members)
	if err != nil {
		return s.Text()
	}
	return string(out)
}

// same reports whether two statements mean the same, whatever they are called.
func same(a, b trust.Statement) bool {
	wrap := func(s trust.Statement) trust.Document {
		d, _ := trust.Parse(`{"Version":"` + trust.Version2012 + `","Statement":[` + withoutSid(s) + `]}`) // it was read before
		return d
	}
	return trust.Equal(wrap(a), wrap(b))
}

// conditionsOf is the Condition of a statement as it stands.
func conditionsOf(s trust.Statement) (spec.Document, error) {
	var members struct{ Condition json.RawMessage }
	if err := json.Unmarshal([]byte(s.Text()), &members); err != nil || len(members.Condition) == 0 {
		return spec.Document{}, err
	}
	if strings.TrimSpace(string(members.Condition)) == "{}" {
		return spec.Document{}, nil
	}
	return spec.ParseDocument("conditions", members.Condition)
}
