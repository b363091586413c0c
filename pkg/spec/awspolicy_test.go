package spec

import (
	"slices"
	"testing"
)

// TestAWSPolicies: a bare name under policyARNs is a policy of AWS, in the partition of the region.
func TestAWSPolicies(t *testing.T) {
	t.Parallel()
	for region, partition := range map[string]string{"eu-west-3": "aws", "": "aws", "cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov"} {
		cluster := ""
		if region != "" {
			cluster = "cluster: {name: c, region: " + region + "}\n"
		}
		f, err := Parse("irsa.yaml", []byte("apiVersion: helm-irsa.dev/v1alpha1\nkind: ReleaseIdentity\n"+cluster+
			"nodeRole: {name: n, policyARNs: [AmazonSSMManagedInstanceCore]}\n"+
			"serviceAccounts:\n- {name: a, role: {policyARNs: [AmazonS3ReadOnlyAccess, AmazonEBSCSIDriverPolicy, job-function/ViewOnlyAccess]}}\n"))
		if err != nil {
			t.Fatal(err)
		}
		aws := "arn:" + partition + ":iam::aws:policy/"
		if got, want := f.ServiceAccounts[0].Role.PolicyARNs, []string{aws + "AmazonS3ReadOnlyAccess", aws + "service-role/AmazonEBSCSIDriverPolicy", aws + "job-function/ViewOnlyAccess"}; !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", region, got, want)
		}
		if got := f.NodeRole.PolicyARNs; !slices.Equal(got, []string{aws + "AmazonSSMManagedInstanceCore"}) {
			t.Errorf("%s: %q", region, got)
		}
	}
}
