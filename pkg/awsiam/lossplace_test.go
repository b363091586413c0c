package awsiam

import (
	"slices"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// TestLossNamespaces: pods that lose something are looked for wherever the trust let in.
func TestLossNamespaces(t *testing.T) {
	t.Parallel()
	allow := func(condition string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/i.example.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":` + condition + `}]}`
	}
	for name, c := range map[string]struct {
		trust string
		names []string
		all   bool
	}{
		"exact":           {allow(`{"StringEquals":{"i.example.com:sub":["system:serviceaccount:a:x","system:serviceaccount:b:y"]}}`), []string{"a", "b"}, false},
		"any name":        {allow(`{"StringLike":{"i.example.com:sub":"system:serviceaccount:a:*"}}`), []string{"a"}, false},
		"any namespace":   {allow(`{"StringLike":{"i.example.com:sub":"system:serviceaccount:z*:x"}}`), nil, true},
		"no subject":      {allow(`{"StringEquals":{"i.example.com:aud":"sts.amazonaws.com"}}`), nil, true},
		"somebody else's": {allow(`{"StringEquals":{"i.example.com:sub":"repo:org/x"}}`), nil, false},
		"a service":       {`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`, nil, false},
	} {
		d, err := trust.Parse(c.trust)
		if err != nil {
			t.Fatal(err)
		}
		names, all := Loss{before: d}.Namespaces()
		if !slices.Equal(names, c.names) || all != c.all {
			t.Errorf("%s: %q %v, want %q %v", name, names, all, c.names, c.all)
		}
	}
	if names, all := (Loss{Association: "shop/web"}).Namespaces(); !slices.Equal(names, []string{"shop"}) || all {
		t.Errorf("an association: %q %v", names, all)
	}
}
