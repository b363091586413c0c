package verify

import (
	"cmp"
	"slices"
)

// Status is what a link, or a whole chain, came to.
type Status string

// The statuses. What could not be looked at is Unknown, never OK.
const (
	OK      Status = "ok"
	Broken  Status = "broken"
	Unknown Status = "unknown"
)

// Severity is how bad a finding is.
type Severity string

// The severities. Error: the pod does not assume its role. Warning: it may not, or
// becomes more than was meant. Info: worth knowing.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Info    Severity = "info"
)

func (s Severity) rank() int { return slices.Index([]Severity{Error, Warning, Info}, s) }

// Link is one link of a service account's chain.
type Link string

// The links of IRSA, in their order.
const (
	LinkWorkload       Link = "workload"
	LinkServiceAccount Link = "serviceAccount"
	LinkAnnotation     Link = "annotation"
	LinkWebhook        Link = "webhook"
	LinkIssuer         Link = "issuer"
	LinkProvider       Link = "provider"
	LinkTrust          Link = "trust"
	LinkPermissions    Link = "permissions"
)

// The links of EKS Pod Identity that IRSA has not.
const (
	LinkAssociation Link = "association"
	LinkAgent       Link = "agent"
	LinkRole        Link = "role"
	LinkTargetRole  Link = "targetRole"
)

// Links are all links in the order in which they are told.
func Links() []Link {
	return []Link{LinkWorkload, LinkServiceAccount, LinkAnnotation, LinkAssociation, LinkWebhook, LinkAgent, LinkIssuer, LinkProvider, LinkTrust, LinkRole, LinkTargetRole, LinkPermissions}
}

// forPodIdentity are the links of EKS Pod Identity in the place of those of IRSA.
var forPodIdentity = map[Link]Link{LinkAnnotation: LinkAssociation, LinkWebhook: LinkAgent, LinkTrust: LinkRole}

func (l Link) rank() int { return slices.Index(Links(), l) }

// Finding is one thing that was seen.
type Finding struct {
	Code     string   `json:"code"`
	Severity Severity `json:"severity"`
	// Subject is what the finding is about, such as ServiceAccount apps/web.
	Subject string `json:"subject"`
	// Message is what was seen: the exact value, and where.
	Message string `json:"message"`
	// Why is why AWS, or the webhook, refuses it.
	Why string `json:"why"`
	// Fix is the repair as text that can be pasted.
	Fix  string `json:"fix"`
	Link Link   `json:"link"`
	// Under is the code of the finding that explains this one; empty for a root cause.
	Under string `json:"under,omitempty"`
	// Where is the file and line, where there is one: FILE:LINE.
	Where string `json:"where,omitempty"`
	// ServiceAccounts are whom a finding of a report concerns, as NAMESPACE/NAME, where those
	// are several: what they share, such as a role, is said once.
	ServiceAccounts []string `json:"serviceAccounts,omitempty"`
}

// order sorts findings: root causes first, then the worst, then the earliest link.
func order(a, b Finding) int {
	under := func(f Finding) int { return min(1, len(f.Under)) }
	return cmp.Or(
		cmp.Compare(under(a), under(b)),
		cmp.Compare(a.Severity.rank(), b.Severity.rank()),
		cmp.Compare(a.Link.rank(), b.Link.rank()),
	)
}

// LinkStatus is one link and what it came to.
type LinkStatus struct {
	Name   Link   `json:"name"`
	Status Status `json:"status"`
	// Why says what could not be looked at, or what was seen.
	Why string `json:"why,omitempty"`
}

// ServiceAccountReport is the chain of one service account.
type ServiceAccountReport struct {
	Namespace string       `json:"namespace"`
	Name      string       `json:"name"`
	RoleARN   string       `json:"roleARN"`
	Status    Status       `json:"status"`
	Links     []LinkStatus `json:"links"`
	Findings  []Finding    `json:"findings"`
	// Permissions are what was asked of the role, by irsa.yaml or the caller.
	Permissions []PermissionReport `json:"permissions,omitempty"`
	// Proof is whose credentials STS gave for a token of the account: the role's, as an
	// assumed role. In JSON the trust link says it.
	Proof string `json:"-"`
}

// PermissionReport is what the role says to one demand.
type PermissionReport struct {
	Action   string `json:"action"`
	Resource string `json:"resource"`
	// Verdict is allow, deny or unknown; Why names the statement that decides.
	Verdict string `json:"verdict"`
	Why     string `json:"why"`
}

// Report is what Verify gives.
type Report struct {
	ServiceAccounts []ServiceAccountReport `json:"serviceAccounts"`
	// Findings are all findings, worst and earliest link first; what is under another
	// comes after the root causes.
	Findings []Finding `json:"findings"`
	// Status is the worst of all: Broken, then Unknown. With no service account it is Unknown
	// where AWS or the manifests were not looked at, or where something was found.
	Status Status `json:"-"`
}

// worst is the worse of two statuses.
func worst(a, b Status) Status {
	for _, s := range []Status{Broken, Unknown} {
		if a == s || b == s {
			return s
		}
	}
	return OK
}
