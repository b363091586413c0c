package trust

import "strings"

// matchPrincipal says whether one who asks is the one whom a statement names, and
// what a person should know of the answer.
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
		// The account and everyone in it; an ARN also says which partition.
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
	if name, ok := sessionRole(who); ok && want.service == "iam" && strings.HasPrefix(want.resource, "role/") {
		// A session's ARN has the role's name without its path; names are unique in an account.
		return answer(lastPart(want.resource) == name), ""
	}
	if name, ok := sessionRole(want); ok && who.service == "iam" && strings.HasPrefix(who.resource, "role/") && lastPart(who.resource) == name {
		return Unknown, "the policy names one session of the role, the request does not say which"
	}
	if want.service == "iam" && strings.HasPrefix(want.resource, "user/") &&
		strings.HasPrefix(who.resource, "federated-user/") && lastPart(want.resource) == lastPart(who.resource) {
		return Unknown, "whether a user stands for its federated sessions is not documented"
	}
	return No, ""
}

func lastPart(resource string) string { return resource[strings.LastIndexByte(resource, '/')+1:] }
