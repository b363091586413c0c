package spec

import "testing"

func TestParseSharer(t *testing.T) {
	t.Parallel()
	for entry, want := range map[string]Sharer{
		"team-b/reports":                       {Namespace: "team-b", Release: "reports"},
		"team-b/*":                             {Namespace: "team-b", Release: "*"},
		"staging_1:team-b/v1.2":                {Cluster: "staging_1", Namespace: "team-b", Release: "v1.2"},
		"444455556666/eu-west-1/prod:team-b/*": {Scope: "444455556666/eu-west-1", Cluster: "prod", Namespace: "team-b", Release: "*"},
		"oidc.example.com:8443/a/b:team-b/x":   {Cluster: "oidc.example.com:8443/a/b", Namespace: "team-b", Release: "x"},
		"reports":                              {}, "*/reports": {}, "team-*/x": {}, "team-b/x*": {}, "*:a/b": {}, "": {}, ":a/b": {}, "a/b/c": {}, "a/b c": {}, "a/b\n": {},
	} {
		got, ok := ParseSharer(entry)
		if got != want || ok != (want != Sharer{}) {
			t.Errorf("%q: %+v, %v; want %+v", entry, got, ok, want)
		}
	}
}
