package localaws

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestStrangers: a page that a browser on this machine shows gets no answer, and AWS's
// SDKs do.
func TestStrangers(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	here := strings.TrimPrefix(s.URL(), "http://")
	_, port, _ := strings.Cut(here, ":")
	const form = "application/x-www-form-urlencoded"
	for what, c := range map[string]struct {
		path, host, kind string
		header           map[string]string
		want             bool
	}{
		"an SDK":            {"/", here, form + "; charset=utf-8", nil, true},
		"localhost":         {"/", "localhost:" + port, form, nil, true},
		"IPv6":              {"/", "[::1]:" + port, form, nil, true},
		"no port":           {"/", "127.0.0.1", form, nil, true},
		"EKS":               {"/clusters/a/pod-identity-associations", here, "application/json", nil, true},
		"rebinding":         {"/", "attacker.example:" + port, form, nil, false},
		"a name like ours":  {"/", "localhost.attacker.example", form, nil, false},
		"an address in it":  {"/", "127.0.0.1.attacker.example:" + port, form, nil, false},
		"another address":   {"/", "192.0.2.1:" + port, form, nil, false},
		"another origin":    {"/", here, form, map[string]string{"Origin": "https://attacker.example"}, false},
		"another port":      {"/", here, form, map[string]string{"Origin": "http://127.0.0.1:1"}, false},
		"no origin to name": {"/", here, form, map[string]string{"Origin": "null"}, false},
		"an empty origin":   {"/", here, form, map[string]string{"Origin": ""}, false},
		"its own":           {"/", here, form, map[string]string{"Origin": "http://" + here}, true},
		"another site":      {"/", here, form, map[string]string{"Sec-Fetch-Site": "cross-site"}, false},
		"another subdomain": {"/", here, form, map[string]string{"Sec-Fetch-Site": "same-site"}, false},
		"typed by hand":     {"/", here, form, map[string]string{"Sec-Fetch-Site": "none"}, true},
		"plain text":        {"/", here, "text/plain", nil, false},
		"plain, in UTF-8":   {"/", here, "Text/Plain;charset=UTF-8", nil, false},
		"odd plain text":    {"/", here, "text/plain; ;=", nil, false},
		"parts":             {"/", here, "multipart/form-data; boundary=x", nil, false},
		"a form to EKS":     {"/clusters/a/pod-identity-associations", here, form, nil, false},
	} {
		r, err := http.NewRequest(http.MethodPost, s.URL()+c.path, strings.NewReader("Action=ListRoles&Version=2010-05-08"))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = c.host
		r.Header.Set("Content-Type", c.kind)
		r.Header.Set("Authorization", signedIAM)
		for name, value := range c.header {
			r.Header[name] = []string{value}
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if refused := strings.HasPrefix(string(text), "local AWS answers programs on this machine alone: "); refused == c.want || refused && answer.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %s: %s", what, answer.Status, text)
		}
	}
	if n := len(s.Calls()); n != 7 {
		t.Errorf("%d calls came in, want 7", n)
	}
}

// TestKeysOfStrangers: what a token names is not fetched, unless the server's owner named it.
func TestKeysOfStrangers(t *testing.T) {
	t.Parallel()
	f := federate(t)
	asked, to := 0, ""
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer other.Close()
	keys := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+to, http.StatusFound)
	}))
	defer keys.Close()
	assume := func() error {
		token, err := f.issuer.ServiceAccount("epinio", "epinio-server", "sts.amazonaws.com", f.clock.at, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.assume(t, "arn:aws:iam::111122223333:role/server", token)
		return err
	}
	f.issuer.URL = other.URL
	want(t, "a host that a token names", assume(), "InvalidIdentityToken")
	f.issuer.URL = testIssuer
	if err := f.AddIssuerURL(testIssuer, keys.URL+"/keys"); err != nil {
		t.Fatal(err)
	}
	want(t, "redirected to another", assume(), "IDPCommunicationError")
	if asked != 0 {
		t.Errorf("it was asked %d times", asked)
	}
}

// TestOddStates: nothing of it is an AWS account with less in it.
func TestOddStates(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	good := filepath.Join(dir, "good.json")
	s := start(t, Options{StateFile: good})
	_, err := s.clients("AKIATEST").createRole(t, "server", trustEC2)
	want(t, "creating", err, "")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(good); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v (%v)", info.Mode(), err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("left behind: %v (%v)", files, err)
	}
	change := func(old, new string) string {
		if !strings.Contains(string(text), old) {
			t.Fatalf("the state has no %s", old)
		}
		return strings.Replace(string(text), old, new, 1)
	}
	for what, c := range map[string]struct{ text, says string }{
		"empty":          {"", "is empty"},
		"null":           {"null", "lacks Accounts"},
		"an object":      {"{}", "lacks Accounts"},
		"a list":         {"[]", "is no state of local AWS"},
		"YAML":           {"Accounts: {}", "is no state of local AWS"},
		"cut off":        {string(text[:len(text)/2]), "is cut off"},
		"twice":          {string(text) + string(text), "something follows it"},
		"later":          {change(`"Version": 1`, `"Version": 2`), "is of version 2; this helm-irsa reads version 1"},
		"unknown field":  {change(`"Serial"`, `"Serail"`), "Serail"},
		"no accounts":    {change(`"Accounts": {`, `"Accounts": null, "Issuers": {}, "Credentials": {}}`), ""},
		"a null account": {`{"Accounts":{"111122223333":null},"Credentials":{},"Issuers":{}}`, `AWS account "111122223333" is not one`},
		"a null role":    {`{"Accounts":{"111122223333":{"ID":"111122223333","Providers":{},"Policies":{},"Roles":{"a":null},"Clusters":{}}},"Credentials":{},"Issuers":{}}`, `role "a" is not one`},
		"no roles":       {`{"Accounts":{"111122223333":{"ID":"111122223333","Providers":{},"Policies":{},"Clusters":{}}},"Credentials":{},"Issuers":{}}`, "it lacks Providers, Policies, Roles or Clusters"},
		"keys elsewhere": {`{"Accounts":{},"Credentials":{},"Issuers":{"https://a.example":{"JWKSURL":"http://169.254.169.254/latest"}}}`, "are not on loopback"},
		"a secret key":   {`{"Accounts":{},"Credentials":{},"Issuers":{"https://a.example":{"Keys":[{"kty":"oct","kid":"a","k":"c2VjcmV0"}]}}}`, "no public key"},
		"half a key":     {`{"Accounts":{},"Credentials":{},"Issuers":{"https://a.example":{"Keys":[{"kty":"RSA","kid":"a","e":"AQAB"}]}}}`, "RSA key"},
		"another's key":  {`{"Accounts":{},"Credentials":{"AKIA":{"Account":"444455556666"}},"Issuers":{}}`, "is of no AWS account"},
	} {
		file := filepath.Join(dir, strings.ReplaceAll(what, " ", "-")+".json")
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := New(Options{StateFile: file})
		if err == nil || !strings.Contains(err.Error(), "loading local AWS from "+file+": ") || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", what, err)
		}
		if now, err := os.ReadFile(file); err != nil || string(now) != c.text {
			t.Errorf("%s: the file was changed", what)
		}
	}
	// A file from before versions is as good as one with it.
	old := filepath.Join(dir, "old.json")
	if err := os.WriteFile(old, []byte(change("  \"Version\": 1,\n", "")), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := New(Options{StateFile: old}); err != nil || s.Close() != nil {
		t.Error(err)
	}
}
