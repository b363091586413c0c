package localaws

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// What one server wrote, another one goes on with.
func TestStateFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "state.json")
	one := start(t, Options{StateFile: file, Seed: 1})
	c := one.clients("AKIATEST")
	arn, err := c.createRole(t, "server", trustingAWS("111122223333", ""))
	want(t, "creating", err, "")
	_, err = c.iam.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: ptr("server"), PolicyName: ptr("in"), PolicyDocument: ptr(readBucket)})
	want(t, "putting", err, "")
	session, err := c.sts.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: &arn, RoleSessionName: ptr("session")})
	want(t, "assuming", err, "")

	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{*session.Credentials.SecretAccessKey, *session.Credentials.SessionToken} {
		if strings.Contains(string(text), secret) {
			t.Error("the file has a secret in it")
		}
	}
	if _, err := New(Options{StateFile: file}); err == nil || !strings.Contains(err.Error(), file+": another local-aws is using it") {
		t.Errorf("two servers write one file: %v", err)
	}
	if err := one.Close(); err != nil {
		t.Fatal(err)
	}
	two := start(t, Options{StateFile: file, Seed: 1})
	c = two.clients(*session.Credentials.AccessKeyId)
	got, err := c.iam.GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{RoleName: ptr("server"), PolicyName: ptr("in")})
	if err != nil || *got.PolicyDocument != encoded(readBucket) {
		t.Errorf("got %v, %v", got, err)
	}
	out, err := c.iam.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: ptr("second"), AssumeRolePolicyDocument: ptr(trustEC2)})
	if err != nil {
		t.Fatal(err)
	}
	first, err := c.iam.GetRole(t.Context(), &iam.GetRoleInput{RoleName: ptr("server")})
	if err != nil || *first.Role.RoleId == *out.Role.RoleId {
		t.Errorf("an ID came twice: %s (%v)", *out.Role.RoleId, err)
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "state.json")
	if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{StateFile: file}); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("got %v", err)
	}
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Load(file + ".none"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if err := s.Save(filepath.Join(file, "below")); err == nil {
		t.Error("saved below a file")
	}
}

// The same calls with the same seed and clock make the same AWS accounts.
func TestSameSeedSameState(t *testing.T) {
	t.Parallel()
	made := func(seed uint64) string {
		s := start(t, Options{Seed: seed, Clock: newClock().now})
		c := s.clients("AKIATEST")
		for i := range 3 {
			_, err := c.createRole(t, fmt.Sprintf("r%d", i), trustEC2)
			want(t, "creating", err, "")
		}
		file := filepath.Join(t.TempDir(), "state.json")
		if err := s.Save(file); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	one := made(1)
	if one != made(1) {
		t.Error("the same seed made something else")
	}
	if one == made(2) {
		t.Error("another seed made the same")
	}
}

// The log says who did what to what, and nothing that is secret.
func TestLog(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	c := s.clients("AKIATEST")
	_, err := c.createRole(t, "server", trustEC2)
	want(t, "creating", err, "")
	_, err = c.sts.AssumeRoleWithWebIdentity(t.Context(), &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: ptr("arn:aws:iam::111122223333:role/server"), RoleSessionName: ptr("pod"), WebIdentityToken: ptr("secret token"),
	})
	want(t, "assuming", err, "InvalidIdentityToken")
	calls := s.Calls()
	if len(calls) != 2 {
		t.Fatalf("got %d calls", len(calls))
	}
	first := calls[0]
	if first.Number != 1 || first.Service != "iam" || first.Operation != "CreateRole" || first.Account != DefaultAccount ||
		first.Args["RoleName"] != "server" || first.Code != "" || calls[1].Code != "InvalidIdentityToken" {
		t.Errorf("got %+v", calls)
	}
	if text := fmt.Sprint(calls); strings.Contains(text, "token") && strings.Contains(text, "secret") || strings.Contains(text, "2012-10-17") {
		t.Errorf("the log tells too much: %s", text)
	}
	s.ResetCalls()
	if len(s.Calls()) != 0 {
		t.Error("the log is not empty")
	}
}

// Many callers at once lose nothing.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Limits: Limits{Roles: 30}})
	c := s.clients("AKIATEST")
	var wait sync.WaitGroup
	refused := make([]string, 40)
	for i := range refused {
		wait.Go(func() {
			name := fmt.Sprintf("r%d", i)
			_, err := c.iam.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: ptr(trustEC2), Tags: []types.Tag{{Key: ptr("a"), Value: &name}}})
			refused[i] = code(err)
			_, _ = c.iam.ListRoles(t.Context(), nil)
			_, _ = c.iam.GetAccountAuthorizationDetails(t.Context(), nil)
			_, _ = c.iam.TagRole(t.Context(), &iam.TagRoleInput{RoleName: &name, Tags: []types.Tag{{Key: ptr("b"), Value: &name}}})
		})
	}
	wait.Wait()
	if made, over := count(refused, ""), count(refused, "LimitExceeded"); made != 30 || over != 10 {
		t.Errorf("%d made and %d over the quota, want 30 and 10", made, over)
	}
	if n := len(s.Calls()); n != 160 {
		t.Errorf("the log has %d calls, want 160", n)
	}
}
