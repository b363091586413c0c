package localaws

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
)

func TestStart(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"0.0.0.0:0", ":0", "127.0.0.1", "192.0.2.1:80"} {
		s, err := New(Options{Address: address})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Start(); err == nil {
			t.Errorf("listens on %s", address)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	s := start(t, Options{})
	if err := s.Start(); err == nil {
		t.Error("started twice")
	}
	if !strings.HasPrefix(s.URL(), "http://127.0.0.1:") {
		t.Errorf("URL is %s", s.URL())
	}
}

// post gives the status and text of a form's answer, in process.
func post(h http.Handler, form url.Values, authorization string) (int, string) {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(form.Encode()))
	r.Header.Set("Authorization", authorization)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

const signedIAM = "AWS4-HMAC-SHA256 Credential=AKIATEST/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0"

func TestWire(t *testing.T) {
	t.Parallel()
	s, err := New(Options{Clock: newClock().now})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what, action, authorization string
		status                      int
		says                        []string
	}{
		{"no credentials", "ListRoles", "", 403, []string{"<Code>MissingAuthenticationToken</Code>", "<Type>Sender</Type>"}},
		{"no such action", "CreateUser", signedIAM, 400, []string{"<Code>InvalidAction</Code>", "CreateUser"}},
		{"empty list", "ListRoles", signedIAM, 200, []string{
			`<ListRolesResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListRolesResult><Roles></Roles><IsTruncated>false</IsTruncated></ListRolesResult><ResponseMetadata><RequestId>`,
		}},
	} {
		status, text := post(s, url.Values{"Action": {c.action}, "Version": {"2010-05-08"}}, c.authorization)
		if status != c.status {
			t.Errorf("%s: status %d, want %d", c.what, status, c.status)
		}
		for _, part := range c.says {
			if !strings.Contains(text, part) {
				t.Errorf("%s: %q is not in %s", c.what, part, text)
			}
		}
	}
	r := httptest.NewRequest(http.MethodGet, "/clusters/a/b/c/d", nil)
	r.Header.Set("Authorization", signedIAM)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if body, _ := io.ReadAll(w.Body); w.Code != 400 || w.Header().Get("X-Amzn-ErrorType") != "InvalidAction" {
		t.Errorf("unknown path: %d %s", w.Code, body)
	}
}

// The words of IAM's refusals are what its callers search for.
func TestWording(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Limits: Limits{PoliciesPerRole: 1, Roles: 2}})
	c := s.clients("AKIATEST")
	_, err := c.createRole(t, "server", trustEC2)
	want(t, "creating", err, "")
	attach := func(name string) error {
		_, err := c.iam.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: ptr("server"), PolicyArn: ptr("arn:aws:iam::aws:policy/" + name)})
		return err
	}
	want(t, "attaching", attach("AdministratorAccess"), "")
	update := func(document string) error {
		_, err := c.iam.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: ptr("server"), PolicyDocument: &document})
		return err
	}
	for _, x := range []struct {
		err  error
		says string
	}{
		{attach("ReadOnlyAccess"), "LimitExceeded: Cannot exceed quota for PoliciesPerRole: 1"},
		{attach("NoSuchPolicy"), "NoSuchEntity: Policy arn:aws:iam::aws:policy/NoSuchPolicy does not exist or is not attachable."},
		{c.getRole(t, "none"), "NoSuchEntity: The role with name none cannot be found."},
		{update(strings.Replace(trustEC2, `"Action"`, `"Condition":{"StringEquals":{"a:b":"`+strings.Repeat("x", 2048)+`"}},"Action"`, 1)), "LimitExceeded: Cannot exceed quota for ACLSizePerRole: 2048"},
		{update(strings.Replace(trustEC2, `"Service":"ec2.amazonaws.com"`, `"AWS":"arn:aws:iam::111122223333:role/none"`, 1)), `MalformedPolicyDocument: Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:role/none"`},
		{update(strings.Replace(trustEC2, `"Service":"ec2.amazonaws.com"`, `"Service":"ec2"`, 1)), `MalformedPolicyDocument: Invalid principal in policy: "Service":"ec2"`},
		{update(strings.Replace(trustEC2, `"Action"`, `"Resource":"*","Action"`, 1)), "MalformedPolicyDocument: Has prohibited field Resource"},
		{update(strings.Replace(trustEC2, "sts:AssumeRole", "s3:GetObject", 1)), "MalformedPolicyDocument: AssumeRole policy may only specify STS AssumeRole actions."},
		{update("{"), "MalformedPolicyDocument: This policy contains invalid Json"},
	} {
		if x.err == nil || !strings.Contains(x.err.Error(), x.says) {
			t.Errorf("got %v, want %s", x.err, x.says)
		}
	}
}

// FuzzServe: whatever comes in, an answer goes out that is of the service, and it is
// never a failure of the server.
func FuzzServe(f *testing.F) {
	f.Add("CreateRole", "server", trustEC2, "1")
	f.Add("CreatePolicy", "server", readBucket, "x")
	f.Add("PutRolePolicy", "server", `{"Statement":{}}`, "")
	f.Add("ListRoles", "", "", "1001")
	f.Add("AssumeRoleWithWebIdentity", "arn:aws:iam::111122223333:role/a", "a.b.c", "")
	s, err := New(Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, action, name, document, number string) {
		form := url.Values{"Action": {action}, "MaxItems": {number}, "Marker": {number}, "DurationSeconds": {number}, "RoleSessionName": {"pod"}}
		for _, parameter := range []string{"RoleName", "PolicyName", "PolicyArn", "OpenIDConnectProviderArn", "RoleArn", "Url", "Tags.member.1.Key"} {
			form.Set(parameter, name)
		}
		for _, parameter := range []string{"PolicyDocument", "AssumeRolePolicyDocument", "WebIdentityToken", "Description"} {
			form.Set(parameter, document)
		}
		for _, version := range []string{"2010-05-08", "2011-06-15"} {
			form.Set("Version", version)
			status, text := post(s, form, signedIAM)
			if status >= 500 || !strings.Contains(text, "RequestId") {
				t.Errorf("%s: %s", fmt.Sprint(status), text)
			}
		}
	})
}
