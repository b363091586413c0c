package fleet

import (
	"cmp"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// The tags by which tools mark the roles that they make.
const (
	// https://github.com/eksctl-io/eksctl, pkg/apis/eksctl.io/v1alpha5/types.go
	tagEksctlCluster = "alpha.eksctl.io/cluster-name"
	tagEksctlAccount = "alpha.eksctl.io/iamserviceaccount-name"
	// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html
	tagStack = "aws:cloudformation:stack-name"
	// https://docs.crossplane.io/latest/ (tags of managed resources)
	tagCrossplane = "crossplane-name"
	// https://aws-controllers-k8s.github.io/community/docs/user-docs/ (default resource tags)
	tagACK = "services.k8s.aws/controller-version"
)

// roleOwner says who made a role, by its tags; empty where they do not say. Terraform marks
// nothing by itself: what people have it write is known by its name in the value.
func roleOwner(tags map[string]string) string {
	if tags[spec.TagCluster] != "" {
		return "helm-irsa, for release " + tags[spec.TagNamespace] + "/" + tags[spec.TagRelease]
	}
	if a := tags[tagEksctlAccount]; a != "" {
		return "eksctl, for service account " + a
	}
	if c := tags[tagEksctlCluster]; c != "" {
		return "eksctl, for cluster " + c
	}
	if tags[tagCrossplane] != "" {
		return "Crossplane, " + tags[tagCrossplane]
	}
	if tags[tagACK] != "" {
		return "ACK"
	}
	for _, k := range manifest.SortedKeys(tags) {
		key, value := strings.ToLower(k), strings.ToLower(tags[k])
		for _, tool := range []string{"Terraform", "OpenTofu", "Pulumi"} {
			name := strings.ToLower(tool)
			if strings.Contains(value, name) || strings.Contains(key, name) && value != "false" && value != "no" {
				return tool + " (tag " + k + ")"
			}
		}
	}
	if stack := tags[tagStack]; stack != "" {
		return "CloudFormation stack " + stack
	}
	return ""
}

// Helm's marks (helm.sh/helm/v3/pkg/action/validate.go).
const (
	releaseName      = "meta.helm.sh/release-name"
	releaseNamespace = "meta.helm.sh/release-namespace"
)

// releaseOf is the Helm release that an object says it is of; nil where it says none.
func releaseOf(o *manifest.Object) *Release {
	if o == nil {
		return nil
	}
	name := manifest.Text(o.Body, "metadata", "annotations", releaseName)
	if name == "" {
		return nil
	}
	return &Release{cmp.Or(manifest.Text(o.Body, "metadata", "annotations", releaseNamespace), o.Namespace), name}
}
