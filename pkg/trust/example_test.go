package trust_test

import (
	"fmt"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// A release puts its statements into the trust policy of a role.
func ExampleMerge() {
	const url = "https://oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"
	statements, err := trust.Trust{
		Issuers:  []trust.Issuer{{URL: url, ProviderARN: trust.ProviderARN("aws", "111122223333", url)}},
		Audience: "sts.amazonaws.com",
		Subjects: []string{"system:serviceaccount:epinio:epinio-server"},
	}.Statements()
	if err != nil {
		fmt.Println(err)
		return
	}
	owner := trust.Owner{Cluster: "prod_cluster", Namespace: "epinio", Release: "epinio"}
	doc, err := trust.Merge(trust.Document{}, owner, statements)
	fmt.Println(doc.Statements()[0].Sid(), trust.Size(doc), err)
	// Output: HelmIrsa760fbde53724N1 437 <nil>
}

// A token of another namespace is held against the policy.
func ExampleEvaluate() {
	doc, err := trust.Parse(`{"Version": "2012-10-17", "Statement": [{
		"Effect": "Allow",
		"Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/issuer.example.com"},
		"Action": "sts:AssumeRoleWithWebIdentity",
		"Condition": {"StringEquals": {"issuer.example.com:sub": "system:serviceaccount:ns1:app"}}}]}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	decision := trust.Evaluate(doc, trust.WebIdentity(trust.Token{
		Issuer:      "https://issuer.example.com",
		ProviderARN: "arn:aws:iam::111122223333:oidc-provider/issuer.example.com",
		Subject:     "system:serviceaccount:ns2:app",
		Audiences:   []string{"sts.amazonaws.com"},
	}))
	fmt.Println(decision.Verdict)
	fmt.Println(strings.Join(decision.Explain(), "\n"))
	// Output:
	// implicitDeny
	// refused: no statement allows it; closest is statement 1
	//   Condition StringEquals issuer.example.com:sub: wants "system:serviceaccount:ns1:app"; has "system:serviceaccount:ns2:app"; does not match
}
