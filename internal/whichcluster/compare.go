package whichcluster

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/faults"
)

// ID is what tells a cluster from others. What is not known is empty.
type ID struct {
	Name, Region, Account string
	// Issuer is what irsa.yaml says, else EKS.
	Issuer string
	// Endpoint is the API server's address. Only EKS says it.
	Endpoint string
	// Unread is why EKS was asked in vain; nil where it answered or was not asked.
	Unread error
}

// label is the cluster's name, else its issuer.
func (c ID) label() string {
	if c.Name != "" {
		return c.Name
	}
	return c.Issuer
}

// Live is the cluster behind the kubeconfig, as far as it can be known.
type Live struct {
	Kubeconfig
	// Issuer is what the API server publishes; Unread is why it is not known.
	Issuer string
	Unread error
}

// IsEKS reports whether the API server's address is one of EKS's.
func (l Live) IsEKS() bool {
	_, ok := l.Host()
	return ok
}

// Match is what a comparison of clusters came to.
type Match int

const (
	// NotCompared: nothing that tells clusters apart is known of both.
	NotCompared Match = iota
	// Same: it is one cluster. Other: they are two.
	Same
	Other
	// Additional: it is one of cluster.additional in irsa.yaml.
	Additional
)

// Comparison says whether the kubeconfig's cluster is the one that is meant.
type Comparison struct {
	Match Match
	// By is what was compared, such as "issuer".
	By string
	// Ours and Theirs are that of the cluster that is meant and of the kubeconfig's.
	Ours, Theirs string
	// Reason is why nothing could be compared.
	Reason string
	// Name is the cluster that is meant; Additional is the name of the additional one.
	Name, Additional string
}

// Compare holds the kubeconfig's cluster against those that are meant: the first is the
// release's, the others are additional ones. What two clusters cannot share counts first: the
// issuer of their tokens, and the address that EKS gave to their API server; one of them that
// differs is enough. Where neither is known of both, the names count that the kubeconfig has
// for clusters of EKS.
func Compare(ours []ID, live Live) Comparison {
	first := compare(ours[0], live)
	first.Name = ours[0].label()
	if first.Match != Other {
		return first
	}
	for _, c := range ours[1:] {
		if compare(c, live).Match == Same {
			first.Match, first.Additional = Additional, c.label()
			break
		}
	}
	return first
}

func compare(c ID, live Live) Comparison {
	issuer, endpoint, names := compareIssuers(c, live), compareEndpoints(c, live), compareNames(c, live)
	for _, strong := range []Comparison{issuer, endpoint} {
		if strong.Match == Other {
			return strong
		}
	}
	for _, any := range []Comparison{issuer, endpoint, names} {
		if any.Match != NotCompared {
			return any
		}
	}
	return Comparison{Reason: unlike(c, live)}
}

// compareIssuers compares the issuers of tokens. A cluster with several publishes the first
// (kube-apiserver, --service-account-issuer), which is the one that is in new tokens.
func compareIssuers(c ID, live Live) Comparison {
	if c.Issuer == "" || live.Issuer == "" {
		return Comparison{}
	}
	return held("issuer", c.Issuer, live.Issuer, sameIssuer(c.Issuer, live.Issuer))
}

// held is a comparison of two things that are known.
func held(by, ours, theirs string, same bool) Comparison {
	out := Comparison{Match: Other, By: by, Ours: ours, Theirs: theirs}
	if same {
		out.Match = Same
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

// compareEndpoints compares addresses. Another address proves nothing, since a proxy or a
// tunnel may stand before the API server, unless it is that of another cluster of EKS.
func compareEndpoints(c ID, live Live) Comparison {
	ours, err := url.Parse(c.Endpoint)
	theirs, err2 := url.Parse(live.address())
	if err != nil || err2 != nil || ours.Host == "" || theirs.Host == "" {
		return Comparison{}
	}
	a, b := plainHost(ours), plainHost(theirs)
	if a == b {
		return held("EKS endpoint", a, b, true)
	}
	host, ok := live.Host()
	if !ok {
		return Comparison{}
	}
	return held("EKS endpoint", a, b, host.Is(c.Endpoint))
}

// compareNames compares the names that the kubeconfig has: one that is of another cluster
// is enough.
func compareNames(c ID, live Live) Comparison {
	if c.Name == "" {
		return Comparison{}
	}
	ours := EKSName{Name: c.Name, Region: c.Region}.String()
	var out Comparison
	for _, n := range live.Names() {
		same := n.Name == c.Name && agree(n.Region, c.Region) && agree(n.Account, c.Account)
		if !same {
			return held(n.Where, ours, n.String(), false)
		}
		if out.Match == NotCompared {
			out = held(n.Where, ours, n.String(), true)
		}
	}
	return out
}

// unlike says why nothing could be compared.
func unlike(c ID, live Live) string {
	var why []string
	switch {
	case c.Name == "" && c.Issuer == "":
		return "irsa.yaml names no cluster"
	case live.Unread != nil:
		why = append(why, faults.FirstLine(live.Unread))
	case c.Unread != nil:
		why = append(why, faults.FirstLine(c.Unread))
	case c.Issuer == "":
		why = append(why, "irsa.yaml does not say its issuer, and EKS was not asked")
	}
	if live.Server != "" {
		why = append(why, "the kubeconfig does not say which cluster of EKS it is for")
	}
	return strings.Join(why, "; ")
}

// Words say what the comparison came to, behind the cluster's name.
func (c Comparison) Words() string {
	switch c.Match {
	case Same:
		return "it is the kubeconfig's, by " + c.By
	case Additional:
		return fmt.Sprintf("the kubeconfig's is %s, an additional one", c.Additional)
	}
	return "not compared with the kubeconfig: " + c.Reason
}

// Where is the kubeconfig's cluster for people: its address, and the context that leads to it.
// files is $KUBECONFIG or the file that was named; it may be empty.
func (l Live) Where(files string) string {
	where := l.Server
	if l.Context != "" {
		where += ", context " + l.Context
	}
	if files != "" {
		where += " of " + files
	}
	return where
}
