package whichcluster

import (
	"net/url"
	"regexp"
	"strings"
	"sync"
)

// eksHost is the address of an API server of EKS: an ID, and where it is
// (https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html; the domains are
// those of the partitions, from endpoints.json of AWS's SDKs).
var eksHost = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([0-9a-z]+)\.(?:[0-9a-z]+\.)?(?:([a-z]{2,}(?:-[a-z]+)+-\d)\.eks|eks-cluster\.([a-z]{2,}(?:-[a-z]+)+-\d))\.` +
		`(?:amazonaws\.com|amazonaws\.com\.cn|amazonaws\.eu|api\.aws|api\.amazonwebservices\.com\.cn|api\.amazonwebservices\.eu|c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)$`)
})

// Host is the address of an API server that EKS gave: a cluster has it alone.
type Host struct{ Name, ID, Region string }

// HostOf reads an API server's address, as https://ID.gr7.eu-west-3.eks.amazonaws.com; false
// where it is none of EKS's.
func HostOf(address string) (Host, bool) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return Host{}, false
	}
	m := eksHost().FindStringSubmatch(plainHost(u))
	if m == nil {
		return Host{}, false
	}
	return Host{Name: plainHost(u), ID: m[1], Region: m[2] + m[3]}, true
}

// Is reports whether another address is of the same cluster: IPv4 and dual-stack names have
// one ID.
func (h Host) Is(address string) bool {
	other, ok := HostOf(address)
	return ok && other.ID == h.ID && other.Region == h.Region
}

// Host is the API server's, where it is of EKS.
func (k Kubeconfig) Host() (Host, bool) { return HostOf(k.address()) }

// address is the API server's, as it proves itself.
func (k Kubeconfig) address() string {
	if k.CertifiedName != "" {
		return "https://" + k.CertifiedName
	}
	return k.Server
}

// plainHost is the host as it is compared, with a port that is not that of https.
func plainHost(u *url.URL) string {
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if port := u.Port(); port != "" && port != "443" {
		host += ":" + port
	}
	return host
}
