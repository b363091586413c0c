package awsiam

import (
	"regexp"
	"strings"
)

// What AWS says of a refusal: which permission, and which kind of policy decided. "because no
// … allows" is a permission that is missing there, "with an explicit deny in a …" a Deny, which
// wins over whatever allows it
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html, "Access
// denied error message examples").
var (
	refusal = regexp.MustCompile(`is not authorized to perform: (\w+:\w+)(?: on resource: (\S+))?`)
	denying = regexp.MustCompile(`with an explicit deny in an? ([a-zA-Z -]+?(?:policy|boundary))(?:[: ]+(arn:\S+))?(?:[\s.,;]|$)`)
	lacking = regexp.MustCompile(`because no ([a-zA-Z -]+?(?:policy|boundary)) allows`)
)

// The kinds of policies that AWS names.
const (
	ofOrganization = "service control policy"
	ofResources    = "resource control policy"
	ofBoundary     = "permissions boundary"
	ofSession      = "session policy"
	ofEndpoint     = "VPC endpoint policy"
)

// whoChanges says what has to be done where a kind of policy is in the way. The caller's own
// policies are the kind that is left.
func whoChanges(kind string) string {
	switch kind {
	case ofOrganization, ofResources:
		return "whoever keeps the organization's policies has to change that, or use an AWS account that it is not for"
	case ofBoundary:
		return "have the permissions boundary of the caller changed, or use other credentials"
	case ofSession:
		return "assume the role with a session policy that allows it, or with none"
	case ofEndpoint:
		return "have the policy of the VPC endpoint changed, or call AWS from elsewhere"
	}
	return "have that Deny changed, or use other credentials"
}

// allow says which permission to give: the one that AWS names, else the call's own. Where
// something denies it, or another policy than the caller's own lacks it, to give it does not
// help, and it says what does.
func allow(message, call string, s subject) string {
	if m := refusal.FindStringSubmatch(message); m != nil {
		call = m[1]
		if m[2] != "" {
			s.resource = strings.Trim(m[2], `"'.,`)
		}
	}
	if s.resource != "" {
		call += " on " + s.resource
	}
	if m := denying.FindStringSubmatch(message); m != nil {
		which := withArticle(m[1])
		if m[2] != "" {
			which += " (" + strings.Trim(m[2], `"'.,`) + ")"
		}
		return which + " denies " + call + ", and no permission that is given beside it helps: " + whoChanges(m[1])
	}
	if m := lacking.FindStringSubmatch(message); m != nil && m[1] != "identity-based policy" {
		if told := whoChanges(m[1]); told != whoChanges("") {
			return "no " + m[1] + " allows " + call + ": " + told
		}
	}
	hint := "allow " + call + printsPolicy
	if _, operation, _ := strings.Cut(call, ":"); strings.HasPrefix(operation, "Delete") || strings.HasPrefix(operation, "Detach") {
		hint += ", with --leftovers that for what irsa.yaml no longer names"
	}
	return hint
}

// printsPolicy says who knows all that has to be allowed: it needs an irsa.yaml.
const printsPolicy = "; helm irsa permissions prints the whole policy that is needed"

func withArticle(kind string) string {
	if strings.HasPrefix(kind, "identity") {
		return "an " + kind
	}
	return "a " + kind
}
