package localaws

import (
	"encoding/base64"
	"maps"
	"slices"
	"time"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// sessionMade is a session of a role, and its credentials.
type sessionMade struct {
	identity
	keyID, secret, token string
	expires              time.Time
}

// newSession makes credentials for the role. Its secrets are not kept, since no signature
// is checked.
func (c *call) newSession(r *role, q sessionRequest, tags map[string]string, policy string) *sessionMade {
	a, _ := parseARN(r.ARN) // made by arn
	out := &sessionMade{expires: c.time.Add(time.Duration(q.seconds) * time.Second), keyID: c.uniqueID("ASIA")[:20]}
	made := &credential{
		Credential: Credential{Account: a.account, Expires: out.expires},
		RoleARN:    r.ARN, RoleID: r.ID, Session: q.name, Tags: tags, Policy: policy,
	}
	c.state.Credentials[out.keyID] = made
	r.Used, r.UsedIn = c.time, c.scope.region
	if r.UsedIn == "" { // a call that nobody signed says no region
		r.UsedIn = "us-east-1"
	}
	out.identity = made.session()
	out.secret = base64.StdEncoding.EncodeToString(c.fresh())[:40]
	out.token = base64.StdEncoding.EncodeToString(append(c.fresh(), c.fresh()...))
	return out
}

// actionsWith are what a trust policy must allow: to pass session tags is an action of its own
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_permissions-required).
func actionsWith(tags map[string]string) []string {
	if len(tags) == 0 {
		return []string{trust.ActionAssumeRole}
	}
	return []string{trust.ActionAssumeRole, trust.ActionTagSession}
}

// withTags puts session tags into a request. All of them are transitive.
func (c *call) withTags(r trust.Request, tags map[string]string) trust.Request {
	if len(tags) == 0 {
		return r
	}
	keys := slices.Sorted(maps.Keys(tags))
	r.Context["aws:TagKeys"], r.Context["sts:TransitiveTagKeys"] = keys, keys
	for _, key := range keys {
		r.Context["aws:RequestTag/"+key] = []string{tags[key]}
	}
	return r
}

// lets reports whether the role's trust policy allows the request, with each of its actions.
func (c *call) lets(r *role, by trust.Request, tags map[string]string) bool {
	return c.refusedAction(r, by, tags) == ""
}

// refusedAction is the first action that the role's trust policy does not allow.
func (c *call) refusedAction(r *role, by trust.Request, tags map[string]string) string {
	for _, action := range actionsWith(tags) {
		by.Action = action
		if allowed, err := c.opts.Trust(r.Trust, by); err != nil || !allowed {
			return action
		}
	}
	return ""
}

// tagValues are the tags that a session has: the role's, and before them those of the session.
func tagValues(r *role, tags map[string]string) map[string]string {
	out := map[string]string{}
	for _, t := range r.Tags {
		out[t.Key] = t.Value
	}
	maps.Copy(out, tags)
	return out
}

// namesPrincipal reports whether a trust policy has this principal under AWS.
func namesPrincipal(document, arn string) bool {
	d, err := trust.Parse(document)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(d.Statements(), func(s trust.Statement) bool {
		principals, not := s.Principals()
		return s.Allows() && !not && slices.Contains(principals, trust.Principal{Type: "AWS", ID: arn})
	})
}

// roleAllows reports whether the policies of a role allow something. Boundaries are not
// looked at, and of AWS's own policies only those that are known here.
func (c *call) roleAllows(r *role, p Permission) bool {
	a, _ := parseARN(r.ARN)
	var documents []trust.Document
	add := func(text string) {
		if d, err := trust.ParsePermissions(text); err == nil {
			documents = append(documents, d)
		}
	}
	for _, text := range r.Inline {
		add(text)
	}
	for _, arn := range r.Attached {
		attached := awsPolicy(arn)
		if owner := c.state.Accounts[a.account]; attached == nil && owner != nil {
			attached = owner.Policies[arn]
		}
		if attached == nil {
			continue
		}
		for _, v := range attached.Versions {
			if v.Default {
				add(v.Document)
			}
		}
	}
	return trust.EvaluateAccesses(documents, trust.Access{Action: p.Action, Resource: p.Resource}).Verdict == trust.Allow
}

// outside is the first permission that a session policy does not allow: "The resulting
// session's permissions are the intersection" (API_AssumeRole.html, Policy).
func outside(policy string, needs []Permission) (Permission, bool) {
	if policy == "" {
		return Permission{}, false
	}
	d, err := trust.ParsePermissions(policy)
	for _, p := range needs {
		if err != nil || trust.EvaluateAccess(d, trust.Access{Action: p.Action, Resource: p.Resource}).Verdict != trust.Allow {
			return p, true
		}
	}
	return Permission{}, false
}
