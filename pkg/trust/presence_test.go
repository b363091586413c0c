package trust_test

import (
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// TestPresence: whether a request has a key, by what is said of it: values win, then the
// longer name, and a whole name over one that ends in *.
func TestPresence(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		r    trust.Request
		want trust.Answer
	}{
		"nothing said":                 {trust.Request{}, no},
		"a value":                      {trust.Request{Context: map[string][]string{"AWS:TagKeys": {"a"}}}, yes},
		"no values":                    {trust.Request{Context: map[string][]string{"aws:TagKeys": {}}}, no},
		"a value, though it is absent": {trust.Request{Context: map[string][]string{"aws:TagKeys": {"a"}}, Absent: v("aws:TagKeys")}, yes},
		"unknown":                      {trust.Request{Unknown: v("AWS:tagkeys")}, unknown},
		"all unknown":                  {trust.Request{Unknown: v("*")}, unknown},
		"of all unknown, absent":       {trust.Request{Unknown: v("*"), Absent: v("aws:*")}, no},
		"of all absent, unknown":       {trust.Request{Unknown: v("aws:*"), Absent: v("*")}, unknown},
		"alike":                        {trust.Request{Unknown: v("aws:*"), Absent: v("aws:*")}, no},
		"the longer is unknown":        {trust.Request{Unknown: v("aws:Tag*"), Absent: v("aws:*")}, unknown},
		"the longer is absent":         {trust.Request{Unknown: v("aws:*"), Absent: v("aws:Tag*")}, no},
		"the whole name is unknown":    {trust.Request{Unknown: v("aws:TagKeys"), Absent: v("aws:TagKeys*")}, unknown},
		"the whole name is absent":     {trust.Request{Unknown: v("aws:TagKeys*"), Absent: v("aws:TagKeys")}, no},
		"both whole names":             {trust.Request{Unknown: v("aws:TagKeys"), Absent: v("aws:TagKeys")}, no},
		"the longest of several":       {trust.Request{Unknown: v("aws:*", "aws:TagKey*"), Absent: v("aws:Tag*", "a*")}, unknown},
		"another key":                  {trust.Request{Unknown: v("aws:TagKeysX", "aws:Tag", "sts:*")}, no},
		"perhaps":                      {trust.Request{Perhaps: map[string][]string{"aws:tagkeys": {"a"}}}, unknown},
		"perhaps, though it is absent": {trust.Request{Perhaps: map[string][]string{"aws:tagkeys": {"a"}}, Absent: v("aws:TagKeys")}, unknown},
		"perhaps without values":       {trust.Request{Perhaps: map[string][]string{"aws:tagkeys": {}}}, no},
	} {
		d := parse(t, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Condition":{"Null":{"aws:TagKeys":"false"}}}}`)
		if got := trust.Evaluate(d, c.r).Statements[0].Reasons[2].Result; got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestPerhaps: with a key that may be there with certain values, a condition is decided
// where it comes to the same with the key and without.
func TestPerhaps(t *testing.T) {
	t.Parallel()
	for condition, want := range map[string]trust.Answer{
		`"Bool":{"k":"true"}`:                       no,
		`"Bool":{"k":"false"}`:                      unknown,
		`"BoolIfExists":{"k":"false"}`:              yes,
		`"BoolIfExists":{"k":"true"}`:               unknown,
		`"StringNotEquals":{"k":"x"}`:               yes,
		`"StringNotEquals":{"k":"false"}`:           unknown,
		`"Null":{"k":"true"}`:                       unknown,
		`"Null":{"k":["true","false"]}`:             yes,
		`"Null":{"k":"x"}`:                          unknown,
		`"StringEquals":{"k":[]}`:                   unknown,
		`"ForAllValues:StringEquals":{"k":"false"}`: yes,
		`"ForAnyValue:StringEquals":{"k":"x"}`:      no,
		`"StringMatches":{"k":"false"}`:             unknown,
	} {
		d := parse(t, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Condition":{`+condition+`}}}`)
		r := trust.Evaluate(d, trust.Request{Perhaps: map[string][]string{"K": {"false"}}}).Statements[0].Reasons[2]
		if r.Result != want || r.Note == "" {
			t.Errorf("%s: %v (%s), want %v", condition, r.Result, r.Note, want)
		}
	}
}
