package catalog

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

const head = "apiVersion: helm-irsa.dev/v1alpha1\nkind: ReleaseIdentity\ncluster: {name: prod, region: eu-west-3}\n"

func parse(t *testing.T, text string) *spec.File {
	t.Helper()
	f, err := spec.Parse("irsa.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestExpand(t *testing.T) {
	t.Parallel()
	f := parse(t, head+`serviceAccounts:
- name: external-dns
  role:
    policyARNs: [arn:aws:iam::aws:policy/AmazonEBSCSIDriverPolicyV2]
    inlinePolicies: {mine: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:ListAllMyBuckets", Resource: "*"}]}}
    wellKnownPolicies:
    - externalDNS: {hostedZoneIDs: Z0123456789}
    - certManager
    - efsCSIController: {features: [s3Files]}
    - ebsCSIDriver
- name: other
`)
	got, faults := Expand(f, Target{})
	if faults != nil {
		t.Fatal(faults)
	}
	role := got.ServiceAccounts[0].Role
	if names := sortedKeys(role.InlinePolicies); !slices.Equal(names, []string{"certManager", "externalDNS", "mine"}) {
		t.Errorf("%v", names)
	}
	if text := string(role.InlinePolicies["externalDNS"].JSON()); !strings.Contains(text, "hostedzone/Z0123456789") || strings.Contains(text, "hostedzone/*") {
		t.Error(text)
	}
	if want := []string{"arn:aws:iam::aws:policy/AmazonEBSCSIDriverPolicyV2", "arn:aws:iam::aws:policy/service-role/AmazonEFSCSIDriverPolicy", "arn:aws:iam::aws:policy/service-role/AmazonS3FilesCSIDriverPolicy", "arn:aws:iam::aws:policy/AmazonS3FilesClientFullAccess"}; !slices.Equal(role.PolicyARNs, want) {
		t.Errorf("%v, want %v", role.PolicyARNs, want)
	}
	if file, line, _ := role.InlinePolicies["certManager"].Position(1); file != "the catalogue's certManager" || line != 1 {
		t.Errorf("the document is of %s:%d", file, line)
	}
	if before := f.ServiceAccounts[0].Role; len(before.InlinePolicies) != 1 || len(before.PolicyARNs) != 1 || len(role.WellKnownPolicies) != 4 {
		t.Errorf("what was given is changed: %+v", before)
	}
	if got.ServiceAccounts[1].Role.InlinePolicies != nil {
		t.Error("a service account without entries gets something")
	}
}

// TestExpandTarget: what irsa.yaml does not say of the cluster is taken from elsewhere, and
// never more.
func TestExpandTarget(t *testing.T) {
	t.Parallel()
	elsewhere := Target{Partition: "aws-cn", Region: "cn-north-1", AccountID: "444455556666", ClusterName: "other"}
	for text, want := range map[string]Target{
		"":                                   elsewhere,
		"cluster: {region: us-gov-west-1}\n": {Partition: "aws-us-gov", Region: "us-gov-west-1", AccountID: "444455556666", ClusterName: "other"},
		`cluster: {name: prod, accountID: "111122223333"}` + "\n": {Partition: "aws-cn", Region: "cn-north-1", AccountID: "111122223333", ClusterName: "prod"},
	} {
		f := parse(t, "apiVersion: helm-irsa.dev/v1alpha1\nkind: ReleaseIdentity\n"+text)
		if got := targetOf(f, elsewhere); got != want {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
	}
}

// TestExpandNowhere: where no region is known, what needs one is left out, and all else is not;
// what is wrong with a parameter is a fault still.
func TestExpandNowhere(t *testing.T) {
	t.Parallel()
	f := parse(t, "apiVersion: helm-irsa.dev/v1alpha1\nkind: ReleaseIdentity\nserviceAccounts:\n- name: a\n  role:\n    wellKnownPolicies: [certManager, cniMetricsHelper, ebsCSIController]\n")
	got, faults := Expand(f, Target{})
	if role := got.ServiceAccounts[0].Role; faults != nil || !slices.Equal(sortedKeys(role.InlinePolicies), []string{"cniMetricsHelper"}) || role.PolicyARNs != nil {
		t.Errorf("%v, %v, %v", faults, sortedKeys(role.InlinePolicies), role.PolicyARNs)
	}
	f = parse(t, "apiVersion: helm-irsa.dev/v1alpha1\nkind: ReleaseIdentity\ncluster: {name: prod}\nserviceAccounts:\n- name: a\n  role:\n    wellKnownPolicies: [{karpenter: {nodeRoles: \"arn:aws:iam::111122223333:role/n\"}}]\n")
	if _, faults := Expand(f, Target{Partition: "aws"}); len(faults) != 1 || !strings.Contains(faults[0].Message, "the cluster's region") {
		t.Errorf("where something is known: %v", faults)
	}
	f = parse(t, "apiVersion: helm-irsa.dev/v1alpha1\nkind: ReleaseIdentity\nserviceAccounts:\n- name: a\n  role:\n    wellKnownPolicies: [autoScaler, {velero: {buckets: A}}]\n")
	if _, faults := Expand(f, Target{}); len(faults) != 2 || !strings.Contains(faults[0].Message, "the cluster's name") || faults[1].Message != `"A" is not a bucket` {
		t.Errorf("%v", faults)
	}
}

// TestExpandFaults: every fault has its place, and none hides another.
func TestExpandFaults(t *testing.T) {
	t.Parallel()
	f := parse(t, head+`serviceAccounts:
- name: a
  role:
    inlinePolicies: {Velero: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:ListAllMyBuckets", Resource: "*"}]}}
    wellKnownPolicies:
    - externaDNS
    - externalDNS: {hostedZoneIDs: [Z1A, example.org, Z1A], features: [cloudMap, clodMap]}
    - externalDNS: {hostedZoneIDs: [Z2B]}
    - velero: {buckets: backups, bucket: x}
    - vault: {keys: ["arn:aws-cn:kms:cn-north-1:111122223333:key/1"]}
    - karpenter
    - velero: {buckets: [x-1, x-2]}
- name: b
  role:
    inlinePolicies: {Velero: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:ListAllMyBuckets", Resource: "*"}]}}
    wellKnownPolicies:
    - velero: {buckets: backups}
    - ebsCSIController: {features: [clusterScoped]}
`)
	_, faults := Expand(f, Target{})
	var got []string
	for _, fault := range faults {
		got = append(got, fault.String())
	}
	want := []string{
		`9:7: serviceAccounts[0].role.wellKnownPolicies[0]: the catalogue has no entry "externaDNS"; did you mean "externalDNS"?`,
		`10:55: serviceAccounts[0].role.wellKnownPolicies[1].externalDNS.hostedZoneIDs[2]: "Z1A" is listed twice; drop one`,
		`10:42: serviceAccounts[0].role.wellKnownPolicies[1].externalDNS.hostedZoneIDs[1]: "example.org" is not a hosted zone; write the zone's ID, such as Z0123456789`,
		`10:82: serviceAccounts[0].role.wellKnownPolicies[1].externalDNS.features[1]: unknown feature "clodMap"; did you mean "cloudMap"?`,
		`11:7: serviceAccounts[0].role.wellKnownPolicies[2]: externalDNS is listed twice, first on line 10; write its parameters once`,
		`12:34: serviceAccounts[0].role.wellKnownPolicies[3].velero.bucket: unknown parameter; did you mean "buckets"?`,
		`13:22: serviceAccounts[0].role.wellKnownPolicies[4].vault.keys[0]: "arn:aws-cn:kms:cn-north-1:111122223333:key/1" is of partition aws-cn, and the cluster is in aws; write arn:aws:…`,
		`14:7: serviceAccounts[0].role.wellKnownPolicies[5]: the parameter nodeRoles is missing (The roles that the nodes get); add karpenter: {nodeRoles: [arn:aws:iam::111122223333:role/KarpenterNodeRole-my-cluster]}`,
		`15:7: serviceAccounts[0].role.wellKnownPolicies[6]: velero is listed twice, first on line 12; write its parameters once`,
		`20:7: serviceAccounts[1].role.wellKnownPolicies[0]: inlinePolicies has Velero too, the name of what this entry adds; give that policy another name`,
		`21:37: serviceAccounts[1].role.wellKnownPolicies[1].ebsCSIController.features[0]: the feature clusterScoped does not work in mode irsa; write mode: podIdentity or both`,
	}
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("fault %d:\ngot  %s\nwant %s", i, fmt.Sprint(strings.Join(got[min(i, len(got)):], "\n     ")), strings.Join(want[min(i, len(want)):], "\n     "))
		}
	}
}
