package awsiam

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

var webOwner = Owner{Cluster: "prod", Namespace: "apps", Release: "web", Scope: "111122223333/eu-west-3"}

// change gives the owner's tags with some changed; a value of "-" drops the tag.
func change(o Owner, pairs ...string) map[string]string {
	tags := o.Tags()
	for i := 0; i < len(pairs); i += 2 {
		if tags[pairs[i]] = pairs[i+1]; pairs[i+1] == "-" {
			delete(tags, pairs[i])
		}
	}
	return tags
}

func TestCommonPath(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		paths []string
		want  string
	}{
		"none":               {nil, ""},
		"one":                {[]string{"/helm-irsa/"}, "/helm-irsa/"},
		"the same":           {[]string{"/helm-irsa/", "/helm-irsa/"}, "/helm-irsa/"},
		"the root":           {[]string{"/helm-irsa/", "/"}, "/"},
		"the root first":     {[]string{"/", "/helm-irsa/"}, "/"},
		"below":              {[]string{"/a/b/", "/a/b/c/"}, "/a/b/"},
		"above":              {[]string{"/a/b/c/", "/a/"}, "/a/"},
		"siblings":           {[]string{"/a/b/", "/a/c/"}, "/a/"},
		"half a name":        {[]string{"/a/bc/", "/a/bd/"}, "/a/"},
		"a name that begins": {[]string{"/a/b/", "/a/bc/"}, "/a/"},
		"nothing in common":  {[]string{"/a/", "/b/", "/c/"}, "/"},
		"case tells apart":   {[]string{"/A/", "/a/"}, "/"},
	} {
		d := &desired{Roles: []wantedRole{{Account: "other", Path: "/elsewhere/"}}}
		for _, path := range tt.paths {
			d.Roles = append(d.Roles, wantedRole{Account: "1", Path: path})
		}
		got, some := commonPath(d, "1")
		if got != tt.want || some != (len(tt.paths) > 0) {
			t.Errorf("%s: %q, %v; want %q", name, got, some, tt.want)
		}
		for _, path := range tt.paths {
			if !strings.HasPrefix(path, got) {
				t.Errorf("%s: %s is not below %s", name, path, got)
			}
		}
	}
}

func TestTagChanges(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ seen, want, changes map[string]string }{
		"nothing":          {nil, nil, map[string]string{}},
		"new":              {nil, map[string]string{"a": "1"}, map[string]string{"a": "1"}},
		"same":             {map[string]string{"a": "1"}, map[string]string{"a": "1"}, map[string]string{}},
		"another value":    {map[string]string{"a": "1"}, map[string]string{"a": "2"}, map[string]string{"a": "2"}},
		"others stay":      {map[string]string{"b": "1"}, map[string]string{"a": "1"}, map[string]string{"a": "1"}},
		"an empty value":   {nil, map[string]string{"a": ""}, map[string]string{"a": ""}},
		"empty and there":  {map[string]string{"a": ""}, map[string]string{"a": ""}, map[string]string{}},
		"keys tell case":   {map[string]string{"A": "1"}, map[string]string{"a": "1"}, map[string]string{"a": "1"}},
		"nothing is taken": {map[string]string{"a": "1"}, nil, map[string]string{}},
	} {
		if got := tagChanges(tt.seen, tt.want); !maps.Equal(got, tt.changes) {
			t.Errorf("%s: %v, want %v", name, got, tt.changes)
		}
	}
}

func TestReleaseName(t *testing.T) {
	t.Parallel()
	nameless := webOwner.nameless()
	role := func(name string, tags map[string]string) *seenRole {
		o, _ := ownerOf(tags)
		return &seenRole{Name: name, Tags: tags, trust: trustOf(o)}
	}
	for name, tt := range map[string]struct {
		roles    []*seenRole
		policies []*seenPolicy
		want     string
		fails    bool
	}{
		"nothing":                            {},
		"the wanted role's":                  {roles: []*seenRole{role("Wanted", change(webOwner))}, want: "web"},
		"names without case":                 {roles: []*seenRole{role("WANTED", change(webOwner))}, want: "web"},
		"another role's":                     {roles: []*seenRole{role("other", change(webOwner))}},
		"of no name":                         {roles: []*seenRole{role("Wanted", change(nameless))}},
		"of nobody of ours":                  {roles: []*seenRole{role("Wanted", map[string]string{spec.TagRelease: "web"})}},
		"of another namespace":               {roles: []*seenRole{role("Wanted", change(webOwner, spec.TagNamespace, "b"))}},
		"of a cluster of the same name":      {roles: []*seenRole{role("Wanted", change(webOwner, spec.TagScope, "1/b"))}},
		"the wanted one's, not others'":      {roles: []*seenRole{role("Wanted", change(webOwner)), role("other", change(webOwner, spec.TagRelease, "b"))}, want: "web"},
		"two":                                {roles: []*seenRole{role("Wanted", change(webOwner)), role("Second", change(webOwner, spec.TagRelease, "b"))}, fails: true},
		"a policy's":                         {policies: []*seenPolicy{{Name: "P", ARN: "arn:p", Tags: change(webOwner), Description: webOwner.policyMark()}}, want: "web"},
		"a policy's that only its tags name": {policies: []*seenPolicy{{Name: "P", ARN: "arn:p", Tags: change(webOwner)}}},
		"a role's that only its tags name":   {roles: []*seenRole{{Name: "Wanted", Tags: change(webOwner)}}},
		"a policy whose tags are not in":     {policies: []*seenPolicy{{Name: "P", ARN: "arn:p"}}},
	} {
		a := newObservedAccount("1")
		for _, r := range tt.roles {
			a.Roles[strings.ToLower(r.Name)] = r
		}
		for _, p := range tt.policies {
			a.Policies[strings.ToLower(p.Name)] = p
		}
		d := &desired{
			Owner: nameless, Roles: []wantedRole{{Account: "1", Name: "Wanted"}, {Account: "1", Name: "Second"}},
			Policies: []wantedPolicy{{Account: "1", Name: "P", ARN: "arn:p"}},
		}
		got, err := (&observation{Accounts: map[string]*seenAccount{"1": a}}).releaseName(d)
		if got != tt.want || (err != nil) != tt.fails {
			t.Errorf("%s: %q, %v; want %q", name, got, err, tt.want)
		}
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	for attempt := range 70 {
		most := longestBackoff
		if attempt < 7 {
			most = firstBackoff << attempt
		}
		for range 200 {
			if d := Backoff(attempt); d < most/2 || d > most || d > longestBackoff {
				t.Fatalf("attempt %d waits %s, want between %s and %s", attempt, d, most/2, most)
			}
		}
	}
	if first := Backoff(0); first > 100*time.Millisecond {
		t.Errorf("the first wait is %s", first)
	}
}

// TestPolicyVersions: oldest first, whatever order IAM gives them in, and the default last.
func TestPolicyVersions(t *testing.T) {
	t.Parallel()
	const version = `<member><VersionId>%ID</VersionId><IsDefaultVersion>%DEFAULT</IsDefaultVersion><CreateDate>2026-01-0%DAYT00:00:00Z</CreateDate></member>`
	for name, tt := range map[string]struct{ seen, want []string }{ // ID, day, and a star for the default
		"one":                      {[]string{"v1 1*"}, []string{"v1"}},
		"newest first":             {[]string{"v3 3*", "v2 2", "v1 1"}, []string{"v1", "v2", "v3"}},
		"the default is the first": {[]string{"v1 1*", "v2 2", "v3 3"}, []string{"v2", "v3", "v1"}},
		"the default in between":   {[]string{"v5 5", "v3 3*", "v4 4"}, []string{"v4", "v5", "v3"}},
		"made in the same second":  {[]string{"v11 1", "v9 1", "v10 1", "v12 1*"}, []string{"v9", "v10", "v11", "v12"}},
	} {
		var list strings.Builder
		for _, one := range tt.seen {
			id, day, _ := strings.Cut(one, " ")
			day, isDefault := strings.CutSuffix(day, "*")
			list.WriteString(strings.NewReplacer("%ID", id, "%DEFAULT", map[bool]string{true: "true", false: "false"}[isDefault], "%DAY", day).Replace(version))
		}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/xml")
			_, _ = w.Write([]byte("<ListPolicyVersionsResponse><ListPolicyVersionsResult><Versions>" + list.String() +
				"</Versions><IsTruncated>false</IsTruncated></ListPolicyVersionsResult></ListPolicyVersionsResponse>"))
		}))
		x := &executor{client: &client{iam: iam.New(iam.Options{
			Region: "eu-west-3", BaseEndpoint: aws.String(server.URL), Credentials: credentials.NewStaticCredentialsProvider("AKIATEST", "secret", ""),
		})}}
		versions, err := policyVersions(context.Background(), x, "arn:aws:iam::111122223333:policy/P")
		server.Close()
		var got []string
		for _, v := range versions {
			got = append(got, aws.ToString(v.VersionId))
		}
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, %v; want %v", name, got, err, tt.want)
		}
	}
}

func TestOwnerOf(t *testing.T) {
	t.Parallel()
	facts := Facts{Account: "111122223333", Region: "eu-west-3", Cluster: "prod"}
	named := spec.File{Cluster: spec.Cluster{Name: "prod", Issuer: "https://kube.example.com/oidc"}}
	if got := ownerFor(Release{File: &named, Namespace: "apps", Name: "web"}, facts); got != webOwner {
		t.Errorf("of a cluster with a name: %+v", got)
	}
	facts.Cluster = ""
	issuerOnly := spec.File{Cluster: spec.Cluster{Issuer: "https://kube.example.com/oidc"}}
	want := Owner{Cluster: "kube.example.com/oidc", Namespace: "apps", Release: "web", Scope: "111122223333"}
	if got := ownerFor(Release{File: &issuerOnly, Namespace: "apps", Name: "web"}, facts); got != want {
		t.Errorf("of a cluster that its issuer names: %+v", got)
	}
	for _, o := range []Owner{webOwner, webOwner.nameless(), want} {
		got, ok := ownerOf(o.Tags())
		if !ok || got != o {
			t.Errorf("the tags of %+v are those of %+v, %v", o, got, ok)
		}
		shared := sharers(map[string]string{sharedKey(o): sharedValue(o), "other": "x y z w"})
		if len(shared) != 1 || shared[0] != o {
			t.Errorf("%+v shares as %+v", o, shared)
		}
	}
}
