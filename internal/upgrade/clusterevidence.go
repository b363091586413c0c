package upgrade

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/kube"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// helmsCluster is the cluster that Helm will change, as far as it can be known.
type helmsCluster struct {
	server, context, kubeconfig string
	// certified is the name that the API server's certificate has to have, where it is not
	// the server's: what is reached through a tunnel is known by it.
	certified string
	// issuer is what the API server publishes; unread is why it is not known.
	issuer string
	unread error
	// names are what the kubeconfig calls it.
	names []kube.EKSName
}

// match is what a comparison of clusters came to.
type match int

const (
	// notCompared: nothing that tells clusters apart is known of both.
	notCompared match = iota
	sameCluster
	otherCluster
	// additionalCluster is one of cluster.additional in irsa.yaml.
	additionalCluster
)

// comparison says whether the cluster that Helm will change is the one of irsa.yaml.
type comparison struct {
	match match
	// by is what was compared, such as "issuer".
	by string
	// ours and theirs are that of irsa.yaml's cluster and of Helm's.
	ours, theirs string
	// reason is why nothing could be compared.
	reason string
	// name is irsa.yaml's word for its cluster; other is that of the additional one.
	name, other string
}

// compareClusters holds the cluster that Helm will change against those of irsa.yaml: the
// first is the release's, the others are additional ones. What two clusters cannot share
// counts first: the issuer of their tokens, and the address that EKS gave to their API
// server; one of them that differs is enough. Where neither is known of both, the names
// count that the kubeconfig has for clusters of EKS.
func compareClusters(ours []awsiam.ClusterID, live helmsCluster) comparison {
	first := compareCluster(ours[0], live)
	first.name = clusterName(ours[0])
	if first.match != otherCluster {
		return first
	}
	for _, c := range ours[1:] {
		if compareCluster(c, live).match == sameCluster {
			first.match, first.other = additionalCluster, clusterName(c)
			break
		}
	}
	return first
}

func clusterName(c awsiam.ClusterID) string {
	if c.Name != "" {
		return c.Name
	}
	return c.Issuer
}

func compareCluster(c awsiam.ClusterID, live helmsCluster) comparison {
	issuer, endpoint, names := compareIssuers(c, live), compareEndpoints(c, live), compareNames(c, live)
	for _, strong := range []comparison{issuer, endpoint} {
		if strong.match == otherCluster {
			return strong
		}
	}
	for _, any := range []comparison{issuer, endpoint, names} {
		if any.match != notCompared {
			return any
		}
	}
	return comparison{reason: unlike(c, live)}
}

// compareIssuers compares the issuers of tokens. A cluster with several publishes the first
// (kube-apiserver, --service-account-issuer), which is the one that is in new tokens.
func compareIssuers(c awsiam.ClusterID, live helmsCluster) comparison {
	if c.Issuer == "" || live.issuer == "" {
		return comparison{}
	}
	return held("issuer", c.Issuer, live.issuer, sameIssuer(c.Issuer, live.issuer))
}

// held is a comparison of two things that are known.
func held(by, ours, theirs string, same bool) comparison {
	out := comparison{match: otherCluster, by: by, ours: ours, theirs: theirs}
	if same {
		out.match = sameCluster
	}
	return out
}

// sameIssuer compares as those do who check tokens: but for a slash at the end, the case of
// the host, and the port of https.
func sameIssuer(a, b string) bool { return plainIssuer(a) == plainIssuer(b) }

func plainIssuer(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return text
	}
	return strings.ToLower(u.Scheme) + "://" + plainHost(u) + strings.TrimRight(u.EscapedPath(), "/") + "?" + u.RawQuery
}

// plainHost is the host as it is compared, with a port that is not that of https.
func plainHost(u *url.URL) string {
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if port := u.Port(); port != "" && port != "443" {
		host += ":" + port
	}
	return host
}

// eksHost is the address of an API server of EKS: an ID, and where it is
// (https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html; the domains are
// those of the partitions, from endpoints.json of AWS's SDKs).
var eksHost = regexp.MustCompile(`^([0-9a-z]+)\.(?:[0-9a-z]+\.)?(?:[a-z]{2,}(?:-[a-z]+)+-\d\.eks|eks-cluster\.[a-z]{2,}(?:-[a-z]+)+-\d)\.` +
	`(?:amazonaws\.com|amazonaws\.com\.cn|amazonaws\.eu|api\.aws|api\.amazonwebservices\.com\.cn|api\.amazonwebservices\.eu|c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)$`)

// compareEndpoints compares addresses. Another address proves nothing, since a proxy or a
// tunnel may stand before the API server, unless it is that of another cluster of EKS.
func compareEndpoints(c awsiam.ClusterID, live helmsCluster) comparison {
	ours, err := url.Parse(c.Endpoint)
	theirs, err2 := url.Parse(live.address())
	if err != nil || err2 != nil || ours.Host == "" || theirs.Host == "" {
		return comparison{}
	}
	a, b := plainHost(ours), plainHost(theirs)
	if a == b {
		return held("EKS endpoint", a, b, true)
	}
	x, y := eksHost.FindStringSubmatch(a), eksHost.FindStringSubmatch(b)
	if y == nil {
		return comparison{}
	}
	return held("EKS endpoint", a, b, x != nil && x[1] == y[1])
}

// address is the API server's, as it proves itself.
func (l helmsCluster) address() string {
	if l.certified != "" {
		return "https://" + l.certified
	}
	return l.server
}

// isEKS reports whether the API server's address is one of EKS's.
func (l helmsCluster) isEKS() bool {
	u, err := url.Parse(l.address())
	return err == nil && eksHost.MatchString(plainHost(u))
}

// compareNames compares the names that the kubeconfig has: one that is of another cluster
// is enough.
func compareNames(c awsiam.ClusterID, live helmsCluster) comparison {
	if c.Name == "" {
		return comparison{}
	}
	ours := kube.EKSName{Name: c.Name, Region: c.Region}.String()
	var out comparison
	for _, n := range live.names {
		same := n.Name == c.Name && agree(n.Region, c.Region) && agree(n.Account, c.Account)
		if !same {
			return held(n.Where, ours, n.String(), false)
		}
		if out.match == notCompared {
			out = held(n.Where, ours, n.String(), true)
		}
	}
	return out
}

// agree: they are not known to differ.
func agree(a, b string) bool { return a == "" || b == "" || a == b }

// unlike says why nothing could be compared.
func unlike(c awsiam.ClusterID, live helmsCluster) string {
	var why []string
	switch {
	case c.Name == "" && c.Issuer == "":
		return "irsa.yaml names no cluster"
	case live.unread != nil:
		why = append(why, faults.FirstLine(live.unread))
	case c.Unread != nil:
		why = append(why, faults.FirstLine(c.Unread))
	case c.Issuer == "":
		why = append(why, "irsa.yaml does not say its issuer, and EKS was not asked")
	}
	if live.server != "" {
		why = append(why, "the kubeconfig does not say which cluster of EKS it is for")
	}
	return strings.Join(why, "; ")
}

// refusal is the error for another cluster than irsa.yaml's.
func (c comparison) refusal(r *request, live helmsCluster) error {
	where := live.server
	if live.context != "" {
		where += ", context " + live.context
	}
	if live.kubeconfig != "" {
		where += " of " + live.kubeconfig
	}
	if c.match == additionalCluster {
		text := fmt.Errorf("comparing clusters: Helm would change cluster %s (%s), which irsa.yaml names in cluster.additional, and what the release has in AWS goes with its own cluster, %s", c.other, where, c.name)
		if r.Args.Command == "uninstall" {
			return faults.Hinted(text, "to remove the release from %s and nothing from AWS, add --irsa-keep-roles", c.other)
		}
		return faults.Hinted(text, "to install it in %s with the roles that there are, add --irsa-provision=never; to change them, name %s: --kube-context CONTEXT", c.other, c.name)
	}
	return faults.Hinted(fmt.Errorf("comparing clusters: Helm would change another cluster (%s) than %s of irsa.yaml: by %s, that of %s is %s, and Helm's is %s", where, c.name, c.by, c.name, c.ours, c.theirs),
		"name the kubeconfig's context for %s with --kube-context CONTEXT (kubectl config get-contexts lists them) or its kubeconfig with KUBECONFIG; or name the irsa.yaml of Helm's cluster with --irsa-file FILE", c.name)
}

// heading is the comparison's line above a plan.
func (c comparison) heading() string {
	switch {
	case c.match == sameCluster:
		return fmt.Sprintf("Cluster %s: it is the kubeconfig's, by %s.", c.name, c.by)
	case c.match == additionalCluster:
		return fmt.Sprintf("Cluster %s: the kubeconfig's is %s, an additional one.", c.name, c.other)
	case c.name == "":
		return "No cluster was compared with the kubeconfig: " + c.reason + "."
	}
	return fmt.Sprintf("Cluster %s: not compared with the kubeconfig: %s.", c.name, c.reason)
}
