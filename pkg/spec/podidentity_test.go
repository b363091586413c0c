package spec

import "testing"

func TestSplitSubject(t *testing.T) {
	t.Parallel()
	for subject, want := range map[string][2]string{
		"system:serviceaccount:shop:orders":   {"shop", "orders"},
		"system:serviceaccount:z*:app-?":      {"z*", "app-?"},
		"system:serviceaccount:team-*":        {"team-*", "*"},
		"system:serviceaccount:*":             {"*", "*"},
		"system:*":                            {"*", "*"},
		"*":                                   {"*", "*"},
		"system:serviceaccount:*:orders":      {"*", "orders"},
		"system:serviceaccount:shop:a.b-c.d*": {"shop", "a.b-c.d*"},
	} {
		if namespace, name := SplitSubject(subject); [2]string{namespace, name} != want {
			t.Errorf("%s: %s, %s, want %v", subject, namespace, name, want)
		}
	}
}
