package sizes

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Verify is what `helm irsa verify` reads.
type Verify struct {
	// Manifests and Snapshot are the texts of the two files; IRSA is irsa.yaml, empty
	// where there is none.
	Manifests, Snapshot, IRSA string
}

// VerifyCase makes an input of one shape.
type VerifyCase struct {
	Name string
	Make func(n int) Verify
}

// VerifyCases are the shapes, each of which repeats something else n times.
func VerifyCases() []VerifyCase {
	return []VerifyCase{
		{"a role each", roleEach},
		{"a namespace each", namespaceEach},
		{"one role for all", oneRole},
		{"one role, pattern by pattern", onePatternRole},
		{"every role missing", rolesMissing},
		{"the same fault", sameFault},
		{"a fault each", faultEach},
		{"no annotation", notAnnotated},
		{"none declared", noneDeclared},
		{"trusted only", trustedOnly},
		{"nothing runs as them", idleAccounts},
		{"pods of one workload", podsOfOne},
		{"pods of a workload each", podsOfEach},
		{"managed policies", managedPolicies},
		{"associations", associations},
		{"providers", providers},
		{"network policies", networkPolicies},
		{"events", events},
		{"places that name a role", roleFields},
		{"values that speak of service accounts", valuesOfAccounts},
		{"secrets with keys", secretsWithKeys},
		{"one pod, many containers", manyContainers},
		{"a List", oneList},
		{"irsa.yaml", withIRSA},
		{"irsa.yaml, other workloads", withIRSAElsewhere},
	}
}

// account is AWS as a snapshot has it.
type account struct {
	roles, policies, providers, associations []any
}

type object = map[string]any

func (a account) text() string {
	list := func(l []any) []any { return append([]any{}, l...) }
	providers := a.providers
	if providers == nil {
		providers = []any{oidc(provider, issuer)}
	}
	out, err := json.Marshal(object{
		"account": awsAccount, "region": "eu-west-3",
		"cluster":        object{"name": "prod", "issuer": "https://" + issuer, "version": "1.31"},
		"RoleDetailList": list(a.roles), "Policies": list(a.policies),
		"OpenIDConnectProviders": list(providers), "podIdentityAssociations": list(a.associations),
	})
	if err != nil {
		panic(err) // maps and texts alone: they all have JSON
	}
	return string(out)
}

func oidc(arn, url string, clients ...string) object {
	if clients == nil {
		clients = []string{"sts.amazonaws.com"}
	}
	return object{"Arn": arn, "Url": url, "ClientIDList": clients, "ThumbprintList": []string{}}
}

// role is one with a policy of its own that trusts these subjects.
func role(arn, operator string, subjects ...string) object {
	subjects = append([]string{}, subjects...) // none at all is an empty list in JSON
	return object{
		"Arn": arn, "RoleName": arn[strings.LastIndexByte(arn, '/')+1:], "Path": "/", "MaxSessionDuration": 3600,
		"AttachedManagedPolicies": []any{},
		"RolePolicyList": []any{object{"PolicyName": "own", "PolicyDocument": policy(
			object{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"})}},
		"AssumeRolePolicyDocument": policy(object{
			"Effect": "Allow", "Principal": object{"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity",
			"Condition": object{"StringEquals": object{issuer + ":aud": "sts.amazonaws.com"}, operator: object{issuer + ":sub": subjects, issuer + ":aud": "sts.amazonaws.com"}},
		}),
	}
}

func policy(statement object) object {
	return object{"Version": "2012-10-17", "Statement": []any{statement}}
}

func subject(namespace string, i int) string {
	return fmt.Sprintf("system:serviceaccount:%s:app-%d", namespace, i)
}

// each makes n service accounts, each with a Deployment, and what else add makes of each.
func each(n int, add func(i int, m *builder, aws *account)) Verify {
	var m builder
	var aws account
	for i := range n {
		add(i, &m, &aws)
	}
	return Verify{Manifests: m.String(), Snapshot: aws.text()}
}

func (b *builder) app(namespace string, i int, arn string) {
	name := fmt.Sprintf("app-%d", i)
	b.serviceAccount(namespace, name, arn)
	b.deployment(namespace, name, name)
}

func roleEach(n int) Verify {
	return each(n, func(i int, m *builder, aws *account) {
		m.app("ns1", i, roleARN(i))
		aws.roles = append(aws.roles, role(roleARN(i), "StringEquals", subject("ns1", i)))
	})
}

func namespaceEach(n int) Verify {
	return each(n, func(i int, m *builder, aws *account) {
		ns := fmt.Sprintf("ns%d", i)
		m.addf("---\napiVersion: v1\nkind: Namespace\nmetadata: {name: %s}\n", ns)
		m.app(ns, i, roleARN(i))
		aws.roles = append(aws.roles, role(roleARN(i), "StringEquals", subject(ns, i)))
	})
}

func oneRole(n int) Verify {
	var subjects []string
	out := each(n, func(i int, m *builder, _ *account) {
		m.app("ns1", i, roleARN(0))
		subjects = append(subjects, subject("ns1", i))
	})
	out.Snapshot = account{roles: []any{role(roleARN(0), "StringEquals", subjects...)}}.text()
	return out
}

func onePatternRole(n int) Verify {
	var subjects []string
	out := each(n, func(i int, m *builder, _ *account) {
		m.app("ns1", i, roleARN(0))
		subjects = append(subjects, subject("ns1", i)+"*")
	})
	out.Snapshot = account{roles: []any{role(roleARN(0), "StringLike", subjects...)}}.text()
	return out
}

func rolesMissing(n int) Verify {
	return each(n, func(i int, m *builder, aws *account) {
		m.app("ns1", i, fmt.Sprintf("arn:aws:iam::%s:role/service-of-%d", awsAccount, i))
		aws.roles = append(aws.roles, role(roleARN(i), "StringEquals", subject("ns2", i)))
	})
}

func sameFault(n int) Verify {
	out := roleEach(n)
	out.Snapshot = strings.Replace(out.Snapshot, `"ClientIDList":["sts.amazonaws.com"]`, `"ClientIDList":["sts.amazonaws.co"]`, 1)
	return out
}

func faultEach(n int) Verify {
	return each(n, func(i int, m *builder, aws *account) {
		m.app("ns1", i, roleARN(i))
		aws.roles = append(aws.roles, role(roleARN(i), "StringEquals", subject("ns2", i)))
	})
}

func notAnnotated(n int) Verify {
	return each(n, func(i int, m *builder, aws *account) {
		m.app("ns1", i, "")
		aws.roles = append(aws.roles, role(roleARN(i), "StringEquals", subject("ns1", i)))
	})
}

func noneDeclared(n int) Verify {
	return each(n, func(i int, m *builder, aws *account) {
		name := fmt.Sprintf("app-%d", i)
		m.deployment("ns1", name, name)
		m.addf("        - {name: AWS_ROLE_ARN, value: %q}\n", roleARN(i))
		m.addf("status: {conditions: [{type: Available, message: \"pods of %s are there\"}]}\n", name)
		aws.roles = append(aws.roles, role(roleARN(i), "StringEquals", subject("ns1", i)))
	})
}

func trustedOnly(n int) Verify {
	return each(n, func(i int, m *builder, aws *account) {
		m.serviceAccount("ns1", fmt.Sprintf("app-%d", i), "")
		aws.roles = append(aws.roles, role(roleARN(i), "StringEquals", subject("ns1", i), subject("ns1", i+1)))
	})
}

// idleAccounts have a role each, and as many pods run as service accounts without one.
func idleAccounts(n int) Verify {
	return each(n, func(i int, m *builder, aws *account) {
		m.serviceAccount("ns1", fmt.Sprintf("app-%d", i), roleARN(i))
		m.deployment("ns1", fmt.Sprintf("web-%d", i), fmt.Sprintf("web-%d", i/2))
		m.deployment("ns1", fmt.Sprintf("job-%d", i), "")
		aws.roles = append(aws.roles, role(roleARN(i), "StringEquals", subject("ns1", i)))
	})
}

const livePod = `---
apiVersion: v1
kind: %[4]s
metadata:
  name: %[1]s
  namespace: ns1
  uid: u-%[1]s
  creationTimestamp: "2026-01-01T00:00:00Z"
  labels: {app: %[2]s, pod-template-hash: abc}
  ownerReferences: [{apiVersion: apps/v1, kind: %[3]s, name: %[2]s, controller: true}]
`

func (b *builder) livePod(name, owner, account string) {
	b.addf(livePod, name, owner, "ReplicaSet", "Pod")
	b.addf("spec:\n  serviceAccountName: %s\n  containers:\n  - name: main\n    image: example/app:1\nstatus: {phase: Running}\n", account)
}

func (b *builder) replicaSet(name, owner, account string) {
	b.addf(livePod, name, owner, "Deployment", "ReplicaSet")
	b.addf("spec:\n  replicas: 1\n  template:\n    spec:\n      serviceAccountName: %s\n      containers:\n      - name: main\n        image: example/app:1\n", account)
}

func podsOfOne(n int) Verify {
	out := each(n, func(i int, m *builder, _ *account) {
		if i == 0 {
			m.app("ns1", 0, roleARN(0))
			m.replicaSet("app-0-abc", "app-0", "app-0")
		}
		m.livePod(fmt.Sprintf("app-0-abc-%d", i), "app-0-abc", "app-0")
	})
	out.Snapshot = account{roles: []any{role(roleARN(0), "StringEquals", subject("ns1", 0))}}.text()
	return out
}

func podsOfEach(n int) Verify {
	return each(n/2, func(i int, m *builder, aws *account) {
		name := fmt.Sprintf("app-%d", i)
		m.app("ns1", i, roleARN(i))
		m.replicaSet(name+"-abc", name, name)
		m.livePod(name+"-abc-x", name+"-abc", name)
		m.livePod(name+"-abc-y", name+"-abc", name)
		aws.roles = append(aws.roles, role(roleARN(i), "StringEquals", subject("ns1", i)))
	})
}

func managedPolicies(n int) Verify {
	return each(n, func(i int, m *builder, aws *account) {
		m.app("ns1", i, roleARN(i))
		arn := fmt.Sprintf("arn:aws:iam::%s:policy/p-%d", awsAccount, i)
		r := role(roleARN(i), "StringEquals", subject("ns1", i))
		r["AttachedManagedPolicies"] = []any{object{"PolicyName": fmt.Sprintf("p-%d", i), "PolicyArn": arn}}
		aws.roles = append(aws.roles, r)
		aws.policies = append(aws.policies, object{"Arn": arn, "PolicyName": fmt.Sprintf("p-%d", i), "DefaultVersionId": "v1",
			"PolicyVersionList": []any{object{"VersionId": "v1", "IsDefaultVersion": true, "Document": policy(object{"Effect": "Allow", "Action": "s3:*", "Resource": "*"})}}})
	})
}

func associations(n int) Verify {
	return each(n, func(i int, m *builder, aws *account) {
		m.app("ns1", i, "")
		r := role(roleARN(i), "StringEquals", subject("ns1", i))
		if i%2 == 0 {
			r["AssumeRolePolicyDocument"] = policy(object{"Effect": "Allow", "Principal": object{"Service": "pods.eks.amazonaws.com"}, "Action": []string{"sts:AssumeRole", "sts:TagSession"}})
		}
		aws.roles = append(aws.roles, r)
		aws.associations = append(aws.associations, object{"namespace": "ns1", "serviceAccount": fmt.Sprintf("app-%d", i), "roleArn": roleARN(i),
			"associationArn": fmt.Sprintf("arn:aws:eks:eu-west-3:%s:podidentityassociation/prod/a-%d", awsAccount, i), "associationId": fmt.Sprintf("a-%d", i)})
	})
}

// providers are as many as service accounts, and none is the cluster's.
func providers(n int) Verify {
	return each(n, func(i int, m *builder, aws *account) {
		m.app("ns1", i, roleARN(i))
		aws.roles = append(aws.roles, role(roleARN(i), "StringEquals", subject("ns1", i)))
		url := fmt.Sprintf("oidc.eks.eu-west-3.amazonaws.com/id/%032X", i)
		aws.providers = append(aws.providers, oidc("arn:aws:iam::"+awsAccount+":oidc-provider/"+url, url))
	})
}

func networkPolicies(n int) Verify {
	return each(n, func(i int, m *builder, aws *account) {
		m.app("ns1", i, roleARN(i))
		aws.roles = append(aws.roles, role(roleARN(i), "StringEquals", subject("ns1", i)))
		m.addf("---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: app-%d, namespace: ns1}\nspec:\n  podSelector: {matchLabels: {app: app-%[1]d}}\n  policyTypes: [Egress]\n  egress: [{ports: [{port: 53}]}]\n", i)
	})
}

func events(n int) Verify {
	return each(n, func(i int, m *builder, aws *account) {
		m.app("ns1", i, roleARN(i))
		aws.roles = append(aws.roles, role(roleARN(i), "StringEquals", subject("ns1", i)))
		m.addf("---\napiVersion: v1\nkind: Event\nmetadata: {name: e-%d, namespace: ns1}\nmessage: 'pods \"app-%[1]d-\" is forbidden: error looking up service account ns1/other-%[1]d: serviceaccount \"other-%[1]d\" not found'\n", i)
	})
}

// roleFields are custom resources that name a role, of no service account and of a pod's.
func roleFields(n int) Verify {
	return each(n, func(i int, m *builder, aws *account) {
		m.app("ns1", i, roleARN(i))
		aws.roles = append(aws.roles, role(roleARN(i), "StringEquals", subject("ns1", i)))
		m.addf("---\napiVersion: example.com/v1\nkind: Store\nmetadata: {name: s-%d, namespace: ns1}\nspec:\n  provider: {roleArn: %q}\n", i, roleARN(i))
		m.addf("---\napiVersion: example.com/v1\nkind: Runner\nmetadata: {name: r-%d, namespace: ns1}\nspec:\n  aws: {roleArn: %q, assumeDuration: {durationSeconds: 7200}}\n  serviceAccountName: app-%[1]d\n", i, roleARN(i+1))
	})
}

func valuesOfAccounts(n int) Verify {
	return each(n, func(i int, m *builder, aws *account) {
		m.app("ns1", i, "")
		aws.roles = append(aws.roles, role(roleARN(i), "StringEquals", subject("ns1", i)))
		m.addf("---\ncomponent%d:\n  serviceAccount:\n    create: true\n    name: app-%[1]d\n    annotations:\n      eks.amazonaws.com/role-arn: %s\n", i, roleARN(i))
	})
}

func secretsWithKeys(n int) Verify {
	return each(n, func(i int, m *builder, aws *account) {
		m.app("ns1", i, roleARN(i))
		m.addf("        envFrom: [{secretRef: {name: keys-%d}}, {configMapRef: {name: settings-%[1]d}}]\n", i)
		m.addf("---\napiVersion: v1\nkind: Secret\nmetadata: {name: keys-%d, namespace: ns1}\ndata: {AWS_ACCESS_KEY_ID: QUJD}\n", i)
		aws.roles = append(aws.roles, role(roleARN(i), "StringEquals", subject("ns1", i)))
	})
}

func manyContainers(n int) Verify {
	var m builder
	m.serviceAccount("ns1", "app-0", roleARN(0))
	m.deployment("ns1", "app-0", "app-0")
	for i := range n {
		m.addf("      - name: c%d\n        image: example/app:1\n        env: [{name: A, value: b}, {name: AWS_STS_REGIONAL_ENDPOINTS, value: legacy}]\n", i)
	}
	return Verify{Manifests: m.String(), Snapshot: account{roles: []any{role(roleARN(0), "StringEquals", subject("ns1", 0))}}.text()}
}

func oneList(n int) Verify {
	out := roleEach(n)
	out.Manifests = inList(out.Manifests)
	return out
}

func (b *builder) irsaHead() {
	b.addf("apiVersion: helm-irsa.dev/v1alpha1\nkind: ReleaseIdentity\ncluster: {name: prod, region: eu-west-3, accountID: %q}\n", awsAccount)
}

func (b *builder) irsaPolicies(n int) {
	b.addf("policies:\n")
	for i := range n {
		b.addf("- name: p-%d\n  document: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: s3:GetObject, Resource: \"arn:aws:s3:::b-%[1]d/*\"}]}\n", i)
	}
}

func withIRSA(n int) Verify {
	out := roleEach(n)
	var f builder
	f.irsaHead()
	f.irsaPolicies(n)
	f.addf("serviceAccounts:\n")
	for i := range n {
		f.addf("- name: app-%d\n  namespace: ns1\n  role: {name: app-%[1]d, policies: [p-%[1]d]}\n  usedBy: [{workload: {kind: Deployment, name: app-%[1]d}}]\n", i)
	}
	out.IRSA = f.String()
	return out
}

// withIRSAElsewhere wants workloads that run as another service account.
func withIRSAElsewhere(n int) Verify {
	out := roleEach(n)
	var f builder
	f.irsaHead()
	f.addf("serviceAccounts:\n")
	for i := range n {
		f.addf("- name: own-%d\n  namespace: ns1\n  role: {name: app-%[1]d}\n  usedBy: [{workload: {kind: Deployment, name: app-%[1]d}}, {workload: {kind: Deployment, name: \"app-%[1]d*x\"}}]\n", i)
	}
	out.IRSA = f.String()
	return out
}

// Fleet is what `helm irsa report` reads of one cluster and one AWS account: releases, and roles
// beside them. Each tenth role is of a service account that is not there, each seventh may do
// everything, and each release has a service account whose role trusts another namespace.
func Fleet(releases, roles int) Verify {
	var m builder
	var aws account
	perRelease := roles / releases
	for r := range releases {
		ns := fmt.Sprintf("team-%d", r)
		m.addf("---\napiVersion: v1\nkind: Namespace\nmetadata: {name: %s, uid: u-%[1]s}\n", ns)
		for i := range perRelease {
			fleetRole(&m, &aws, ns, r, r*perRelease+i, i)
		}
	}
	return Verify{Manifests: inList(m.String()), Snapshot: aws.text()}
}

// fleetRole adds role number n, the i-th of a release, and its service account with a Deployment
// and a pod.
func fleetRole(m *builder, aws *account, ns string, release, n, i int) {
	name, trusted := fmt.Sprintf("app-%d", i), ns
	if i == 1 {
		trusted = "elsewhere"
	}
	r := role(roleARN(n), "StringEquals", subject(trusted, i))
	if n%7 == 0 {
		r["RolePolicyList"] = []any{object{"PolicyName": "all", "PolicyDocument": policy(object{"Effect": "Allow", "Action": "*", "Resource": "*"})}}
	}
	r["Tags"] = []any{object{"Key": "alpha.eksctl.io/cluster-name", "Value": "prod"}}
	r["RoleLastUsed"] = object{"LastUsedDate": "2026-01-02T03:04:05+00:00", "Region": "eu-west-3"}
	aws.roles = append(aws.roles, r)
	if i%10 == 9 {
		return
	}
	m.addf("---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: %s\n  namespace: %s\n  uid: sa-%d\n  annotations:\n    eks.amazonaws.com/role-arn: %s\n    meta.helm.sh/release-name: release-%d\n    meta.helm.sh/release-namespace: %[2]s\n", name, ns, n, roleARN(n), release)
	m.deployment(ns, name, name)
	m.addf("---\napiVersion: v1\nkind: Pod\nmetadata: {name: %s-x, namespace: %s, uid: p-%d, creationTimestamp: \"2026-01-01T00:00:00Z\"}\nspec:\n  serviceAccountName: %[1]s\n  containers:\n  - name: main\n    image: example/app:1\n    env: [{name: AWS_ROLE_ARN, value: %[4]q}, {name: AWS_WEB_IDENTITY_TOKEN_FILE, value: /var/run/secrets/eks.amazonaws.com/serviceaccount/token}]\nstatus: {phase: Running}\n", name, ns, n, roleARN(n))
}
