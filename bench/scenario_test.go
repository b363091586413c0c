package main

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
)

const (
	testProvider = "arn:aws:iam::123456789012:oidc-provider/i/id/E"
	testSubject  = "system:serviceaccount:epinio:epinio-server"
	goodTrust    = `{"Statement":[{"Effect":"Allow","Principal":{"Federated":"` + testProvider + `"},"Action":"sts:AssumeRoleWithWebIdentity",` +
		`"Condition":{"StringEquals":{"i/id/E:aud":"sts.amazonaws.com","i/id/E:sub":["` + testSubject + `"]}}}]}`
)

func TestTrusts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		old, new string
		want     string
	}{
		"right":              {},
		"a list of one":      {`"` + testProvider + `"`, `["` + testProvider + `"]`, ""},
		"no JSON":            {"{", "", "reading its trust"},
		"two statements":     {`[{"Effect"`, `[{},{"Effect"`, "2 statements"},
		"a deny":             {"Allow", "Deny", "does not let in"},
		"another provider":   {"123456789012", "999999999999", "does not let in"},
		"another action":     {"WithWebIdentity", "", "does not let in"},
		"any subject":        {`"i/id/E:sub"`, `"i/id/E:x"`, "does not let in"},
		"another subject":    {"epinio-server", "epinio-staging", "does not let in"},
		"two subjects":       {`["` + testSubject, `["x","` + testSubject, "does not let in"},
		"a looser operator":  {"StringEquals", "StringLike", "does not let in"},
		"no audience":        {`"i/id/E:aud":"sts.amazonaws.com",`, "", "does not let in"},
		"another who may":    {`"Principal":{`, `"Principal":{"AWS":"*",`, "does not let in"},
		"a number":           {`"` + testProvider + `"`, `3`, "reading its trust"},
		"a second condition": {`"Condition":{`, `"Condition":{"Bool":{"a":"true"},`, "does not let in"},
	} {
		err := trusts(strings.Replace(goodTrust, c.old, c.new, 1), testProvider, testSubject)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// TestCheckScenario makes what the scenario makes call by call, and the check fails until the last.
func TestCheckScenario(t *testing.T) {
	t.Parallel()
	s, err := startAWS(0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	trust := func(account string) string {
		oidc := strings.TrimPrefix(benchIssuer, "https://")
		text := strings.ReplaceAll(goodTrust, "i/id/E", oidc)
		return strings.ReplaceAll(`{"Version":"2012-10-17",`+text[1:], "epinio-server", account)
	}
	const allow = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`
	policy := "arn:aws:iam::" + benchAccount + ":policy/" + scenarioPolicyName
	for _, step := range []struct {
		action string
		args   url.Values
		want   string // what the check says before it
	}{
		{"CreateOpenIDConnectProvider", url.Values{"Url": {benchIssuer}, "ClientIDList.member.1": {"sts.amazonaws.com"}}, "want one"},
		{"CreatePolicy", url.Values{"PolicyName": {scenarioPolicyName}, "PolicyDocument": {allow}}, "epinio-server-role"},
		{"CreateRole", url.Values{"RoleName": {"epinio-server-role"}, "AssumeRolePolicyDocument": {trust("epinio-server")}}, "NoSuchEntity"},
		{"AttachRolePolicy", url.Values{"RoleName": {"epinio-server-role"}, "PolicyArn": {policy}}, "it has policies"},
		{"CreateRole", url.Values{"RoleName": {"epinio-staging-role"}, "AssumeRolePolicyDocument": {trust("epinio-server")}}, "epinio-staging-role"},
		{"AttachRolePolicy", url.Values{"RoleName": {"epinio-staging-role"}, "PolicyArn": {policy}}, "does not let in"},
		{"UpdateAssumeRolePolicy", url.Values{"RoleName": {"epinio-staging-role"}, "PolicyDocument": {trust("epinio-staging")}}, "does not let in"},
	} {
		if err := checkScenario(s.URL()); err == nil || !strings.Contains(err.Error(), step.want) {
			t.Fatalf("before %s: %v, want %q", step.action, err, step.want)
		}
		if err := askIAM(s.URL(), step.action, step.args, &struct{}{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := checkScenario(s.URL()); err != nil {
		t.Error(err)
	}
}

func TestLocalEndpoint(t *testing.T) {
	t.Parallel()
	e := newLocalEndpoint(0)
	defer e.stop()
	seen := map[string]bool{}
	for range 2 {
		address, err := e.fresh()
		if err != nil {
			t.Fatal(err)
		}
		if err := askIAM(address, "CreateOpenIDConnectProvider", url.Values{"Url": {benchIssuer}, "ClientIDList.member.1": {"a"}}, &struct{}{}); err != nil {
			t.Errorf("it is not a fresh one: %v", err)
		}
		seen[address] = true
	}
	if len(seen) == 0 {
		t.Error("no address")
	}
}

func TestOnlyRead(t *testing.T) {
	t.Parallel()
	s, err := localaws.New(localaws.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := onlyRead(nil); err != nil {
		t.Error(err)
	}
	if err := onlyRead(s); err == nil {
		t.Error("an AWS that was not asked is taken")
	}
	var any struct{}
	if err := askIAM(s.URL(), "ListRoles", nil, &any); err != nil {
		t.Fatal(err)
	}
	if err := onlyRead(s); err != nil {
		t.Error(err)
	}
	_ = askIAM(s.URL(), "DeleteRole", url.Values{"RoleName": {"none"}}, &any) // refused, and a write all the same
	if err := onlyRead(s); err == nil || !strings.Contains(err.Error(), "DeleteRole") {
		t.Errorf("a write is taken: %v", err)
	}
}

// TestBecomes: a shim is seen through, and one that runs the CLI beside itself is not.
func TestBecomes(t *testing.T) {
	t.Parallel()
	curl := lookUp(t, "curl")
	dir := t.TempDir()
	script := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("#!/usr/bin/env bash\n"+text+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		return path
	}
	lookUp(t, "bash")
	got, err := becomes(script("shim", `exec `+curl+` -s -m 30 "$AWS_ENDPOINT_URL" "$@"`))
	if err != nil || len(got) < 2 || got[0] != curl {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := becomes(script("beside", curl+` -s -m 3 "$AWS_ENDPOINT_URL"; true`)); err == nil {
		t.Errorf("%q is taken", got)
	}
	if got, err := becomes(script("silent", "exit 3")); err == nil || !strings.Contains(err.Error(), "made no call") {
		t.Errorf("%q, %v", got, err)
	}
}

func TestWithoutArgs(t *testing.T) {
	t.Parallel()
	if got, err := withoutArgs([]string{"python", "aws", "sts", "x"}, []string{"sts", "x"}); err != nil || strings.Join(got, " ") != "python aws" {
		t.Errorf("%q, %v", got, err)
	}
	for _, line := range [][]string{{"sts", "x"}, {"a", "b", "c"}, nil} {
		if got, err := withoutArgs(line, []string{"sts", "x"}); err == nil {
			t.Errorf("%q gives %q", line, got)
		}
	}
}
