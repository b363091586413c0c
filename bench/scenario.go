package main

import (
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"strings"

	"github.com/helm-irsa/helm-irsa/bench/results"
)

const scenarioRounds = 5

const scenarioPolicyName = "EpinioECEKSClusterPolicy"

// scenarioAccounts are the service accounts of the first scenario, and the role of each.
var scenarioAccounts = []struct{ account, role string }{
	{"epinio-server", "epinio-server-role"}, {"epinio-staging", "epinio-staging-role"},
}

const scenarioSpec = `apiVersion: helm-irsa.dev/v1alpha1
kind: ReleaseIdentity
cluster: {name: ` + benchCluster + `, region: ` + benchRegion + `, accountID: "` + benchAccount + `"}
defaults: {path: /}
policies:
- name: ` + scenarioPolicyName + `
  document:
    Version: "2012-10-17"
    Statement:
    - Effect: Allow
      Action: ["s3:ListBucket", "s3:PutObject", "s3:GetObject", "s3:GetBucketLocation", "s3:ListAllMyBuckets", "s3:CreateBucket", "s3:DeleteObject", "sts:AssumeRole"]
      Resource: "*"
serviceAccounts:
- name: epinio-server
  role: {name: epinio-server-role, policies: [` + scenarioPolicyName + `]}
- name: epinio-staging
  role: {name: epinio-staging-role, policies: [` + scenarioPolicyName + `]}
  usedBy: [{preset: epinio-staging}]
`

// scenarioScript does by hand what Epinio's page says
// (https://docs.epinio.io/howtos/operations/aws_iam_integration), and what the page of
// AWS that it leads to says of the provider. $AWS is the AWS CLI, $ACCOUNT the AWS account.
const scenarioScript = `set -eu
cat > policy.json <<'EOF'
{
  "Version": "2012-10-17",
  "Statement": [{
    "Effect": "Allow",
    "Action": ["s3:ListBucket", "s3:PutObject", "s3:GetObject", "s3:GetBucketLocation", "s3:ListAllMyBuckets", "s3:CreateBucket", "s3:DeleteObject", "sts:AssumeRole"],
    "Resource": "*"
  }]
}
EOF
issuer=$($AWS eks describe-cluster --name ` + benchCluster + ` --query cluster.identity.oidc.issuer --output text)
oidc=${issuer#https://}
$AWS iam create-open-id-connect-provider --url "$issuer" --client-id-list sts.amazonaws.com
policy=$($AWS iam create-policy --policy-name ` + scenarioPolicyName + ` --policy-document file://policy.json --query Policy.Arn --output text)
for account in epinio-server epinio-staging; do
  cat > trust.json <<EOF
{
  "Version": "2012-10-17",
  "Statement": [{
    "Effect": "Allow",
    "Principal": {"Federated": "arn:aws:iam::$ACCOUNT:oidc-provider/$oidc"},
    "Action": "sts:AssumeRoleWithWebIdentity",
    "Condition": {"StringEquals": {
      "$oidc:aud": "sts.amazonaws.com",
      "$oidc:sub": "system:serviceaccount:epinio:$account"
    }}
  }]
}
EOF
  $AWS iam create-role --role-name "$account-role" --assume-role-policy-document file://trust.json
  $AWS iam attach-role-policy --role-name "$account-role" --policy-arn "$policy"
done
`

// measureScenario gives the first scenario its roles, in our way and with the AWS CLI,
// on every endpoint that there is.
func measureScenario(t tools, _ streams, tmp string) ([]results.Row, error) {
	cli, err := findAWS()
	if err != nil {
		return []results.Row{skipped("the first scenario", err)}, nil
	}
	dir, err := subfolder(tmp, "scenario")
	if err != nil {
		return nil, err
	}
	var rows []results.Row
	for _, start := range []func(string) (endpoint, error){localEndpoint(0), motoEndpoint, localEndpoint(awsLatency)} {
		e, err := start(dir)
		var missing *exec.Error
		switch {
		case errors.As(err, &missing):
			rows = append(rows, skipped("the first scenario, moto", err))
			continue
		case err != nil:
			return nil, err
		}
		r, err := measureScenarioOn(e, t, cli, dir)
		e.stop()
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, nil
}

func measureScenarioOn(e endpoint, t tools, cli []string, dir string) (results.Row, error) {
	file, err := writeFile(dir, "irsa.yaml", scenarioSpec)
	if err != nil {
		return results.Row{}, err
	}
	script, err := writeFile(dir, "scenario.sh", "cd "+dir+"\n"+scenarioScript)
	if err != nil {
		return results.Row{}, err
	}
	side := func(name, path string, args, env []string) contender {
		return contender{run: func() (outcome, error) {
			address, err := e.fresh()
			if err != nil {
				return outcome{}, err
			}
			o, err := program{path, args, awsEnv(dir, address, env...)}.run(nil, nil)
			if err == nil {
				err = checkScenario(address)
			}
			if err != nil {
				return o, fmt.Errorf("%s, %s: %w", e.name, name, err)
			}
			o.out = 0 // the CLI prints IDs and times, of no fixed length; what was made has been looked at
			return o, nil
		}}
	}
	as, bs, err := inTurn(scenarioRounds,
		side("helm-irsa apply", t.helmIRSA, []string{"apply", "epinio", "-n", "epinio", "--yes", "-f", file}, nil),
		side("the AWS CLI", "/bin/sh", []string{script}, []string{"ACCOUNT=" + benchAccount, "AWS=" + strings.Join(cli, " ")}))
	if err != nil {
		return results.Row{}, err
	}
	target := 50.0
	if e.slow {
		target = 0
	}
	return results.Row{
		Work: "the first scenario, " + e.name, Ours: results.Durations(as), Theirs: "AWS CLI script: " + results.Durations(bs),
		Value: float64(results.Median(bs)) / float64(results.Median(as)), Target: target, Sense: results.AtLeast, Unit: " times faster",
	}, nil
}

// checkScenario asks the endpoint for what both have to have made: the provider with its
// audience, the policy, and both roles with their trust and the policy.
func checkScenario(address string) error {
	var providers struct {
		ARNs []string `xml:"ListOpenIDConnectProvidersResult>OpenIDConnectProviderList>member>Arn"`
	}
	if err := askIAM(address, "ListOpenIDConnectProviders", nil, &providers); err != nil {
		return err
	}
	if len(providers.ARNs) != 1 {
		return fmt.Errorf("there are OIDC providers %q, want one", providers.ARNs)
	}
	var provider struct {
		Audiences []string `xml:"GetOpenIDConnectProviderResult>ClientIDList>member"`
	}
	if err := askIAM(address, "GetOpenIDConnectProvider", url.Values{"OpenIDConnectProviderArn": {providers.ARNs[0]}}, &provider); err != nil {
		return err
	}
	if len(provider.Audiences) != 1 || provider.Audiences[0] != "sts.amazonaws.com" {
		return fmt.Errorf("the OIDC provider has audiences %q", provider.Audiences)
	}
	for _, a := range scenarioAccounts {
		if err := checkRole(address, a.role, providers.ARNs[0], "system:serviceaccount:epinio:"+a.account); err != nil {
			return fmt.Errorf("role %s: %w", a.role, err)
		}
	}
	return nil
}

func checkRole(address, name, provider, subject string) error {
	var role struct {
		Trust string `xml:"GetRoleResult>Role>AssumeRolePolicyDocument"`
	}
	if err := askIAM(address, "GetRole", url.Values{"RoleName": {name}}, &role); err != nil {
		return err
	}
	document, err := url.QueryUnescape(role.Trust)
	if err != nil {
		return err
	}
	if err := trusts(document, provider, subject); err != nil {
		return err
	}
	var attached struct {
		Names []string `xml:"ListAttachedRolePoliciesResult>AttachedPolicies>member>PolicyName"`
	}
	if err := askIAM(address, "ListAttachedRolePolicies", url.Values{"RoleName": {name}}, &attached); err != nil {
		return err
	}
	if len(attached.Names) != 1 || attached.Names[0] != scenarioPolicyName {
		return fmt.Errorf("it has policies %q", attached.Names)
	}
	return nil
}

// skipped is a row that says why there is no figure.
func skipped(work string, why error) results.Row {
	return results.Row{Work: work, Theirs: "not measured: " + why.Error(), Skipped: true}
}
