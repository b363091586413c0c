package spec

import "testing"

func TestNearest(t *testing.T) {
	t.Parallel()
	fields := []string{"name", "namespace", "arn", "role", "policies", "serviceAccounts"}
	for in, want := range map[string]string{
		"arm": "arn", "ARN": "arn", "nmae": "name", "nam": "name", "namspace": "namespace", "rolle": "role",
		"policy": "policies", "serviceaccount": "serviceAccounts", "serviceAcounts": "serviceAccounts",
		"zebra": "", "x": "", "": "", "kind": "",
	} {
		got, ok := Nearest(in, fields)
		if got != want || ok != (want != "") {
			t.Errorf("%q: %q %v, want %q", in, got, ok, want)
		}
	}
	if _, ok := Nearest("x", nil); ok {
		t.Error("something is near to nothing")
	}
	if got, _ := Nearest("ab", []string{"ba", "abc"}); got != "ba" {
		t.Errorf("of two that are as near, %s and not the first", got)
	}
}
