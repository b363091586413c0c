package trust

import (
	"strconv"
	"strings"
)

// phrase says in words who an entrant is, and what is asked of it. place is its issuer.
func (e Entrant) phrase(place string, own string, ofCluster bool) string {
	var who string
	switch e.Kind {
	case EntersByToken:
		who = e.tokens(place, ofCluster)
	case EntersAsAccount:
		who = "every user and role of AWS account " + e.Account
		if e.Account == accountOf(own) {
			who = "every user and role of its own AWS account " + e.Account
		}
		if e.Open {
			who += " whose policies there allow it"
		}
	case EntersAsPrincipal:
		who = e.oneOf(own)
	case EntersAsService:
		who = "the AWS service " + e.ID
		if e.ID == PodIdentityService {
			who = "pods with an EKS Pod Identity association in its AWS account"
			if named := e.pods(); named != "" {
				return named
			}
		}
	case EntersAsAnybody:
		who = "users and roles of any AWS account"
		if e.Open {
			who = "EVERYBODY: every user and role of every AWS account"
		}
	case EntersBySAML:
		who = "whoever the SAML provider " + e.ID + " signs in"
	default:
		return "whom statement " + strconv.Itoa(e.Statement+1) + " means, which cannot be taken apart"
	}
	if e.AllActions {
		who += ", with every action of STS"
	}
	for i, c := range e.Conditions {
		who += []string{", if ", " and "}[min(i, 1)] + c.Operator + " " + c.Key + " " + quoted(c.Values, "or")
	}
	return who
}

// tokens says whose tokens get in.
func (e Entrant) tokens(place string, ofCluster bool) string {
	asked := ", whatever its subject is"
	if e.Subject != "" {
		asked = ", by the pattern " + e.Subject
	}
	account, exact := e.serviceAccount()
	switch {
	case e.Open && ofCluster && e.Subject != "" && !AnyAccount(e.Subject):
		return "ANY service account of " + place + " that matches " + e.Subject
	case e.Open && ofCluster:
		return "EVERY service account of " + place + asked
	case e.Open:
		return "EVERYBODY with a token of " + place + asked
	case exact:
		return "service account " + account + " of " + place
	case e.Pattern && strings.HasPrefix(e.Subject, serviceAccountPrefix):
		return "the service accounts " + strings.TrimPrefix(e.Subject, serviceAccountPrefix) + " of " + place
	case e.Subject != "":
		return "tokens of " + place + " with the subject " + e.Subject
	}
	return "tokens of " + place
}

// oneOf names one principal.
func (e Entrant) oneOf(own string) string {
	switch {
	case e.ID == own:
		return "the role itself"
	case e.Account == "":
		return e.ID
	case e.Account == accountOf(own):
		a, _ := parseARN(e.ID)
		return a.resource + " of its own AWS account"
	}
	return e.ID + " of AWS account " + e.Account
}

// accountOf is the AWS account in an ARN, or the text itself.
func accountOf(id string) string {
	if a, ok := parseARN(id); ok {
		return a.account
	}
	return id
}
