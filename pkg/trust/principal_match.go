package trust

import "strings"

// matchPrincipal says whether one who asks is the one whom a statement names, and
// what a person should know of the answer.
//
// A statement that names an AWS account is about the identities in it, to which it
// "delegates authority": its root user, its IAM users and roles, and their sessions. A web
// identity token is none of these, though the OIDC provider that stands for its issuer is in
// an AWS account: "you authenticate as one principal at a time", and a request with a token
// comes from the principal that is named under Federated, which is what a policy uses "to
// allow or deny access based on the trusted web identity provider"
// (reference_policies_elements_principal.html, "Web identity session principals"). So
// neither an Allow nor a Deny of the AWS account meets the token. The session that comes of it is
// the role's: a Deny of the AWS account, of the role or of the session meets what it asks for
// next, such as AssumeRole of another role. Nor is an AWS service in anybody's AWS account.
func matchPrincipal(want, who Principal) (Answer, string) {
	switch {
	case want.Type == "*":
		return Yes, ""
	case want.Type != who.Type && want.Type == "AWS" && want.ID == "*":
		return Unknown, `whether {"AWS": "*"} means others than AWS principals is not documented`
	case want.Type != who.Type:
		return No, ""
	case want.ID == who.ID:
		return Yes, ""
	case want.Type == "AWS" && want.ID == "*":
		return Yes, ""
	case strings.ContainsAny(want.ID, "*?"):
		// "You cannot use a wildcard to match part of a principal name or ARN."
		if globMatch(want.ID, who.ID) {
			return Unknown, "IAM takes no wildcard inside a principal"
		}
		return No, ""
	case want.Type == "AWS":
		return matchAWS(want.ID, who.ID)
	}
	return No, ""
}

// matchAWS says whether an AWS principal is, or belongs to, the one that is named.
func matchAWS(want, who string) (Answer, string) {
	w, wantARN := parseARN(want)
	a, whoARN := parseARN(who)
	if account := accountID(want); bareAccount.MatchString(account) {
		// The AWS account and everyone in it; an ARN also says which partition.
		same := accountID(who) == account || whoARN && a.account == account
		return answer(same && (!wantARN || !whoARN || w.partition == a.partition)), ""
	}
	switch {
	case uniqueID.MatchString(want):
		return No, "the principal was deleted; the policy keeps its ID, which a new one of that name does not have"
	case !wantARN || !whoARN || w.partition != a.partition || w.account != a.account:
		return No, ""
	}
	return related(w, a)
}

// related compares roles with sessions, and users with their federated sessions.
func related(want, who arn) (Answer, string) {
	wanted, wantsSession := sessionRole(want)
	name, isSession := sessionRole(who)
	switch {
	case isSession && want.is("role/"):
		// A session's ARN has the role's name without its path; names are unique in an
		// AWS account.
		return sameRole(lastPart(want.resource), name)
	case isSession && wantsSession && lastPart(want.resource) == lastPart(who.resource):
		return sameRole(wanted, name)
	case wantsSession && who.is("role/") && strings.EqualFold(lastPart(who.resource), wanted):
		return Unknown, "the policy names one session of the role, the request does not say which"
	case want.is("role/") && who.is("role/"):
		return sameRole(want.resource, who.resource)
	case want.is("user/") && strings.HasPrefix(who.resource, "federated-user/") && lastPart(want.resource) == lastPart(who.resource):
		return Unknown, "whether a user stands for its federated sessions is not documented"
	}
	return No, ""
}

// sameRole compares the names of two roles in one AWS account. "In a Principal element, the
// user name part of the ARN is case sensitive"; of a role's the page does not say so, and
// the names of two roles do not differ in case alone
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html).
func sameRole(want, who string) (Answer, string) {
	switch {
	case want == who:
		return Yes, ""
	case strings.EqualFold(want, who):
		return Unknown, "whether upper and lower case count in a role's name is not documented"
	}
	return No, ""
}

// is reports whether the ARN is of one of IAM's resources, such as role/.
func (a arn) is(kind string) bool { return a.service == "iam" && strings.HasPrefix(a.resource, kind) }

func lastPart(resource string) string { return resource[strings.LastIndexByte(resource, '/')+1:] }
