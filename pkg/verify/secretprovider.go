package verify

import (
	"fmt"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// secretsStore is the CSI driver whose AWS provider asks for secrets as the pod that mounts them.
const secretsStore = "secrets-store.csi.k8s.io"

// checkSecretProviders holds the SecretProviderClasses of the service account's pods against how it
// gets its role: the provider takes a token, unless usePodIdentity says otherwise
// (https://github.com/aws/secrets-store-csi-driver-provider-aws, README, "usePodIdentity").
func checkSecretProviders(c *chain, r *result) {
	annotated := manifest.Text(c.a.annotations(), roleKey) != ""
	for _, p := range c.a.pods {
		for _, v := range manifest.List(p.spec, "volumes") {
			class := manifest.Text(v, "csi", "volumeAttributes", "secretProviderClass")
			if manifest.Text(v, "csi", "driver") != secretsStore || class == "" {
				continue
			}
			for _, o := range c.index.byName[kindName{"SecretProviderClass", class}] {
				if namespaceOf(c.facts, o) != c.a.namespace || manifest.Text(o.Body, "spec", "provider") != "aws" {
					continue
				}
				agent, _ := manifest.Plain(manifest.Dig(o.Body, "spec", "parameters", "usePodIdentity"))
				switch {
				case agent == "true" && c.a.association == nil && c.snapshot.Associations.Read:
					r.add(found(codeAnnotationMissing, o.String(), fmt.Sprintf("%s has usePodIdentity: true, and %s has no Pod Identity association", o, c.a),
						edit("spec: {parameters: {usePodIdentity: \"false\"}}   # of "+safe.Text(o.String())+"; or a Pod Identity association for the service account")).at(o.Where).because(providerAsks))
				case agent != "true" && !annotated && c.a.association != nil:
					r.add(found(codeAnnotationMissing, o.String(), fmt.Sprintf("%s takes a token of %s, which has no annotation %s; its role is that of a Pod Identity association", o, c.a, annotationKey(c.facts, roleKey)),
						edit("spec: {parameters: {usePodIdentity: \"true\"}}   # of "+safe.Text(o.String()))).at(o.Where).because(providerAsks))
				}
			}
		}
	}
}

const providerAsks = "The AWS provider of the Secrets Store CSI driver asks STS with a token of the pod's service account, unless usePodIdentity is true: then it asks the agent of EKS Pod Identity."
