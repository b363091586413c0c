package draft

import (
	"errors"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/catalog"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

var paris = catalog.Target{Partition: "aws", Region: "eu-west-3", AccountID: "111122223333", ClusterName: "prod"}

func grant(t *testing.T, text string) Grant {
	t.Helper()
	g, err := ParseGrant(text)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestDocumentsStandForThemselves: what AWS has in a policy is no placeholder of irsa.yaml.
func TestDocumentsStandForThemselves(t *testing.T) {
	t.Parallel()
	d := Draft{Cluster: spec.Cluster{Name: "prod"}, ServiceAccounts: []ServiceAccount{{Name: "web", Role: Role{Name: "web", Inline: map[string][]byte{
		"p": []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:username}/${cluster.name}/*"}]}`),
	}}}}}
	text, err := d.YAML()
	if err != nil {
		t.Fatal(err)
	}
	file, err := spec.Parse("irsa.yaml", text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if got := string(file.ServiceAccounts[0].Role.InlinePolicies["p"].JSON()); !strings.Contains(got, "b/${aws:username}/${cluster.name}/*") {
		t.Errorf("the document became %s", got)
	}
}

// TestYAML: what is written is short, and is what was said.
func TestYAML(t *testing.T) {
	t.Parallel()
	d := &Draft{
		About:   []string{"By hand."},
		Cluster: spec.Cluster{Name: "prod", AccountID: "111122223333"},
		ServiceAccounts: []ServiceAccount{
			{Name: "dns", About: []string{"Deployment dns runs as it."}, Role: Role{Grants: []Grant{grant(t, "dns=externalDNS,hostedZoneIDs=Z1,Z2,recordNames=*.example.org,features=cloudMap"), grant(t, "dns=certManager")}}},
			{Name: "none"},
			{Name: "used", Namespace: "other", Mode: "podIdentity", Role: Role{ARN: "arn:aws:iam::111122223333:role/used"}},
			{Name: "new", Role: Role{Grants: []Grant{grant(t, "new=arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")}}, UsedBy: []Workload{{"Deployment", "web"}}},
			{Name: "taken", Role: Role{Name: "kiam-role", Path: "/", AccountID: "444455556666", Inline: map[string][]byte{"a": []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":["*"]}]}`)}}},
		},
		Migrate: true,
	}
	got, err := d.YAML()
	if err != nil {
		t.Fatal(err)
	}
	want := `# By hand.
apiVersion: helm-irsa.dev/v1alpha1
kind: ReleaseIdentity
cluster: {name: prod, accountID: "111122223333"}
serviceAccounts:
# Deployment dns runs as it.
- name: dns
  role:
    wellKnownPolicies:
    - externalDNS: {hostedZoneIDs: [Z1, Z2], recordNames: ['*.example.org'], features: [cloudMap]}
    - certManager
- name: none
- name: used
  namespace: other
  mode: podIdentity
  role:
    arn: arn:aws:iam::111122223333:role/used
- name: new
  role:
    policyARNs:
    - arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess
  usedBy:
  - workload: {kind: Deployment, name: web}
- name: taken
  role:
    name: kiam-role
    accountID: "444455556666"
    path: /
    inlinePolicies:
      a:
        Version: "2012-10-17"
        Statement:
        - Effect: Allow
          Action: s3:*
          Resource:
          - '*'
migrate: {kiam: true, kube2iam: true}
`
	if string(got) != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	f, err := spec.Parse("irsa.yaml", got)
	if err != nil {
		t.Fatal(err)
	}
	if _, faults := catalog.Expand(f, paris); faults != nil {
		t.Error(faults)
	}
}

// TestGrants: what --grant takes comes out as it went in, and what it refuses is told with what to
// write instead.
func TestGrants(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"dns=externalDNS", "dns=externalDNS,hostedZoneIDs=Z1,hostedZoneIDs=Z2", "velero-server=velero,buckets=backups/prod,features=noSnapshots",
		"web=none", "web=arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", "web=autoScaler",
	} {
		g := grant(t, text)
		if g.String() != text {
			t.Errorf("%s became %s", text, g)
		}
		if err := g.Check(paris, "irsa"); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	for text, want := range map[string]string{
		"dns":                                 "--grant dns: not SERVICEACCOUNT=ENTRY; " + grantForm,
		"=externalDNS":                        "--grant =externalDNS: not SERVICEACCOUNT=ENTRY; " + grantForm,
		"dns=externaDNS":                      `--grant dns=externaDNS: the catalogue has no entry "externaDNS"; did you mean dns=externalDNS?`,
		"dns=quuxquux":                        `--grant dns=quuxquux: the catalogue has no entry "quuxquux"; helm irsa catalog lists them; none is for a role without policies`,
		"dns=externalDNS,Z1":                  `--grant dns=externalDNS,Z1: "Z1" is the value of no parameter; write one of hostedZoneIDs, recordNames, features and = before it`,
		"a=certManager,hostedZoneIDs=Z1,Z1":   `--grant a=certManager,hostedZoneIDs=Z1,Z1: hostedZoneIDs: "Z1" is listed twice; drop one`,
		"a=externalDNS,hostedZoneIDs=example": `--grant a=externalDNS,hostedZoneIDs=example: hostedZoneIDs: "example" is not a hosted zone; write the zone's ID, such as Z0123456789`,
		"a=externalDNS,zones=Z1":              `--grant a=externalDNS,zones=Z1: zones: unknown parameter; known here: hostedZoneIDs, recordNames`,
		"a=velero":                            `--grant a=velero: the parameter buckets is missing (The bucket of the backups, with its prefix where it has one); --grant a=velero,buckets=backups/prod`,
		"a=vault,keys=arn:aws-cn:kms:cn-north-1:111122223333:key/1": `--grant a=vault,keys=arn:aws-cn:kms:cn-north-1:111122223333:key/1: keys: "arn:aws-cn:kms:cn-north-1:111122223333:key/1" is of partition aws-cn, and the cluster is in aws; write arn:aws:…`,
		"a=arn:aws-cn:iam::aws:policy/Read":                         "--grant a=arn:aws-cn:iam::aws:policy/Read: the ARN is of partition aws-cn, and the cluster is in aws; write arn:aws:…",
	} {
		g, err := ParseGrant(text)
		if err == nil {
			err = g.Check(paris, "irsa")
		}
		if got := withHints(err); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", text, got, want)
		}
	}
	if _, err := ParseGrant("a=arn:aws:iam::111122223333:role/x"); err == nil || !strings.Contains(err.Error(), "policy") {
		t.Errorf("the ARN of a role: %v", err)
	}
	if got := withHints(grant(t, "a=autoScaler").Check(catalog.Target{Partition: "aws", Region: "eu-west-3"}, "irsa")); !strings.HasSuffix(got, "; --cluster-name NAME") {
		t.Errorf("without a cluster's name: %s", got)
	}
	if err := grant(t, "a=externalDNS,hostedZoneIDs=Z1").Check(catalog.Target{}, "irsa"); err != nil {
		t.Errorf("without a region: %v", err)
	}
}

func withHints(err error) string {
	if err == nil {
		return ""
	}
	var several interface{ Unwrap() []error }
	all := []error{err}
	if errors.As(err, &several) {
		all = several.Unwrap()
	}
	var out []string
	for _, e := range all {
		var f *Error
		text := e.Error()
		if errors.As(e, &f) && f.Hint() != "" {
			text += "; " + f.Hint()
		}
		out = append(out, text)
	}
	return strings.Join(out, "\n")
}

// TestProposed: what is proposed for an entry is always valid.
func TestProposed(t *testing.T) {
	t.Parallel()
	for _, e := range catalog.Entries() {
		mode := "irsa"
		if len(e.Modes) > 0 {
			mode = e.Modes[0]
		}
		g := Proposed("web", e.Name)
		if err := g.Check(paris, mode); err != nil {
			t.Errorf("%s: %v", g, err)
		}
		if again := grant(t, g.String()); again.String() != g.String() {
			t.Errorf("%s became %s", g, again)
		}
	}
}
