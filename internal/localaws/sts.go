package localaws

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"

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
// alone. Session policies and session tags of the request are not looked at; those that the
// caller's own session has go on into the next.
func (c *call) assumeRole() (any, error) {
	q, err := c.sessionRequest()
	if err != nil {
		return nil, err
	}
	refused := func(action string) error {
		return refuse(http.StatusForbidden, "AccessDenied", "User: %s is not authorized to perform: %s on resource: %s", c.caller.ARN, action, q.roleARN)
	}
	r := c.roleOfARN(q.roleARN)
	if r == nil {
		return nil, refused(trust.ActionAssumeRole)
	}
	request := trust.Request{Principal: trust.Principal{Type: "AWS", ID: c.caller.ARN}, Context: c.context(q)}
	request.Context["aws:PrincipalArn"] = []string{c.principalARN()}
	request.Context["aws:PrincipalAccount"] = []string{c.caller.Account}
	request.Context["aws:userid"] = []string{c.caller.UserID}
	if id := c.args.get("ExternalId"); id != "" {
		request.Context["sts:ExternalId"] = []string{id}
	}
	for key, value := range c.caller.Tags {
		request.Context["aws:PrincipalTag/"+key] = []string{value}
	}
	if action := c.refusedAction(r, c.withTags(request, c.caller.Tags), c.caller.Tags); action != "" {
		return nil, refused(action)
	}
	if c.caller.RoleARN != "" && q.seconds > 3600 {
		return nil, validation("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
	}
	out, err := c.session(r, q, c.caller.Tags)
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

// session makes credentials for the role.
func (c *call) session(r *role, q sessionRequest, tags map[string]string) (sessionXML, error) {
	var out sessionXML
	if q.seconds > r.MaxSession {
		return out, validation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	made := c.newSession(r, q, tags, "")
	out.Credentials.AccessKeyID, out.Credentials.SecretAccessKey, out.Credentials.SessionToken = made.keyID, made.secret, made.token
	out.Credentials.Expiration = date(made.expires)
	out.AssumedRoleUser.AssumedRoleID, out.AssumedRoleUser.Arn = made.UserID, made.ARN
	return out, nil
}
