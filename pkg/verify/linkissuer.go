package verify

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
	"github.com/helm-irsa/helm-irsa/pkg/verify/hints"
)

// issuer is who issues the service account's tokens.
type issuer struct {
	// name is without https://; empty where nothing tells.
	name string
	// known is false where the name was taken from the trust policy or the only provider.
	known bool
	// by says where it comes from.
	by string
}

// theToken is where an issuer comes from that is certain.
const theToken = "the token"

// theOnlyProvider is where an issuer comes from that is presumed from a single provider.
const theOnlyProvider = "the only OIDC provider"

// eksIssuer is the issuer of an EKS cluster. China has amazonaws.com.cn, later
// partitions have other domains.
var eksIssuer = regexp.MustCompile(`^oidc\.eks\.([a-z0-9-]+)\.(amazonaws\.com|amazonaws\.com\.cn|[a-z0-9.-]+)/id/([A-Z0-9]+)$`)

// findIssuer says whose tokens the pods get.
func findIssuer(c *chain) issuer {
	if claims, ok := c.in.Observed.Tokens[c.a.namespace+"/"+c.a.name]; ok && claims.Issuer != "" {
		return issuer{trust.ProviderName(claims.Issuer), true, theToken}
	}
	if first := c.issuesAs; first != "" {
		return issuer{trust.ProviderName(first), true, "--service-account-issuer"}
	}
	if i := c.snapshot.Cluster.Issuer; i != "" {
		return issuer{strings.TrimRight(trust.ProviderName(i), " "), true, "the snapshot"}
	}
	if f := c.in.File; f != nil && f.Cluster.Issuer != "" {
		return issuer{trust.ProviderName(f.Cluster.Issuer), true, "irsa.yaml"}
	}
	if i := c.in.Issuer; i != "" {
		return issuer{trust.ProviderName(i), true, "--cluster-issuer"}
	}
	return presumeIssuer(c)
}

// presumeIssuer takes the issuer from the trust policy, if one of its providers exists,
// else the only provider that exists, else what the trust policy says most clearly.
func presumeIssuer(c *chain) issuer {
	named := trustedIssuers(c)
	if c.snapshot.Providers.Read {
		for _, n := range named {
			if _, there := providers(c.facts).issuer[n]; there {
				return issuer{n, false, "the trust policy"}
			}
		}
		if len(c.snapshot.Providers.List) == 1 && allProviders(c.facts) {
			return issuer{hints.Visible(c.snapshot.Providers.List[0].Issuer), false, theOnlyProvider}
		}
	}
	for _, n := range named { // one that is of the cluster's region, if there is one
		if m := eksIssuer.FindStringSubmatch(n); m != nil && m[1] == c.snapshot.Region {
			return issuer{n, false, "the trust policy"}
		}
	}
	for _, n := range named {
		if eksIssuer.MatchString(n) && !malformedEKS(n) {
			return issuer{n, false, "the trust policy"}
		}
	}
	if len(named) > 0 {
		return issuer{named[0], false, "the trust policy"}
	}
	return issuer{}
}

// trustedIssuers are the issuers that the role's trust policy names: the providers
// first, then the condition keys.
func trustedIssuers(c *chain) []string {
	if c.role == nil || c.role.Trust == nil {
		return nil
	}
	var providers, keys []string
	for _, s := range c.role.Trust.Statements() {
		principals, _ := s.Principals()
		for _, p := range principals {
			if _, name, ok := strings.Cut(p.ID, ":oidc-provider/"); ok && p.Type == "Federated" {
				providers = append(providers, name)
			}
		}
		for _, cond := range s.Conditions() {
			if name, _, ok := splitKey(cond.Key); ok {
				keys = append(keys, normalIssuer(name))
			}
		}
	}
	return append(providers, keys...)
}

// region is the cluster's; empty where nothing tells.
func region(c *chain) string {
	if c.snapshot.Region != "" {
		return c.snapshot.Region
	}
	if m := eksIssuer.FindStringSubmatch(trust.ProviderName(c.snapshot.Cluster.Issuer)); m != nil {
		return m[1]
	}
	if f := c.in.File; f != nil {
		return f.Cluster.Region
	}
	return ""
}

// checkIssuer looks at whose tokens the pods get, and whether that is who AWS knows.
func checkIssuer(c *chain, r *result) {
	judgeIssuer(c, r)
	triedIssuer(c, r)
}

func judgeIssuer(c *chain, r *result) {
	i := c.issuer
	switch {
	case i.known:
		r.set(OK, "https://"+i.name+", from "+i.by)
	case i.name == "":
		r.set(Unknown, "the cluster's issuer is not known")
	default:
		r.set(Unknown, fmt.Sprintf("the cluster's issuer is not known; https://%s is presumed from %s", i.name, i.by))
	}
	cluster := trust.ProviderName(c.snapshot.Cluster.Issuer)
	if i.known && cluster != "" && cluster != i.name {
		f := found(codeIssuerChangedStaleTokens, c.a.String(), fmt.Sprintf("tokens carry issuer https://%[2]s (from %[1]s); the snapshot has https://%[3]s", i.by, i.name, cluster), renewed(c))
		if i.by == theToken {
			f = f.because(f.Why + " Or the kubeconfig is of another cluster than irsa.yaml: kubectl config current-context.")
		}
		r.add(f)
		return
	}
	if issuesAnother(c, r) {
		return
	}
	if why := unusable(c); why != "" {
		r.add(found(codeIssuerMismatch, subjectOf(c), fmt.Sprintf("the cluster's issuer is %s, %s", issuerURL(i.name), why),
			edit("--service-account-issuer=https://PUBLIC-ISSUER   # first of the kube-apiserver's flags of that name; "+safe.Text(issuerURL(i.name))+" stays behind it until the tokens of before have gone")).
			on(LinkIssuer).because("STS reads the issuer's configuration and its keys from the internet, at the name that the tokens carry."))
	}
}

// issuerURL is an issuer in full.
func issuerURL(name string) string {
	if strings.HasPrefix(name, "http://") {
		return name
	}
	return "https://" + name
}

// unusable is why IAM can have no provider for the cluster's issuer: "The URL must begin with
// https://", "The URL should not contain a port number"
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html).
// It is empty where IAM can, or where the issuer is not known.
func unusable(c *chain) string {
	host, _, _ := strings.Cut(c.issuer.name, "/")
	switch {
	case !c.issuer.known:
	case strings.HasPrefix(c.issuer.name, "http://"):
		return "and IAM takes https:// alone"
	case clusterInternal(c.issuer.name):
		return "a name that means something in the cluster alone"
	case strings.Contains(host, ":") && c.snapshot.Providers.Read && providerElsewhere(c) == nil:
		return "and IAM takes no issuer with a port"
	}
	return ""
}

// issuesAnother: the API server issues as one, and takes another beside it, which the role trusts.
func issuesAnother(c *chain, r *result) bool {
	if first, others := c.issuesAs, c.takesToo; first != "" && c.issuer.name == trust.ProviderName(first) {
		for _, named := range trustedIssuers(c) {
			for _, o := range others {
				if named == trust.ProviderName(o) && named != c.issuer.name {
					fix := renewed(c)
					if clusterInternal(trust.ProviderName(first)) {
						fix = edit("--service-account-issuer=" + safe.Text(o) + "   # first of the kube-apiserver's flags of that name, before " + safe.Text(first))
					}
					r.add(found(codeIssuerChangedStaleTokens, c.a.String(), fmt.Sprintf("the API server issues as %s and merely takes %s, which role %s trusts", first, o, c.roleARN), fix))
					return true
				}
			}
		}
	}
	return false
}

// clusterInternal: nobody outside of the cluster finds the name, such as kubeadm's default
// (https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/, --service-account-issuer).
func clusterInternal(issuer string) bool {
	host, _, _ := strings.Cut(issuer, "/")
	host, _, _ = strings.Cut(host, ":")
	for _, end := range []string{".svc", ".svc.cluster.local", ".cluster.local", ".local", ".internal"} {
		if strings.HasSuffix(host, end) {
			return true
		}
	}
	return host != "" && !strings.Contains(host, ".")
}

// renewed makes AWS know the issuer, and pods get tokens of it.
func renewed(c *chain) repair {
	return both{applyCommand(c.facts), onNamespace(c, safe.Type("kubectl", "rollout", "restart", "deployment"))}
}

// apiServerIssuers reads the flags of a kube-apiserver among the objects: the first
// issuer is the one that tokens get
// (https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/, --service-account-issuer).
func apiServerIssuers(w *facts) (first string, others []string) {
	for _, p := range w.pods {
		for _, ct := range p.containers() {
			if ct.name != "kube-apiserver" {
				continue
			}
			for _, arg := range append(manifest.List(ct.body, "command"), manifest.List(ct.body, "args")...) {
				s, _ := arg.(string)
				v, ok := strings.CutPrefix(s, "--service-account-issuer=")
				switch {
				case !ok:
				case first == "":
					first = v
				default:
					others = append(others, v)
				}
			}
		}
	}
	return first, others
}

// splitKey takes a condition key apart at its last colon. It reports false for keys of
// AWS's own, such as aws:SourceIp: what has neither a host nor a token's claim.
func splitKey(key string) (issuer, claim string, ok bool) {
	if vendor, name, _ := strings.Cut(key, ":"); ofAWS(vendor) {
		return vendor, name, false
	}
	i := strings.LastIndexByte(key, ':')
	switch {
	case i < 0 && slices.Contains(claims, strings.ToLower(key)):
		return "", key, true
	case i < 0:
		return key, "", strings.ContainsAny(key, "/.")
	}
	issuer, claim = key[:i], key[i+1:]
	if strings.Contains(claim, "/") && (!strings.ContainsAny(issuer, "./") || strings.HasPrefix(issuer, "arn:")) { // the last colon is that of https:, or of an ARN
		return key, "", true
	}
	return issuer, claim, strings.ContainsAny(issuer, "./") || slices.Contains(claims, strings.ToLower(claim))
}

// ofAWS reports whether what stands before the colon of a condition key says that it is
// one of AWS's own, which are not case-sensitive.
func ofAWS(vendor string) bool {
	return slices.Contains([]string{"aws", "sts", "iam"}, strings.ToLower(vendor))
}

// normalIssuer is an issuer as IAM wants it, of what people write in its place.
func normalIssuer(s string) string {
	s = hints.Visible(s)
	if _, name, ok := strings.Cut(s, ":oidc-provider/"); ok {
		s = name
	}
	s = strings.TrimPrefix(strings.TrimPrefix(s, "https://"), "http://")
	return strings.TrimPrefix(s, "oidc-provider/")
}

// otherRegion reports whether two issuers of EKS are the same but for the region.
func otherRegion(a, b string) bool {
	x, y := eksIssuer.FindStringSubmatch(a), eksIssuer.FindStringSubmatch(b)
	return x != nil && y != nil && x[3] == y[3] && x[1] != y[1]
}
