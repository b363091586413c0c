package awsstate_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

func read(t *testing.T, name string, text []byte) *awsstate.State {
	t.Helper()
	s, err := awsstate.Read(name, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// plain has the texts of documents in place of what was made of them.
func plain(s *awsstate.State) any {
	type named struct{ name, text string }
	out := []any{s.Account, s.Region, s.Cluster, s.Providers, s.Associations, s.Roles.Read, s.Policies.Read}
	text := func(d *trust.Document) string {
		if d == nil {
			return "none"
		}
		return trust.Canonical(*d)
	}
	for _, r := range s.Roles.List {
		out = append(out, text(r.Trust), r.Inline.Read)
		for _, d := range r.Inline.List {
			out = append(out, named{d.Name, text(&d.Document)})
		}
		r.Trust, r.Inline.List = nil, nil
		out = append(out, r)
	}
	for _, p := range s.Policies.List {
		out = append(out, text(p.Document))
		p.Document = nil
		out = append(out, p)
	}
	return out
}

// TestRoundTrip: what is written is what was read, of every snapshot of verify's cases.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../testdata/golden/verify/*/snapshot.*")
	if err != nil || len(files) < 100 {
		t.Fatalf("%d snapshots, %v", len(files), err)
	}
	walked := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s, err := awsstate.Read(file, bytes.NewReader(data))
		if err != nil {
			continue // the case is about that
		}
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if again := read(t, file, text); !reflect.DeepEqual(plain(s), plain(again)) {
			t.Errorf("%s:\n%+v\nis read back as\n%+v", file, plain(s), plain(again))
		}
		walked++
	}
	if walked < 100 {
		t.Errorf("only %d snapshots could be read", walked)
	}
}

// TestWhole reads and writes a snapshot with every key.
func TestWhole(t *testing.T) {
	t.Parallel()
	const doc = `{"Statement":[],"Version":"2012-10-17"}` // as objects are read: their keys in order
	const whole = `{"account":"111122223333","region":"eu-west-3",
"cluster":{"name":"prod","issuer":"https://i.example","version":"1.31","certificateAuthority":"Y2E="},
"RoleDetailList":[
 {"RoleName":"others","Arn":"arn:aws:iam::111122223333:role/others"},
 {"Path":"/a/","RoleName":"r","RoleId":"AROA","Arn":"arn:aws:iam::111122223333:role/a/r","CreateDate":"2026-01-01T00:00:00+00:00","MaxSessionDuration":3600,
  "AssumeRolePolicyDocument":` + doc + `,"InstanceProfileList":[{"InstanceProfileName":"nodes"}],"RolePolicyList":[{"PolicyName":"p","PolicyDocument":` + doc + `}],
  "AttachedManagedPolicies":[{"PolicyName":"P","PolicyArn":"arn:aws:iam::aws:policy/P"}],
  "PermissionsBoundary":{"PermissionsBoundaryType":"PermissionsBoundaryPolicy","PermissionsBoundaryArn":"arn:aws:iam::aws:policy/B"},
  "Tags":[{"Key":"a","Value":"b"}],"RoleLastUsed":{"LastUsedDate":"2026-02-01T00:00:00+00:00","Region":"eu-west-3"}}],
"Policies":[{"PolicyName":"P","PolicyId":"ANPA","Arn":"arn:aws:iam::aws:policy/P","Path":"/","Description":"words","DefaultVersionId":"v2",
  "PolicyVersionList":[{"Document":` + doc + `,"VersionId":"v2","IsDefaultVersion":true,"CreateDate":"2026-01-01T00:00:00+00:00"}],"Tags":[]}],
"OpenIDConnectProviders":[{"Arn":"arn:aws:iam::111122223333:oidc-provider/i.example","Url":"i.example","ClientIDList":["sts.amazonaws.com"],"ThumbprintList":[],"CreateDate":"2026-01-01T00:00:00+00:00","Tags":[{"Key":"a","Value":"b"}]}],
"podIdentityAssociations":[{"clusterName":"prod","namespace":"n","serviceAccount":"s","roleArn":"arn:aws:iam::111122223333:role/a/r","targetRoleArn":"arn:aws:iam::444455556666:role/t","externalId":"e",
  "disableSessionTags":true,"policy":"{}","associationArn":"arn:aws:eks:eu-west-3:111122223333:podidentityassociation/prod/a-1","associationId":"a-1","ownerArn":"arn:aws:eks:eu-west-3:111122223333:addon/x",
  "tags":{"a":"b"},"createdAt":"2026-01-01T00:00:00+00:00","modifiedAt":"2026-01-02T00:00:00+00:00"}]}`
	text, err := json.Marshal(read(t, "whole", []byte(whole)))
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.ReplaceAll(whole, "\n", ""); compactOf(t, text) != compactOf(t, []byte(want)) {
		t.Errorf("it is\n%s\nwant\n%s", compactOf(t, text), compactOf(t, []byte(want)))
	}
	empty, err := json.Marshal(&awsstate.State{})
	if err != nil || string(empty) != `{"account":"","region":"","cluster":{}}` {
		t.Errorf("nothing that was read is %s, %v", empty, err)
	}
	s := &awsstate.State{}
	s.Roles.Read = true
	if none, err := json.Marshal(s); err != nil || !strings.Contains(string(none), `"RoleDetailList":[]`) {
		t.Errorf("no role is %s, %v", none, err)
	}
}

func compactOf(t *testing.T, text []byte) string {
	t.Helper()
	var out bytes.Buffer
	if err := json.Compact(&out, text); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
