package trust_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// policyWith is a policy of one statement that lets everybody in under one condition.
func policyWith(t *testing.T, version, key string, c conditionCase) trust.Document {
	t.Helper()
	wanted, err := json.Marshal(c.wanted)
	if err != nil {
		t.Fatal(err)
	}
	if c.wanted == nil {
		wanted = []byte("[]")
	}
	text := fmt.Sprintf(`{"Version":%q,"Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Condition":{%q:{%q:%s}}}]}`,
		version, c.operator, key, wanted)
	return parse(t, text)
}

func parse(t *testing.T, text string) trust.Document {
	t.Helper()
	d, err := trust.Parse(text)
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	return d
}

// conditionRequest is the request of the condition tables.
func conditionRequest(seen []string) trust.Request {
	r := trust.Request{
		Action:    "sts:AssumeRole",
		Principal: trust.Principal{Type: "AWS", ID: "arn:aws:iam::111122223333:user/alice"},
		Context: map[string][]string{
			"aws:username":                 {"alice"},
			"aws:PrincipalTag/team":        {"red"},
			"aws:PrincipalTag/empty":       {""},
			"aws:PrincipalTag/cost center": {"42"},
			"test:star":                    {"a*"},
			"test:many":                    {"a", "b"},
		},
		Unknown: []string{"dim:*"},
	}
	if seen != nil {
		r.Context["Test:Key"] = seen
	}
	return r
}

var verdicts = map[trust.Answer]trust.Verdict{yes: trust.Allow, no: trust.ImplicitDeny, unknown: trust.Undecided}

func TestConditions(t *testing.T) {
	t.Parallel()
	for _, table := range []struct {
		version, key string
		groups       []conditionGroup
	}{
		{trust.Version2012, "test:key", conditionGroups},
		{trust.Version2012, "TEST:KEY", setGroups},
		{trust.Version2012, "test:key", variableGroups},
		{trust.Version2008, "test:key", literalGroups},
		{trust.Version2012, "dim:key", dimGroups},
	} {
		for _, g := range table.groups {
			for _, c := range g.cases {
				d := policyWith(t, table.version, table.key, c)
				got := trust.Evaluate(d, conditionRequest(c.seen))
				reason := got.Statements[0].Reasons[2]
				if reason.Result != c.want || got.Verdict != verdicts[c.want] {
					t.Errorf("%s wants %q, request has %q: %v (%s), want %v\n%s", c.operator, c.wanted, c.seen, reason.Result, got.Verdict, c.want, g.doc)
				}
				if reason.Result == unknown && reason.Note == "" {
					t.Errorf("%s wants %q, request has %q: unknown without a reason", c.operator, c.wanted, c.seen)
				}
			}
		}
	}
}
