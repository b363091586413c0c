package trust_test

import (
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

func TestEvaluateAccess(t *testing.T) {
	t.Parallel()
	policy := func(statements string) string { return `{"Version":"2012-10-17","Statement":[` + statements + `]}` }
	const (
		read   = `{"Sid":"Read","Effect":"Allow","Action":["s3:Get*","s3:List*"],"Resource":["arn:aws:s3:::data","arn:aws:s3:::data/*"]}`
		secret = `{"Sid":"NoSecrets","Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::data/secret/*"}`
		tls    = `{"Sid":"TLS","Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`
		all    = `{"Effect":"Allow","Action":"*","Resource":"*"}`
		but    = `{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}`
		except = `{"Effect":"Allow","Action":"s3:*","NotResource":"arn:aws:s3:::data/secret/*"}`
		own    = `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::data/${aws:PrincipalTag/team}/*"}`
	)
	for name, tt := range map[string]struct {
		documents        []string
		action, resource string
		context          map[string][]string
		want             trust.Verdict
		sid              string
	}{
		"allowed":                        {[]string{policy(read)}, "s3:GetObject", "arn:aws:s3:::data/a", nil, trust.Allow, "Read"},
		"actions without regard to case": {[]string{policy(read)}, "S3:getobject", "arn:aws:s3:::data/a", nil, trust.Allow, "Read"},
		"resources with regard to it":    {[]string{policy(read)}, "s3:GetObject", "arn:aws:s3:::Data/a", nil, trust.ImplicitDeny, "Read"},
		"other action":                   {[]string{policy(read)}, "s3:PutObject", "arn:aws:s3:::data/a", nil, trust.ImplicitDeny, "Read"},
		"other resource":                 {[]string{policy(read)}, "s3:GetObject", "arn:aws:s3:::other/a", nil, trust.ImplicitDeny, "Read"},
		"deny wins":                      {[]string{policy(read), policy(secret)}, "s3:GetObject", "arn:aws:s3:::data/secret/a", nil, trust.Deny, "NoSecrets"},
		"deny of another":                {[]string{policy(read), policy(secret)}, "s3:GetObject", "arn:aws:s3:::data/a", nil, trust.Allow, "Read"},
		"deny of a part":                 {[]string{policy(read), policy(secret)}, "s3:GetObject", "arn:aws:s3:::data/*", nil, trust.Undecided, "NoSecrets"},
		"all of a pattern":               {[]string{policy(read)}, "s3:Get*", "arn:aws:s3:::data/*", nil, trust.Allow, "Read"},
		"a part of a pattern":            {[]string{policy(read)}, "s3:*", "arn:aws:s3:::data/*", nil, trust.Undecided, "Read"},
		"nothing of a pattern":           {[]string{policy(read)}, "ec2:*", "*", nil, trust.ImplicitDeny, "Read"},
		"condition unknown":              {[]string{policy(all + "," + tls)}, "s3:GetObject", "arn:aws:s3:::data/a", nil, trust.Undecided, "TLS"},
		"condition known":                {[]string{policy(all + "," + tls)}, "s3:GetObject", "arn:aws:s3:::data/a", map[string][]string{"aws:SecureTransport": {"true"}}, trust.Allow, ""},
		"NotAction":                      {[]string{policy(but)}, "s3:GetObject", "*", nil, trust.Allow, ""},
		"NotAction names it":             {[]string{policy(but)}, "iam:PassRole", "*", nil, trust.ImplicitDeny, ""},
		"NotAction names a part":         {[]string{policy(but)}, "*", "*", nil, trust.Undecided, ""},
		"NotResource":                    {[]string{policy(except)}, "s3:GetObject", "arn:aws:s3:::data/a", nil, trust.Allow, ""},
		"NotResource names it":           {[]string{policy(except)}, "s3:GetObject", "arn:aws:s3:::data/secret/a", nil, trust.ImplicitDeny, ""},
		"variable unknown":               {[]string{policy(own)}, "s3:GetObject", "arn:aws:s3:::data/blue/a", nil, trust.Undecided, ""},
		"variable known":                 {[]string{policy(own)}, "s3:GetObject", "arn:aws:s3:::data/blue/a", map[string][]string{"aws:PrincipalTag/team": {"blue"}}, trust.Allow, ""},
		"nothing":                        {nil, "s3:GetObject", "*", nil, trust.ImplicitDeny, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var documents []trust.Document
			for _, text := range tt.documents {
				d, err := trust.ParsePermissions(text)
				if err != nil {
					t.Fatal(err)
				}
				documents = append(documents, d)
			}
			got := trust.EvaluateAccesses(documents, trust.Access{Action: tt.action, Resource: tt.resource, Context: tt.context})
			if got.Verdict != tt.want || got.Sid != tt.sid {
				t.Errorf("%s by %q, want %s by %q: %v", got.Verdict, got.Sid, tt.want, tt.sid, got.Explain())
			}
		})
	}
}

// TestOfPod: which tags the credentials of a pod have
// (https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html).
func TestOfPod(t *testing.T) {
	t.Parallel()
	p := trust.PodIdentity{Namespace: "apps", ServiceAccount: "web", RoleTags: map[string]string{"team": "a", "kubernetes-namespace": "own"}}
	off, unread, irsa := p, p, trust.PodIdentity{NoTags: true, RoleTags: map[string]string{}}
	off.NoTags, unread.RoleTags = true, nil
	for _, c := range []struct {
		tag, value string
		want       map[string]trust.Verdict
	}{
		{"kubernetes-namespace", "apps", map[string]trust.Verdict{"on": trust.Allow, "off": trust.ImplicitDeny, "unread": trust.Allow, "irsa": trust.ImplicitDeny}},
		{"kubernetes-namespace", "own", map[string]trust.Verdict{"on": trust.ImplicitDeny, "off": trust.Allow, "unread": trust.ImplicitDeny, "irsa": trust.ImplicitDeny}},
		{"kubernetes-pod-name", "web-1", map[string]trust.Verdict{"on": trust.Undecided, "off": trust.ImplicitDeny, "unread": trust.Undecided, "irsa": trust.ImplicitDeny}},
		{"eks-cluster-name", "prod", map[string]trust.Verdict{"on": trust.Undecided, "off": trust.ImplicitDeny, "unread": trust.Undecided, "irsa": trust.ImplicitDeny}},
		{"team", "a", map[string]trust.Verdict{"on": trust.Allow, "off": trust.Allow, "unread": trust.Undecided, "irsa": trust.ImplicitDeny}},
	} {
		d, err := trust.ParsePermissions(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/` + c.tag + `":"` + c.value + `"}}}]}`)
		if err != nil {
			t.Fatal(err)
		}
		for name, of := range map[string]trust.PodIdentity{"on": p, "off": off, "unread": unread, "irsa": irsa} {
			if got := trust.EvaluateAccess(d, trust.Access{Action: "s3:GetObject", Resource: "*"}.OfPod(of)).Verdict; got != c.want[name] {
				t.Errorf("%s is %s, %s: %v, want %v", c.tag, c.value, name, got, c.want[name])
			}
		}
	}
}
