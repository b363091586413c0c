package localaws

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/helm-irsa/helm-irsa/internal/localaws/issuer"
)

const testIssuer = "https://oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"

// federation is a cluster's issuer, its provider and a role that trusts epinio/epinio-server.
type federation struct {
	*Server
	clients
	clock  *clock
	issuer *issuer.Issuer
	role   string
}

func federate(t *testing.T) *federation {
	t.Helper()
	f := &federation{clock: newClock()}
	f.Server = start(t, Options{Clock: f.clock.now})
	f.clients = f.Server.clients("AKIATEST")
	var err error
	if f.issuer, err = issuer.New(testIssuer); err != nil {
		t.Fatal(err)
	}
	f.AddIssuerKeys(testIssuer, f.issuer.Keys())
	_, err = f.iam.CreateOpenIDConnectProvider(t.Context(), &iam.CreateOpenIDConnectProviderInput{Url: ptr(testIssuer), ClientIDList: []string{"sts.amazonaws.com"}})
	want(t, "making the provider", err, "")
	f.role, err = f.createRole(t, "server", trusting(testIssuer))
	want(t, "making the role", err, "")
	return f
}

func trusting(issuerURL string) string {
	name := strings.TrimPrefix(issuerURL, "https://")
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/` + name +
		`"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"` + name + `:sub":"system:serviceaccount:epinio:epinio-server","` + name + `:aud":"sts.amazonaws.com"}}}]}`
}

func (f *federation) assume(t *testing.T, role, token string) (*sts.AssumeRoleWithWebIdentityOutput, error) {
	t.Helper()
	return f.sts.AssumeRoleWithWebIdentity(t.Context(), &sts.AssumeRoleWithWebIdentityInput{RoleArn: &role, RoleSessionName: ptr("pod"), WebIdentityToken: &token})
}

func TestWebIdentity(t *testing.T) {
	t.Parallel()
	f := federate(t)
	token, err := f.issuer.ServiceAccount("epinio", "epinio-server", "sts.amazonaws.com", f.clock.at, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	out, err := f.assume(t, f.role, token)
	if err != nil {
		t.Fatal(err)
	}
	for what, pair := range map[string][2]string{
		"subject":  {*out.SubjectFromWebIdentityToken, "system:serviceaccount:epinio:epinio-server"},
		"audience": {*out.Audience, "sts.amazonaws.com"},
		"provider": {*out.Provider, "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"},
		"session":  {*out.AssumedRoleUser.Arn, "arn:aws:sts::111122223333:assumed-role/server/pod"},
		"until":    {out.Credentials.Expiration.String(), f.clock.at.Add(time.Hour).String()},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: got %s, want %s", what, pair[0], pair[1])
		}
	}
	session := f.Server.clients(*out.Credentials.AccessKeyId)
	me, err := session.sts.GetCallerIdentity(t.Context(), nil)
	if err != nil || *me.Arn != *out.AssumedRoleUser.Arn {
		t.Errorf("got %v, %v", me, err)
	}
	f.clock.advance(time.Hour)
	_, err = session.sts.GetCallerIdentity(t.Context(), nil)
	want(t, "after the session", err, "ExpiredToken")
}

func TestWebIdentityRefused(t *testing.T) {
	t.Parallel()
	f := federate(t)
	forger, err := issuer.New(testIssuer)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(i *issuer.Issuer, change map[string]any) string {
		claims := map[string]any{
			"iss": testIssuer, "sub": "system:serviceaccount:epinio:epinio-server", "aud": "sts.amazonaws.com",
			"exp": f.clock.at.Add(time.Hour).Unix(),
		}
		for k, v := range change {
			if claims[k] = v; v == nil {
				delete(claims, k)
			}
		}
		token, err := i.Sign(claims)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	good := sign(f.issuer, nil)
	for what, c := range map[string]struct{ role, token, code, says string }{
		"good":              {f.role, good, "", ""},
		"not a token":       {f.role, "x", "InvalidIdentityToken", "not a valid JWT"},
		"forged":            {f.role, sign(forger, nil), "InvalidIdentityToken", "signature"},
		"cut":               {f.role, good[:len(good)-8], "InvalidIdentityToken", "signature"},
		"expired":           {f.role, sign(f.issuer, map[string]any{"exp": f.clock.at.Unix()}), "ExpiredTokenException", "must be before the expiration"},
		"not yet valid":     {f.role, sign(f.issuer, map[string]any{"nbf": f.clock.at.Unix() + 60}), "InvalidIdentityToken", "not valid before"},
		"without end":       {f.role, sign(f.issuer, map[string]any{"exp": nil}), "InvalidIdentityToken", "exp"},
		"without subject":   {f.role, sign(f.issuer, map[string]any{"sub": nil}), "InvalidIdentityToken", "sub"},
		"other audience":    {f.role, sign(f.issuer, map[string]any{"aud": []string{"vault"}}), "InvalidIdentityToken", "Incorrect token audience"},
		"one of audiences":  {f.role, sign(f.issuer, map[string]any{"aud": []string{"sts.amazonaws.com"}}), "", ""},
		"other subject":     {f.role, sign(f.issuer, map[string]any{"sub": "system:serviceaccount:epinio:default"}), "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"},
		"no provider":       {f.role, sign(f.issuer, map[string]any{"iss": "https://other.example"}), "InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://other.example"},
		"other account":     {"arn:aws:iam::444455556666:role/server", good, "InvalidIdentityToken", "No OpenIDConnect provider"},
		"no role":           {"arn:aws:iam::111122223333:role/none", good, "AccessDenied", "Not authorized"},
		"no role's ARN":     {"server", good, "ValidationError", ""},
		"a policy's ARN":    {"arn:aws:iam::111122223333:policy/server", good, "ValidationError", "is invalid"},
		"other partition":   {"arn:aws-cn:iam::111122223333:role/server", good, "InvalidIdentityToken", "No OpenIDConnect provider"},
		"authorized party":  {f.role, sign(f.issuer, map[string]any{"aud": "x", "azp": "sts.amazonaws.com"}), "", ""},
		"unsigned":          {f.role, strings.Join(strings.Split(good, ".")[:2], ".") + ".", "InvalidIdentityToken", ""},
		"of another header": {f.role, "eyJhbGciOiJub25lIn0." + strings.SplitN(good, ".", 2)[1], "InvalidIdentityToken", "algorithm"},
	} {
		_, err := f.assume(t, c.role, c.token)
		want(t, what, err, c.code)
		if err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want %q in it", what, err, c.says)
		}
		if err != nil && strings.Contains(err.Error(), c.token) && c.token != "x" {
			t.Errorf("%s: the token is in the error", what)
		}
	}
}

// Keys of an issuer on loopback are fetched, whichever way they are found.
func TestFetchedKeys(t *testing.T) {
	t.Parallel()
	f := federate(t)
	f.role = ""
	keys := httptest.NewTLSServer(f.issuer)
	defer keys.Close()
	f.opts.HTTPClient = keys.Client()
	token := func() string {
		text, err := f.issuer.ServiceAccount("epinio", "epinio-server", "sts.amazonaws.com", f.clock.at, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	role := "arn:aws:iam::111122223333:role/server"
	if err := f.AddIssuerURL(testIssuer, keys.URL+"/keys"); err != nil {
		t.Fatal(err)
	}
	_, err := f.assume(t, role, token())
	want(t, "with a key set's URL", err, "")

	f.issuer.URL = keys.URL // an issuer on loopback itself
	_, err = f.iam.CreateOpenIDConnectProvider(t.Context(), &iam.CreateOpenIDConnectProviderInput{Url: &keys.URL, ClientIDList: []string{"sts.amazonaws.com"}})
	want(t, "making the provider", err, "")
	own, err := f.createRole(t, "own", trusting(keys.URL))
	want(t, "making the role", err, "")
	_, err = f.assume(t, own, token())
	want(t, "discovered", err, "")

	if err := f.AddIssuerURL(testIssuer, "https://keys.example/keys"); err == nil {
		t.Error("a key set off loopback is taken")
	}
	keys.Close()
	_, err = f.assume(t, own, token())
	want(t, "out of reach", err, "IDPCommunicationError")
}

// A key set as an API server prints it makes its tokens good, whatever else is in it.
func TestKeySet(t *testing.T) {
	t.Parallel()
	f := federate(t)
	answer := httptest.NewRecorder()
	f.issuer.ServeHTTP(answer, httptest.NewRequest("GET", "/keys", nil))
	f.AddIssuerKeys(testIssuer, jose.JSONWebKeySet{})
	role := "arn:aws:iam::111122223333:role/server"
	token, err := f.issuer.ServiceAccount("epinio", "epinio-server", "sts.amazonaws.com", f.clock.at, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.assume(t, role, token)
	want(t, "without keys", err, "InvalidIdentityToken")
	useless := []string{`{"kty":"EC","kid":"a"}`, `{"kty":"RSA","kid":"a","e":"AQAB"}`, `{"kty":"oct","kid":"a","k":"c2VjcmV0"}`, `{"kty":"new","kid":"a"}`, `{}`, `[]`}
	for _, text := range []string{"", "[]", `{"keys":[]}`, `{"keys":[` + strings.Join(useless, ",") + `]}`} {
		if err := f.AddIssuerKeySet(testIssuer, []byte(text)); err == nil {
			t.Errorf("the key set %q is taken", text)
		}
	}
	for what, text := range map[string]string{
		"with the key set": answer.Body.String(),
		"with others":      strings.Replace(answer.Body.String(), `{"keys":[`, `{"keys":[`+strings.Join(useless, ",")+",", 1),
	} {
		f.AddIssuerKeys(testIssuer, jose.JSONWebKeySet{})
		if err := f.AddIssuerKeySet(testIssuer, []byte(text)); err != nil {
			t.Fatal(err)
		}
		_, err = f.assume(t, role, token)
		want(t, what, err, "")
	}
}

// TestKinds: a cluster may sign with RSA or ECDSA; a key ID is a hint, and none is needed.
func TestKinds(t *testing.T) {
	t.Parallel()
	f := federate(t)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	published := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
		{KeyID: "curve", Key: curve.Public()}, {KeyID: "rsa", Key: rsaKey.Public()},
	}}
	f.AddIssuerKeys(testIssuer, published)
	for what, c := range map[string]struct {
		algorithm  jose.SignatureAlgorithm
		key        any
		code, says string
	}{
		"RSA":             {jose.RS256, jose.JSONWebKey{KeyID: "rsa", Key: rsaKey}, "", ""},
		"ECDSA":           {jose.ES256, jose.JSONWebKey{KeyID: "curve", Key: curve}, "", ""},
		"without ID":      {jose.RS256, rsaKey, "", ""},
		"another's ID":    {jose.RS256, jose.JSONWebKey{KeyID: "curve", Key: rsaKey}, "InvalidIdentityToken", "signature with the keys of " + testIssuer},
		"an unknown ID":   {jose.ES256, jose.JSONWebKey{KeyID: "old", Key: curve}, "InvalidIdentityToken", "signature with the keys of " + testIssuer},
		"other padding":   {jose.PS256, jose.JSONWebKey{KeyID: "rsa", Key: rsaKey}, "InvalidIdentityToken", "algorithm PS256 is not supported"},
		"a shared secret": {jose.HS256, jose.JSONWebKey{KeyID: "rsa", Key: rsaKey.N.Bytes()}, "InvalidIdentityToken", "algorithm HS256 is not supported"},
	} {
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: c.algorithm, Key: c.key}, nil)
		if err != nil {
			t.Fatal(err)
		}
		token, err := jwt.Signed(signer).Claims(jwt.Claims{
			Issuer: testIssuer, Subject: "system:serviceaccount:epinio:epinio-server", Audience: jwt.Audience{"sts.amazonaws.com"},
			Expiry: jwt.NewNumericDate(f.clock.at.Add(time.Hour)),
		}).Serialize()
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.assume(t, f.role, token)
		want(t, what, err, c.code)
		if err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want %q in it", what, err, c.says)
		}
	}
}

// TestKeptKeys: keys are read as they were saved, those of before this as well.
func TestKeptKeys(t *testing.T) {
	t.Parallel()
	f := federate(t)
	file := filepath.Join(t.TempDir(), "state.json")
	if err := f.Save(file); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before := strings.NewReplacer(`"use": "sig",`, "", `"alg": "RS256",`, "").Replace(string(text))
	if before == string(text) {
		t.Fatalf("the state has no key with a use: %s", text)
	}
	token, err := f.issuer.ServiceAccount("epinio", "epinio-server", "sts.amazonaws.com", f.clock.at, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for _, kept := range []string{string(text), before} {
		if err := os.WriteFile(file, []byte(kept), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := f.Load(file); err != nil {
			t.Fatal(err)
		}
		_, err = f.assume(t, f.role, token)
		want(t, "with kept keys", err, "")
	}
}
