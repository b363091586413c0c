package trust

import (
	"regexp"
	"strings"
)

// principal holds the statement's principals against the one that asks
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html).
func (e *env) principal(s Statement) Reason {
	r := Reason{Element: "Principal", Wanted: []string{}, Seen: []string{e.request.Principal.text()}, Result: No}
	for _, p := range s.principals {
		r.Wanted = append(r.Wanted, p.text())
		result, note := matchPrincipal(p, e.request.Principal)
		if r.Result != Yes && note != "" {
			r.Note = note
		}
		r.Result = r.Result.or(result)
	}
	if s.notPrincipals {
		return notPrincipal(s, r, e.request.Principal)
	}
	if r.Result == Yes {
		r.Note = ""
	}
	return r
}

// text is how a principal is shown: its type and its ID.
func (p Principal) text() string {
	if p.Type == "*" {
		return "*"
	}
	return p.Type + " " + p.ID
}

// notPrincipal: the statement is about everyone but those named. An AWS account and
// whoever belongs to it are looked at one after the other, so one who is named
// without the AWS account is perhaps not left out
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html).
func notPrincipal(s Statement, r Reason, who Principal) Reason {
	r.Element, r.Note = "NotPrincipal", ""
	if r.Result != Yes || who.Type != "AWS" {
		r.Result = r.Result.not()
		return r
	}
	missing := 0
	chain := lineage(who.ID)
	for _, id := range chain {
		named := false
		for _, p := range s.principals {
			named = named || p.Type == "*" || p.Type == "AWS" && (p.ID == "*" || withoutPath(p.ID) == withoutPath(id))
		}
		if !named {
			missing++
		}
	}
	r.Result = No
	if missing > 0 {
		r.Result, r.Note = Unknown, "IAM may look at the AWS account, the role and the session one after the other; name them all"
	}
	return r
}

// withoutPath makes IDs of one principal equal: an AWS account's two, and a role with
// and without its path, which a session's ARN lacks.
func withoutPath(id string) string {
	if head, role, ok := strings.Cut(id, ":role/"); ok {
		return head + ":role/" + lastPart(role)
	}
	return accountID(id)
}

// lineage is an AWS principal and what it belongs to: the role of a session, the AWS
// account.
func lineage(id string) []string {
	out := []string{id}
	a, ok := parseARN(id)
	if !ok {
		return out
	}
	root := "arn:" + a.partition + ":iam::" + a.account + ":root"
	if id != root {
		out = append(out, root)
	}
	if name, ok := sessionRole(a); ok {
		out = append(out, "arn:"+a.partition+":iam::"+a.account+":role/"+name)
	}
	return out
}

// arn is the ARN of a principal.
type arn struct{ partition, service, account, resource string }

func parseARN(s string) (arn, bool) {
	parts := strings.SplitN(s, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" {
		return arn{}, false
	}
	return arn{parts[1], parts[2], parts[4], parts[5]}, true
}

// sessionRole is the name of the role that a session is of.
func sessionRole(a arn) (string, bool) {
	parts := strings.Split(a.resource, "/")
	return parts[min(1, len(parts)-1)], a.service == "sts" && parts[0] == "assumed-role" && len(parts) == 3
}

var (
	bareAccount = regexp.MustCompile(`^[0-9]{12}$`)
	// uniqueID is what IAM shows in the place of a principal that was deleted.
	uniqueID = regexp.MustCompile(`^A[A-Z]{2}A[A-Z0-9]{12,}$`)
)
