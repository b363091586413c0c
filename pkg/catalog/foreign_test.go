package catalog

import (
	"regexp"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// TestTerraformSwitches: where somebody pastes a switch of Terraform's modules into irsa.yaml,
// pkg/spec names an entry, which there is.
func TestTerraformSwitches(t *testing.T) {
	t.Parallel()
	named := regexp.MustCompile(`write "role: \{wellKnownPolicies: \[([A-Za-z0-9]+)\]\}"`)
	for _, word := range []string{
		"amazon_managed_service_prometheus", "aws_ebs_csi", "aws_efs_csi", "aws_fsx_lustre_csi", "aws_gateway_controller",
		"aws_lb_controller", "aws_node_termination_handler", "aws_privateca_issuer", "aws_vpc_cni", "cert_manager",
		"cloudwatch_observability", "cluster_autoscaler", "ebs_csi", "efs_csi", "external_dns", "external_secrets",
		"fsx_lustre_csi", "karpenter", "karpenter_controller", "load_balancer_controller", "mountpoint_s3_csi",
		"node_termination_handler", "velero", "vpc_cni",
	} {
		text := "apiVersion: helm-irsa.dev/v1alpha1\nkind: ReleaseIdentity\nserviceAccounts: [{name: a, attach_" + word + "_policy: true}]\n"
		_, err := spec.Parse("irsa.yaml", []byte(text))
		if err == nil {
			t.Errorf("%s: it is taken", word)
			continue
		}
		m := named.FindStringSubmatch(err.Error())
		if m == nil {
			t.Errorf("%s: no entry is named: %v", word, err)
			continue
		}
		if e, err := Find(m[1]); err != nil || e.Name != m[1] {
			t.Errorf("%s: %s is no entry: %v", word, m[1], err)
		}
	}
}
