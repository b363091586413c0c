package trust

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// EntrantKind is what kind of caller a trust policy lets in.
type EntrantKind string

// The kinds of entrants.
const (
	// EntersByToken: who has a token of an OIDC issuer, such as a service account.
	EntersByToken EntrantKind = "token"
	// EntersAsAccount: the users and roles of an AWS account, as far as that lets them.
	EntersAsAccount EntrantKind = "account"
	// EntersAsPrincipal: one user, role or session.
	EntersAsPrincipal EntrantKind = "principal"
	// EntersAsService: an AWS service.
	EntersAsService EntrantKind = "service"
	// EntersAsAnybody: the users and roles of every AWS account.
	EntersAsAnybody EntrantKind = "anybody"
	// EntersBySAML: whoever a SAML provider signs in.
	EntersBySAML EntrantKind = "saml"
	// EntersSomehow: whom a statement means that cannot be taken apart.
	EntersSomehow EntrantKind = "unknown"
)

// Entrant is somebody whom a trust policy lets assume the role.
type Entrant struct {
	// Statement is the index of the statement, from 0, and Sid its name.
	Statement int
	Sid       string
	Kind      EntrantKind
	// ID is the principal: an ARN, an AWS account's ID, a service, an OIDC provider.
	ID string
	// Account is the AWS account of an AWS principal; empty where that is not known.
	Account string
	// Issuer is the issuer's name, without https://, and Subject what its tokens must have
	// under :sub: exact, or a Pattern. It is empty where nothing is asked that binds.
	Issuer, Subject string
	Pattern         bool
	// Open: somebody gets in whom nobody named. Of an issuer any subject, of an AWS account
	// any user or role, of all of AWS any AWS account.
	Open bool
	// Conditions are those that were asked beside the subject and the audience.
	Conditions []Condition
	// AllActions: the statement has a wildcard that stands for more than assuming the role.
	AllActions bool
}

// Entrants says whom a document lets in: each principal that may assume the role, with what
// is asked of it. Whether the principal's own policies allow it is not looked at.
func Entrants(d Document) []Entrant { return d.Newcomers(Document{}) }

// Newcomers says whom the document lets in that the one before did not, or may not have
// (see Widens). Deny statements that went are not among them.
func (d Document) Newcomers(before Document) []Entrant {
	var out []Entrant
	for _, w := range Widens(before, d) {
		if e, ok := d.entrant(w); ok && !slices.ContainsFunc(out, e.same) {
			out = append(out, e)
		}
	}
	return out
}

// Leavers says whom the document lets in that the one after it does not, or may not: gone
// are those who get in no more at all, changed those of whom something else is asked, such
// as another audience.
func (d Document) Leavers(after Document) (gone, changed []Entrant) {
	stay := Entrants(after)
	for _, e := range d.Newcomers(after) {
		if slices.ContainsFunc(stay, e.same) {
			changed = append(changed, e)
		} else {
			gone = append(gone, e)
		}
	}
	return gone, changed
}

// same reports whether two entrants differ in their statement alone.
func (e Entrant) same(other Entrant) bool {
	return e.Kind == other.Kind && accountID(e.ID) == accountID(other.ID) && e.Subject == other.Subject && e.Pattern == other.Pattern && e.Open == other.Open &&
		slices.EqualFunc(e.Conditions, other.Conditions, Condition.sameText)
}

// entrant is who gets in by one piece of the document. It reports false where nobody does:
// for actions that assume nothing by themselves, and for a deny that is gone.
func (d Document) entrant(w Widening) (Entrant, bool) {
	e := Entrant{Statement: w.Statement, Sid: w.Sid, ID: w.Principal.ID, Conditions: w.Conditions}
	if w.Note != "" {
		e.Kind, e.Open = EntersSomehow, true
		return e, w.Statement < len(d.statements) && d.statements[w.Statement].allow
	}
	action := glob(strings.ToLower(w.Action))
	does := func(name string) bool { return match(action, plain(strings.ToLower(name))) }
	e.AllActions = does("sts:GetCallerIdentity")
	switch w.Principal.Type {
	case "AWS":
		e.aws(d)
		return e, does(ActionAssumeRole) && !uniqueID.MatchString(e.ID)
	case "Service":
		e.Kind = EntersAsService
		return e, does(ActionAssumeRole)
	case "*":
		e.Kind, e.ID, e.Open = EntersAsAnybody, "*", does(ActionWebIdentity) || d.admits(anybody(), e.Conditions)
		return e, does(ActionAssumeRole) || does(ActionWebIdentity)
	case "Federated":
		if strings.Contains(e.ID, ":saml-provider/") {
			e.Kind = EntersBySAML
			return e, does("sts:AssumeRoleWithSAML")
		}
		e.token(d)
		return e, does(ActionWebIdentity)
	}
	return e, false
}

// aws tells whose an AWS principal is.
func (e *Entrant) aws(d Document) {
	switch a, ok := parseARN(e.ID); {
	case e.ID == "*":
		e.Kind, e.Open = EntersAsAnybody, d.admits(anybody(), e.Conditions)
	case bareAccount.MatchString(accountID(e.ID)):
		e.Kind, e.Account = EntersAsAccount, accountID(e.ID)
		e.Open = d.admits(anybodyOf(e.Account), e.Conditions)
	default:
		e.Kind = EntersAsPrincipal
		if ok && bareAccount.MatchString(a.account) {
			e.Account = a.account
		}
	}
}

// token tells whose tokens get in.
func (e *Entrant) token(d Document) {
	e.Kind, e.Issuer = EntersByToken, providerOf(e.ID)
	e.Open = d.admits(anyToken(e.ID), e.Conditions)
	prefix := strings.ToLower(e.Issuer) + ":"
	var rest []Condition
	for _, c := range e.Conditions {
		claim, own := strings.CutPrefix(strings.ToLower(c.Key), prefix)
		op, ok := parseOperator(c.Operator)
		switch exact := ok && !op.negated && !op.ifExists && op.quantifier != forAll && len(c.Values) == 1; {
		case own && claim == "sub" && exact && e.Subject == "" && strings.HasPrefix(op.name, "String"):
			e.Subject = c.Values[0]
			e.Pattern = op.name == "StringLike" && strings.ContainsAny(e.Subject, "*?")
		case own && claim == "aud" && exact && !publicProviders[e.Issuer]: // see anyToken
		default:
			rest = append(rest, c)
		}
	}
	e.Conditions = rest
}

// Namespace and name of a service account, where the subject is exactly that of one.
func (e Entrant) serviceAccount() (string, bool) {
	rest, ok := strings.CutPrefix(e.Subject, serviceAccountPrefix)
	namespace, name, colon := strings.Cut(rest, ":")
	return namespace + "/" + name, ok && colon && !e.Pattern && namespace != "" && name != ""
}

// Describe says who the entrants are, one phrase for all that belong together. cluster
// names the cluster whose issuer it is given, such as "cluster prod", and is empty for
// other issuers. own is the ARN of the role that they assume.
func Describe(all []Entrant, own string, cluster func(issuer string) string) []string {
	var out []string
	accounts := map[string][]string{} // by place, in its order
	for _, e := range all {
		place := cmp.Or(cluster(e.Issuer), "issuer https://"+e.Issuer)
		if name, ok := e.serviceAccount(); ok && e.Kind == EntersByToken && !e.Open && len(e.Conditions) == 0 {
			if accounts[place] == nil {
				out = append(out, place)
			}
			accounts[place] = append(accounts[place], name)
			continue
		}
		out = append(out, e.phrase(place, own, cluster(e.Issuer) != ""))
	}
	for i, place := range out {
		if names := accounts[place]; names != nil {
			out[i] = serviceAccounts(names) + " of " + place
		}
	}
	return out
}

// manyNames is how many names a line has room for.
const manyNames = 10

func serviceAccounts(names []string) string {
	if len(names) == 1 {
		return "service account " + names[0]
	}
	last := names[len(names)-1]
	if more := len(names) - manyNames; more > 0 {
		names, last = names[:manyNames+1], "others, "+strconv.Itoa(len(names))+" in all"
	}
	return "service accounts " + strings.Join(names[:len(names)-1], ", ") + " and " + last
}
