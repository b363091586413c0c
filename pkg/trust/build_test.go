package trust_test

import (
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

func TestBuild(t *testing.T) {
	t.Parallel()
	main := trust.Issuer{URL: issuer, ProviderARN: providerARN}
	s3 := "https://s3.eu-west-1.amazonaws.com/111122223333-g8s-c1-oidc-pod-identity"
	name := "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"
	web := func(operatorBlock string) string {
		return `{"Effect":"Allow","Principal":{"Federated":"` + providerARN + `"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{` + operatorBlock + `}}`
	}
	sync := trust.Also{
		Principals: map[string][]string{"Service": v("s3.amazonaws.com"), "AWS": v(trust.Self, "111122223333")},
		Actions:    v("sts:AssumeRole"),
		Conditions: ` { "Bool": {"k": true} }`,
	}
	exact := web(`"StringEquals":{"` + name + `:aud":"sts.amazonaws.com","` + name + `:sub":"system:serviceaccount:ns:app"}`)
	for name, tt := range map[string]struct {
		trust trust.Trust
		want  []string
	}{
		"exact": {trust.Trust{Issuers: []trust.Issuer{main}, Subjects: v("system:serviceaccount:ns:app")}, v(exact)},
		"several, sorted": {trust.Trust{Issuers: []trust.Issuer{main}, Subjects: v("b", "a", "b")},
			v(web(`"StringEquals":{"` + name + `:aud":"sts.amazonaws.com","` + name + `:sub":["a","b"]}`))},
		"pattern": {trust.Trust{Issuers: []trust.Issuer{main}, Subjects: v("system:serviceaccount:z*:app")},
			v(web(`"StringEquals":{"` + name + `:aud":"sts.amazonaws.com"},"StringLike":{"` + name + `:sub":"system:serviceaccount:z*:app"}`))},
		"mixed": {trust.Trust{Issuers: []trust.Issuer{main}, Subjects: v("b?", "a")},
			v(web(`"StringEquals":{"` + name + `:aud":"sts.amazonaws.com"},"StringLike":{"` + name + `:sub":["a","b?"]}`))},
		"several issuers": {trust.Trust{Issuers: []trust.Issuer{main, {URL: s3, ProviderARN: trust.ProviderARN("aws-cn", "999988887777", s3)}}, Subjects: v("system:serviceaccount:ns:app")},
			v(exact, `{"Effect":"Allow","Principal":{"Federated":"arn:aws-cn:iam::999988887777:oidc-provider/s3.eu-west-1.amazonaws.com/111122223333-g8s-c1-oidc-pod-identity"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"s3.eu-west-1.amazonaws.com/111122223333-g8s-c1-oidc-pod-identity:aud":"sts.amazonaws.com","s3.eu-west-1.amazonaws.com/111122223333-g8s-c1-oidc-pod-identity:sub":"system:serviceaccount:ns:app"}}}`)},
		"pod identity alone": {trust.Trust{Pods: []trust.PodIdentity{association(nil)}},
			v(`{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"],"Condition":{"StringEquals":{"aws:RequestTag/eks-cluster-arn":"` + podCluster + `","aws:RequestTag/kubernetes-namespace":"ns","aws:RequestTag/kubernetes-service-account":"app"}}}`)},
		"also": {trust.Trust{Also: []trust.Also{sync.WithSelf(roleARN)}},
			v(`{"Effect":"Allow","Principal":{"AWS":["111122223333","` + roleARN + `"],"Service":"s3.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"Bool":{"k":true}}}`)},
	} {
		tt.trust.Audience = "sts.amazonaws.com"
		got, err := tt.trust.Statements()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var texts []string
		for _, s := range got {
			texts = append(texts, s.Text())
		}
		if strings.Join(texts, "\n") != strings.Join(tt.want, "\n") {
			t.Errorf("%s:\n%s\nwant\n%s", name, strings.Join(texts, "\n"), strings.Join(tt.want, "\n"))
		}
	}
}

func TestBuildFaults(t *testing.T) {
	t.Parallel()
	also := func(principals map[string][]string, actions []string, conditions string) trust.Trust {
		return trust.Trust{Also: []trust.Also{{Principals: principals, Actions: actions, Conditions: conditions}}}
	}
	service := map[string][]string{"Service": v("s3.amazonaws.com")}
	main := []trust.Issuer{{URL: issuer, ProviderARN: providerARN}}
	for want, in := range map[string]trust.Trust{
		"trust: the issuer is missing":                                                             {Issuers: []trust.Issuer{{ProviderARN: providerARN}}, Audience: "a", Subjects: v("s")},
		"trust of " + issuer + ": the ARN of its OIDC provider is missing":                         {Issuers: []trust.Issuer{{URL: issuer}}, Audience: "a", Subjects: v("s")},
		"trust of " + issuer + ": the audience is missing, such as sts.amazonaws.com":              {Issuers: main, Subjects: v("s")},
		"trust of " + issuer + ": it has no subject, such as system:serviceaccount:NAMESPACE:NAME": {Issuers: main, Audience: "a"},
		"trust of " + issuer + ": a subject is empty":                                              {Issuers: main, Audience: "a", Subjects: v("s", "")},
		"trust: the principal self was not replaced by the role's ARN":                             also(map[string][]string{"AWS": v("self")}, v("sts:AssumeRole"), ""),
		"trust: a further statement needs principals and actions":                                  also(map[string][]string{"AWS": {}}, v("a"), ""),
		"trust: principals has Aws: want AWS, Service or Federated":                                also(map[string][]string{"Aws": v("x")}, v("a"), ""),
		"trust: conditions: line 1, column 2: not JSON: unexpected end of JSON input":              also(service, v("a"), "{"),
		`trust: conditions: line 1, column 9: Bool is 1: want an object such as {"KEY": "VALUE"}`:  also(service, v("a"), `{"Bool":1}`)} {
		_, err := in.Statements()
		if err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	both := trust.Trust{Issuers: []trust.Issuer{{}, {URL: issuer}}}
	if _, err := both.Statements(); err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("not all faults at once: %v", err)
	}
}

func TestAlsoSelf(t *testing.T) {
	t.Parallel()
	a := trust.Also{Principals: map[string][]string{"AWS": v("self"), "Service": v("s3.amazonaws.com", "self")}, Actions: v("sts:AssumeRole")}
	if rest, ok := a.WithoutSelf(); !ok || rest.NamesSelf() || len(rest.Principals) != 1 || len(rest.Principals["Service"]) != 2 {
		t.Errorf("%v %v", rest, ok)
	}
	if !a.NamesSelf() || a.WithSelf(roleARN).NamesSelf() || a.Principals["AWS"][0] != "self" {
		t.Errorf("%v", a)
	}
	a.Principals = map[string][]string{"AWS": v("self")}
	if _, ok := a.WithoutSelf(); ok {
		t.Error("somebody is left")
	}
}
