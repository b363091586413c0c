package localaws

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// stsOperations are the actions of STS that are answered.
var stsOperations = map[string]operation{
	"GetCallerIdentity":         (*call).getCallerIdentity,
	"AssumeRole":                (*call).assumeRole,
	"AssumeRoleWithWebIdentity": (*call).assumeRoleWithWebIdentity,
}

// sessionName is what a RoleSessionName may be
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html).
var sessionName = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)

func (c *call) getCallerIdentity() (any, error) {
	return struct {
		Arn     string
		UserID  string `xml:"UserId"`
		Account string
	}{c.caller.ARN, c.caller.UserID, c.caller.Account}, nil
}

// sessionRequest is what both ways to a session ask for.
type sessionRequest struct {
	roleARN, name string
	seconds       int
}

func (c *call) sessionRequest() (sessionRequest, error) {
	q := sessionRequest{roleARN: c.args.get("RoleArn"), name: c.args.get("RoleSessionName")}
	if a, ok := parseARN(q.roleARN); !ok || a.service != "iam" || !strings.HasPrefix(a.resource, "role/") {
		return q, validation("%s is invalid", q.roleARN)
	}
	if !sessionName.MatchString(q.name) {
		return q, constraint(q.name, "roleSessionName", `satisfy regular expression pattern: [\w+=,.@-]{2,64}`)
	}
	var err error
	q.seconds, err = c.args.number("DurationSeconds", 3600, 900, 43200)
	return q, err
}

// assumeRole: whoever calls may ask for any role, so the role's trust policy decides
// alone. Session policies and session tags are not looked at.
func (c *call) assumeRole() (any, error) {
	q, err := c.sessionRequest()
	if err != nil {
		return nil, err
	}
	refused := refuse(http.StatusForbidden, "AccessDenied",
		"User: %s is not authorized to perform: sts:AssumeRole on resource: %s", c.caller.ARN, q.roleARN)
	r := c.roleOfARN(q.roleARN)
	if r == nil {
		return nil, refused
	}
	request := trust.Request{Action: "sts:AssumeRole", Principal: trust.Principal{Type: "AWS", ID: c.caller.ARN}, Context: c.context(q)}
	request.Context["aws:PrincipalArn"] = []string{c.principalARN()}
	request.Context["aws:PrincipalAccount"] = []string{c.caller.Account}
	request.Context["aws:userid"] = []string{c.caller.UserID}
	if id := c.args.get("ExternalId"); id != "" {
		request.Context["sts:ExternalId"] = []string{id}
	}
	if allowed, err := c.opts.Trust(r.Trust, request); err != nil || !allowed {
		return nil, refused
	}
	if c.caller.RoleARN != "" && q.seconds > 3600 {
		return nil, validation("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
	}
	out, err := c.session(r, q)
	return struct{ sessionXML }{out}, err
}

// principalARN is the role's for a session
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn).
func (c *call) principalARN() string {
	if c.caller.RoleARN != "" {
		return c.caller.RoleARN
	}
	return c.caller.ARN
}

// context has the condition keys that every request has.
func (c *call) context(q sessionRequest) map[string][]string {
	return map[string][]string{
		"sts:RoleSessionName": {q.name},
		"aws:CurrentTime":     {date(c.time)},
		"aws:EpochTime":       {fmt.Sprint(c.time.Unix())},
		"aws:SecureTransport": {"false"},
		"aws:SourceIp":        {"127.0.0.1"},
	}
}

// sessionXML is what both ways to a session return.
type sessionXML struct {
	Credentials struct {
		AccessKeyID     string `xml:"AccessKeyId"`
		SecretAccessKey string
		SessionToken    string
		Expiration      string
	}
	AssumedRoleUser struct {
		AssumedRoleID string `xml:"AssumedRoleId"`
		Arn           string
	}
}

// session makes credentials for the role. Its secrets are not kept, since no
// signature is checked.
func (c *call) session(r *role, q sessionRequest) (sessionXML, error) {
	var out sessionXML
	if q.seconds > r.MaxSession {
		return out, validation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	a, _ := parseARN(r.ARN) // made by arn
	expires := c.time.Add(time.Duration(q.seconds) * time.Second)
	id := c.uniqueID("ASIA")[:20]
	c.state.Credentials[id] = &credential{
		Credential: Credential{Account: a.account, Expires: expires},
		RoleARN:    r.ARN, RoleID: r.ID, Session: q.name,
	}
	out.Credentials.AccessKeyID = id
	out.Credentials.SecretAccessKey = base64.StdEncoding.EncodeToString(c.fresh())[:40]
	out.Credentials.SessionToken = base64.StdEncoding.EncodeToString(append(c.fresh(), c.fresh()...))
	out.Credentials.Expiration = date(expires)
	out.AssumedRoleUser.AssumedRoleID = r.ID + ":" + q.name
	out.AssumedRoleUser.Arn = sessionARN(r.ARN, q.name)
	return out, nil
}
