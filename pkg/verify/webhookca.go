package verify

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// clusterCA are the certificate authorities of the cluster, the active one first: as EKS tells
// of it, else as the cluster gives them to pods
// (https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#verifying-and-inspecting-tokens;
// that the active one is listed first: https://github.com/aws/containers-roadmap/issues/2638).
func clusterCA(w *facts) (authorities []*x509.Certificate, by string) {
	if ca := certificatesOf(w.snapshot.Cluster.CertificateAuthority); len(ca) > 0 {
		return ca, "the snapshot"
	}
	for _, o := range w.index.byName[kindName{"ConfigMap", "kube-root-ca.crt"}] {
		if ca := certificatesOf(manifest.Text(o.Body, "data", "ca.crt")); len(ca) > 0 {
			return ca, o.String()
		}
	}
	return nil, ""
}

// certificatesOf are the certificates of a PEM bundle, which may be in base64; what is none is
// left out.
func certificatesOf(bundle string) []*x509.Certificate {
	data := []byte(bundle)
	if plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(bundle)); err == nil {
		data = plain
	}
	var out []*x509.Certificate
	for {
		var block *pem.Block
		block, data = pem.Decode(data)
		if block == nil {
			return out
		}
		if c, err := x509.ParseCertificate(block.Bytes); err == nil {
			out = append(out, c)
		}
	}
}

// staleCA: EKS runs its webhook on the machines of the API server, with a certificate of the
// cluster's authority. Once another authority is active the configuration still has the one
// before, and pods start without a role
// (https://github.com/aws/containers-roadmap/issues/2874). A webhook with a Service has a
// certificate of whoever installed it.
func staleCA(c *chain, o *manifest.Object, hook any) (finding, bool) {
	url := manifest.Text(hook, "clientConfig", "url")
	has := certificatesOf(manifest.Text(hook, "clientConfig", "caBundle"))
	active, by := clusterCA(c.facts)
	if !strings.HasPrefix(url, "https://127.0.0.1:") || len(has) == 0 || len(active) == 0 {
		return finding{}, false
	}
	for _, ca := range has {
		if ca.Equal(active[0]) {
			return finding{}, false
		}
	}
	return found(codeWebhookCAStale, o.String(), fmt.Sprintf("%s: clientConfig.caBundle has %s, and not the cluster's active certificate authority, %s (from %s)", o, serials(has), serials(active[:1]), by),
		run{ofWebhooks(c.facts, "patch", o).With("--type", "json").Given("-p", fmt.Sprintf(`[{"op":"replace","path":"/webhooks/0/clientConfig/caBundle","value":%q}]`, bundleOf(active))).
			Note("then restart the pods that have no role: " + safe.Word("kubectl rollout restart"))}).at(o.Where), true
}

// serials name certificates as people find them: by their serial numbers.
func serials(all []*x509.Certificate) string {
	out := make([]string, len(all))
	for i, c := range all {
		out[i] = fmt.Sprintf("serial %x", c.SerialNumber)
	}
	return strings.Join(out, ", ")
}

// bundleOf is a bundle as a MutatingWebhookConfiguration has it.
func bundleOf(all []*x509.Certificate) string {
	var out []byte
	for _, c := range all {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	return base64.StdEncoding.EncodeToString(out)
}
