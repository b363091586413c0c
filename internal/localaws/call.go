package localaws

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// call is one call while it is acted on, with the server locked.
type call struct {
	*Server
	*request
	caller  identity
	account *account // the caller's; nil where nobody signed
	time    time.Time
	keys    keyring // of the token's issuer, for the calls that take a token
}

// partition is that of the region which the call was signed for.
func (c *call) partition() string { return Partition(c.scope.region) }

// arn names something of IAM in the caller's AWS account, such as role/path/name.
func (c *call) arn(resource string) string {
	return fmt.Sprintf("arn:%s:iam::%s:%s", c.partition(), c.account.ID, resource)
}

// Partition is the partition of a region
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html).
func Partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// scope is the credential scope of a signature.
type scope struct{ accessKeyID, region, service string }

// readScope reads "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/iam/aws4_request, …"
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html).
// Nothing is verified; without a signature the scope is empty.
func readScope(authorization string) scope {
	_, rest, found := strings.Cut(authorization, "Credential=")
	if !found {
		return scope{}
	}
	rest, _, _ = strings.Cut(rest, ",")
	parts := strings.Split(rest, "/")
	if len(parts) < 5 {
		return scope{}
	}
	n := len(parts)
	return scope{strings.Join(parts[:n-4], "/"), parts[n-3], parts[n-2]}
}

// identity is who calls.
type identity struct {
	Account string
	ARN     string
	UserID  string
	RoleARN string // of a session's role; empty for a user
	// Tags and Policy are a session's: its tags, all transitive, and its session policy.
	Tags   map[string]string
	Policy string
}

// Credential says whose an access key ID is.
type Credential struct {
	// Account is the AWS account's ID.
	Account string
	// User is the name of the IAM user; local where empty.
	User string
	// Expires ends it; never where zero. From then on calls are refused as ExpiredToken.
	Expires time.Time
	// Invalid makes it one that AWS does not know: its calls are refused as InvalidClientTokenId.
	Invalid bool `json:",omitempty"`
}

// credential is one access key ID that is known.
type credential struct {
	Credential
	RoleARN string `json:",omitempty"` // of a session
	RoleID  string `json:",omitempty"`
	Session string `json:",omitempty"`
	// Tags and Policy are as identity has them.
	Tags   map[string]string `json:",omitempty"`
	Policy string            `json:",omitempty"`
}

// session is who calls with the credentials of a session.
func (k *credential) session() identity {
	return identity{
		Account: k.Account, RoleARN: k.RoleARN, UserID: k.RoleID + ":" + k.Session,
		ARN: sessionARN(k.RoleARN, k.Session), Tags: k.Tags, Policy: k.Policy,
	}
}

// AddCredential registers an access key ID, in place of what it was before.
func (s *Server) AddCredential(accessKeyID string, c Credential) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.account(c.Account)
	s.state.Credentials[accessKeyID] = &credential{Credential: c}
}

// identify finds the caller. A key that nobody registered is the default AWS account's.
func (s *Server) identify(sc scope) (identity, error) {
	if sc.accessKeyID == "" {
		return identity{}, refuse(http.StatusForbidden, "MissingAuthenticationToken", "Request is missing Authentication Token")
	}
	known := s.state.Credentials[sc.accessKeyID]
	if known == nil {
		known = &credential{Credential: Credential{Account: s.opts.Account}}
	}
	if err := s.checkCredential(known, sc.service); err != nil {
		return identity{}, err
	}
	partition := Partition(sc.region)
	if known.RoleARN != "" {
		return known.session(), nil
	}
	user := known.User
	if user == "" {
		user = "local"
	}
	return identity{
		Account: known.Account, UserID: "AIDALOCAL" + known.Account,
		ARN: fmt.Sprintf("arn:%s:iam::%s:user/%s", partition, known.Account, user),
	}, nil
}

// checkCredential is what the services say to credentials that are no longer good, or
// never were: IAM and STS as in
// https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html, EKS with the
// names that AWS's JSON services have for it.
func (s *Server) checkCredential(known *credential, service string) error {
	invalid, expired := "InvalidClientTokenId", "ExpiredToken"
	if strings.HasPrefix(service, "eks") {
		invalid, expired = "UnrecognizedClientException", "ExpiredTokenException"
	}
	switch {
	case known.Invalid:
		return refuse(http.StatusForbidden, invalid, "The security token included in the request is invalid")
	case !known.Expires.IsZero() && !s.opts.Clock().Before(known.Expires):
		return refuse(http.StatusForbidden, expired, "The security token included in the request is expired")
	}
	return nil
}

// sessionARN is arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION, without the role's path.
func sessionARN(roleARN, session string) string {
	a, _ := parseARN(roleARN)
	name := a.resource[strings.LastIndex(a.resource, "/")+1:]
	return fmt.Sprintf("arn:%s:sts::%s:assumed-role/%s/%s", a.partition, a.account, name, session)
}

// arnParts are what is between the colons.
type arnParts struct{ partition, service, region, account, resource string }

func parseARN(s string) (arnParts, bool) {
	parts := strings.SplitN(s, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[1] == "" || parts[2] == "" || parts[5] == "" {
		return arnParts{}, false
	}
	return arnParts{parts[1], parts[2], parts[3], parts[4], parts[5]}, true
}
