package verify

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// examination takes one statement apart that should let the token in and does not.
type examination struct {
	*diagnosis
	s       trust.Statement
	index   int
	outcome trust.Outcome

	faults []trustFault
	// named is the issuer of the statement's provider.
	named string
	// principalOK: the statement names the right provider.
	principalOK bool
}

// trustFault is one thing that is wrong with a statement, and may be so in several places.
type trustFault struct {
	code      string
	statement int
	seen      []string
	repairs   several
}

// notOfApply are the codes of faults that helm irsa apply does not mend: irsa.yaml says them.
var notOfApply = []string{codePartitionMismatch, codeTokenAudienceMismatch}

func (f trustFault) finding(d *diagnosis) finding {
	fix := repair(f.repairs)
	if len(f.repairs) == 1 {
		fix = f.repairs[0]
	}
	if !slices.Contains(notOfApply, f.code) {
		fix = byApply{d.chain, fix}
	}
	return found(f.code, d.holder.String(), fmt.Sprintf("statement %d of the trust policy of %s: %s", f.statement+1, d.holder, strings.Join(f.seen, "; ")), fix).on(LinkTrust)
}

// fault notes something; a second one of the same code is added to the first.
func fault(e *examination, code, message string, fix repair) {
	i := slices.IndexFunc(e.faults, func(f trustFault) bool { return f.code == code })
	if i < 0 {
		i = len(e.faults)
		e.faults = append(e.faults, trustFault{code: code, statement: e.index})
	}
	e.faults[i].seen, e.faults[i].repairs = append(e.faults[i].seen, message), append(e.faults[i].repairs, fix)
}

func hasFault(e *examination, code string) bool {
	return slices.ContainsFunc(e.faults, func(f trustFault) bool { return f.code == code })
}

// examine gives all that is wrong, the earliest cause first: whom it names, its keys, its
// values.
func examine(e *examination) []trustFault {
	examinePrincipals(e)
	examineKeys(e)
	for i, c := range e.s.Conditions() {
		if conditionResult(e.outcome, i).Result == trust.No {
			examineValue(e, c)
		}
	}
	examineRequest(e)
	return e.faults
}

// examineRequest looks at the conditions on what AWS itself says of the request.
func examineRequest(e *examination) {
	const who = "a request with a web identity token"
	unmet := unmetConditions(e.s, e.outcome, func(c trust.Condition) bool { _, _, ofToken := splitKey(c.Key); return !ofToken })
	if len(unmet) == 0 {
		return
	}
	fix := repair(statement(e.diagnosis)) // without a condition on whose token it is, everybody with one would get in
	if left := e.s.Amended(amending(unmet)); slices.ContainsFunc(left.Conditions(), func(c trust.Condition) bool { return bindsSubject(e, c) }) {
		fix = edit(safe.Text(left.Text()))
	}
	fault(e, codeTrustConditionNotMet, sayUnmet(unmet, who), fix)
}

// bindsSubject reports whether a condition names whose token it must be.
func bindsSubject(e *examination, c trust.Condition) bool {
	name, claim, _ := splitKey(c.Key)
	return strings.EqualFold(name, e.issuer.name) && strings.EqualFold(claim, "sub") && positive(c.Operator) && !strings.HasSuffix(c.Operator, "IfExists")
}

// namesSubject reports whether the statement names the service account as it is.
func namesSubject(e *examination) bool {
	for i, c := range e.s.Conditions() {
		if bindsSubject(e, c) && conditionResult(e.outcome, i).Result == trust.Yes {
			return true
		}
	}
	return false
}

// examinePrincipals looks at Principal.Federated.
func examinePrincipals(e *examination) {
	principals, _ := e.s.Principals()
	want := providerARN(e.diagnosis.chain)
	var federated []string
	for _, p := range principals {
		if p.Type == "*" || p.Type == "Federated" && p.ID == want && want != "" {
			e.principalOK, e.named = true, e.issuer.name
			return
		}
		if p.Type == "Federated" {
			federated = append(federated, p.ID)
		}
	}
	if len(federated) == 0 {
		return
	}
	id := closestProvider(e, federated)
	examinePrincipal(e, id, want)
}

var twelveDigits = regexp.MustCompile(`^[0-9]{12}$`)

// closestProvider is the provider that is most like the one that is wanted.
func closestProvider(e *examination, ids []string) string {
	for _, like := range []func(id string) bool{
		func(id string) bool { return strings.HasSuffix(id, ":oidc-provider/"+e.issuer.name) },
		func(id string) bool {
			_, n, _ := strings.Cut(id, ":oidc-provider/")
			return otherRegion(n, e.issuer.name)
		},
		func(id string) bool { _, n, _ := strings.Cut(id, ":oidc-provider/"); return near(n, e.issuer.name) },
	} {
		if i := slices.IndexFunc(ids, like); i >= 0 {
			return ids[i]
		}
	}
	return ids[0]
}

// examinePrincipal says what is wrong with the provider's ARN.
func examinePrincipal(e *examination, id, want string) {
	parts, ok := splitARN(id)
	if !ok {
		fault(e, codeFederatedNotAnARN, fmt.Sprintf("Principal.Federated is %q", id), mended(e, id, want))
		e.named = normalIssuer(id)
		return
	}
	name, isProvider := strings.CutPrefix(parts.resource, "oidc-provider/")
	e.named = name
	seen := "Principal.Federated is "
	switch {
	case want == "": // without an issuer nothing says which provider it should be, and this is none
		fault(e, codeFederatedProviderARNTypo, seen+id+", which is no OIDC provider", mended(e, id, want))
	case !isProvider || parts.service != "iam" || parts.region != "":
		fault(e, codeFederatedProviderARNTypo, seen+difference(id, want)+alsoKeys(e), mended(e, id, want))
	case name == e.issuer.name && parts.partition != partition(e.diagnosis.chain):
		fault(e, codePartitionMismatch, seen+difference(id, want)+alsoKeys(e), mended(e, id, want))
	case name == e.issuer.name && !twelveDigits.MatchString(parts.account):
		fault(e, codeFederatedProviderARNTypo, seen+difference(id, want)+alsoKeys(e), mended(e, id, want))
	case name == e.issuer.name: // and the AWS account is another
		otherAccount(e, id, want, parts.account)
	case otherRegion(name, e.issuer.name):
		fault(e, codeIssuerRegionMismatch, seen+difference(id, want)+alsoKeys(e), mended(e, id, want))
	case !exists(e, id) && (near(name, e.issuer.name) || normalIssuer(name) == e.issuer.name || malformedEKS(name)):
		fault(e, codeFederatedProviderARNTypo, seen+difference(id, want)+alsoKeys(e), mended(e, id, want))
	default:
		fault(e, codeIssuerMismatch, fmt.Sprintf("%s%s; the cluster's issuer is https://%s", seen, id, e.issuer.name)+alsoKeys(e), besideOrMended(e, id, want))
	}
}

// arnParts are the parts of an ARN behind its first
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html).
type arnParts struct{ partition, service, region, account, resource string }

// splitARN takes an ARN apart; false where the text is none.
func splitARN(s string) (arnParts, bool) {
	f := strings.SplitN(s, ":", 6)
	if f[0] != "arn" || len(f) < 6 {
		return arnParts{}, false
	}
	return arnParts{f[1], f[2], f[3], f[4], f[5]}, true
}

// otherAccount: the provider's ARN has another AWS account than the role's.
func otherAccount(e *examination, id, want, account string) {
	f := fmt.Sprintf("Principal.Federated is %s; %s is in AWS account %s, not %s", id, e.holder.String(), roleAccount(e.diagnosis.chain), account)
	fix := mended(e, id, want)
	if c := e.diagnosis.chain; lacksProvider(c) {
		f += "; AWS account " + roleAccount(c) + " has no such provider"
		fix = several{run{createProvider(c).Note("with credentials of AWS account " + roleAccount(c))}, fix}
	}
	fault(e, codeFederatedAccountMismatch, f, fix)
}

// lacksProvider: what was read of the role's AWS account has no provider of the cluster's issuer, so
// that naming it is not enough.
func lacksProvider(c *chain) bool {
	account := roleAccount(c)
	if !c.snapshot.Providers.Read || c.issuer.name == "" || account == "" || provider(c) != nil {
		return false
	}
	if c.snapshot.Accounts != nil {
		return c.snapshot.Accounts[account].Providers
	}
	return readAccount(c.facts, account)
}

// exists reports whether the AWS account has a provider of that ARN.
func exists(e *examination, arn string) bool {
	_, there := providers(e.diagnosis.chain.facts).arn[arn]
	return there
}

// malformedEKS: it speaks of EKS and is not of its form, or has the domain of another
// partition.
func malformedEKS(name string) bool {
	m := eksIssuer.FindStringSubmatch(name)
	if m == nil {
		return strings.Contains(name, "eks") && strings.Contains(name, "oidc")
	}
	china := strings.HasPrefix(m[1], "cn-")
	return china && m[2] == "amazonaws.com" || !china && m[2] == "amazonaws.com.cn"
}

// besideOrMended: a statement that lets others in, such as another cluster or a CI
// system, stays, and one for the service account comes beside it.
func besideOrMended(e *examination, id, want string) repair {
	if exists(e, id) {
		return statement(e.diagnosis)
	}
	for _, c := range e.s.Conditions() {
		if _, claim, _ := splitKey(c.Key); strings.EqualFold(claim, "sub") && len(c.Values) > 0 && !slices.ContainsFunc(c.Values, isSubject) {
			return statement(e.diagnosis)
		}
	}
	return mended(e, id, want)
}

// mended is the statement with the right provider, and with the right issuer in the
// condition keys that had the provider's. Where that does not let the service account in either,
// it is the one that does.
func mended(e *examination, id, want string) repair {
	want = orForm(want, "arn:aws:iam::ACCOUNT:oidc-provider/"+orForm(e.issuer.name, "ISSUER"))
	text := strings.ReplaceAll(e.s.Text(), `"`+id+`"`, `"`+want+`"`)
	if !strings.Contains(e.issuer.name, e.named) {
		text = strings.ReplaceAll(text, e.named+":", e.issuer.name+":")
	}
	if fixed, err := trust.Parse(`{"Version":"2012-10-17","Statement":[` + text + `]}`); err != nil || trust.Evaluate(fixed, request(e.diagnosis)).Verdict == trust.ImplicitDeny {
		return statement(e.diagnosis)
	}
	return edit(safe.Text(text))
}

// alsoKeys says that the condition keys have the same fault.
func alsoKeys(e *examination) string {
	for _, c := range e.s.Conditions() {
		if name, _, _ := splitKey(c.Key); e.named != e.issuer.name && strings.EqualFold(name, e.named) {
			return "; the condition keys have the same"
		}
	}
	return ""
}
