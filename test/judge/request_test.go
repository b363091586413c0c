package judge

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// dice decide everything that is random here; the seed decides them.
type dice struct{ *rand.Rand }

func newDice(seed uint64) dice { return dice{rand.New(rand.NewPCG(seed, 7))} }

// one in so many.
func (d dice) in(n int) bool { return d.IntN(n) == 0 }

func pick[T any](d dice, of ...T) T { return of[d.IntN(len(of))] }

// request is one call: as much as is known of it, and one way in which it may really be.
type request struct {
	known trust.Request
	whole trust.Request // everything that known leaves open is decided
}

const (
	account = "111122223333"
	roleARN = "arn:aws:iam::111122223333:role/team/app"
)

var issuers = []string{"https://oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE", "https://irsa-prod.s3.eu-central-1.amazonaws.com/prod"}

func providerARN(issuer string) string {
	return "arn:aws:iam::" + account + ":oidc-provider/" + trust.ProviderName(issuer)
}

// webIdentity is the call of a pod with its service account's token.
func (d dice) webIdentity() trust.Request {
	issuer := pick(d, issuers...)
	t := trust.Token{
		Issuer: issuer, ProviderARN: providerARN(issuer),
		Subject:   "system:serviceaccount:" + pick(d, "shop", "zebra") + ":" + pick(d, "app", "a*b", "App"),
		Audiences: pick(d, []string{"sts.amazonaws.com"}, []string{"sts.amazonaws.com", "https://vault.example.com"}, nil),
		Claims:    map[string][]string{},
	}
	if d.in(4) {
		t.Claims["email"] = []string{"a.b+c@example.com"}
	}
	if d.in(4) {
		t.Claims["amr"] = []string{"authenticated", "login.example.com"}
	}
	if d.in(6) {
		t.Claims["azp"] = []string{"client-1"}
	}
	return d.ofRole(trust.WebIdentity(t))
}

// podIdentity is a call of EKS Pod Identity for an association, or of the association's
// role for the target role.
func (d dice) podIdentity() trust.Request {
	p := trust.PodIdentity{
		ClusterARN: "arn:aws:eks:eu-west-3:111122223333:cluster/prod", ClusterName: "prod",
		Namespace: pick(d, "shop", "zebra"), ServiceAccount: "app",
		RoleARN: roleARN, NoTags: d.in(3),
		RoleTags: pick(d, nil, map[string]string{"team": "shop"}),
	}
	if d.in(2) {
		return d.ofRole(pick(d, p.Requests()...))
	}
	return d.ofRole(pick(d, p.TargetRequests()...))
}

// callers are the AWS principals that ask.
var callers = []string{
	roleARN, "arn:aws:iam::111122223333:role/app", "arn:aws:iam::444455556666:role/app",
	"arn:aws:sts::111122223333:assumed-role/app/s1", "arn:aws:sts::111122223333:assumed-role/App/s1",
	"arn:aws:sts::444455556666:assumed-role/app/s1",
	"arn:aws:iam::111122223333:user/alice", "arn:aws:iam::111122223333:user/dev/alice",
	"arn:aws:iam::111122223333:root", "arn:aws:iam::444455556666:root",
	"arn:aws:sts::111122223333:federated-user/alice",
	"arn:aws-cn:iam::111122223333:role/app", "arn:aws-cn:sts::111122223333:assumed-role/app/s1",
}

var services = []string{"ec2.amazonaws.com", "lambda.amazonaws.com", trust.PodIdentityService}

// assume is the call of somebody who has credentials, of whom the ARN is known.
func (d dice) assume() trust.Request {
	r := trust.Request{
		Action:    pick(d, trust.ActionAssumeRole, trust.ActionAssumeRole, trust.ActionTagSession, "sts:SetSourceIdentity"),
		Principal: trust.Principal{Type: "AWS", ID: pick(d, callers...)},
		Context:   map[string][]string{},
		Unknown:   []string{"aws:*", "sts:*"},
	}
	if d.in(5) {
		r.Principal = trust.Principal{Type: "Service", ID: pick(d, services...)}
	}
	return d.ofRole(r)
}

func (d dice) ofRole(r trust.Request) trust.Request {
	tags := pick(d, nil, map[string]string{}, map[string]string{"team": "shop", "empty": ""})
	return r.OfRole(pick(d, "", "arn:aws:iam::111122223333:role/asked-for"), tags)
}

// request makes a call and decides what is open about it.
func (d dice) request() request {
	known := pick(d, d.webIdentity, d.webIdentity, d.podIdentity, d.assume)()
	whole := trust.Request{Action: known.Action, Principal: known.Principal, Context: maps.Clone(known.Context)}
	for _, key := range slices.Sorted(maps.Keys(known.Perhaps)) {
		if d.in(2) {
			whole.Context[key] = known.Perhaps[key]
		}
	}
	for _, k := range keys {
		if d.in(3) && open(known, k.name) {
			whole.Context[k.name] = pick(d, k.sets...)
		}
	}
	return request{known, whole}
}

// open reports whether a request may have a key, with any value.
func open(r trust.Request, key string) bool {
	for have := range r.Context {
		if strings.EqualFold(have, key) {
			return false
		}
	}
	for have := range r.Perhaps {
		if strings.EqualFold(have, key) {
			return false
		}
	}
	return fits(r.Unknown, key) > fits(r.Absent, key)
}

// fits is how long the longest of the names is that stands for a key; 0 where none does.
func fits(names []string, key string) int {
	longest := 0
	for _, name := range names {
		switch prefix, wild := strings.CutSuffix(strings.ToLower(name), "*"); {
		case strings.EqualFold(name, key):
			longest = max(longest, len(key)+2)
		case wild && strings.HasPrefix(strings.ToLower(key), prefix):
			longest = max(longest, len(prefix)+1)
		}
	}
	return longest
}

// keyInfo is a condition key that a request may have.
type keyInfo struct {
	name string
	kind string // which operators suit it
	sets [][]string
}

func single(values ...string) [][]string {
	var out [][]string
	for _, v := range values {
		out = append(out, []string{v})
	}
	return out
}

var keys = []keyInfo{
	{"aws:SourceIp", "ip", single("203.0.113.7", "10.1.2.3", "2001:db8::7")},
	{"aws:VpcSourceIp", "ip", single("10.0.0.5")},
	{"aws:CurrentTime", "date", single("2026-03-01T12:00:00Z", "2026-03-01T13:00:00+01:00", "2026-03-01")},
	{"aws:EpochTime", "date", single("1772366400")},
	{"aws:TokenIssueTime", "date", single("2026-03-01T11:59:59Z")},
	{"aws:SecureTransport", "bool", single("true", "false")},
	{"aws:PrincipalIsAWSService", "bool", single("true", "false")},
	{"aws:MultiFactorAuthPresent", "bool", single("true", "false")},
	{"aws:MultiFactorAuthAge", "number", single("30", "3600", "0.5", "-1")},
	{"sts:DurationSeconds", "number", single("900", "43200")},
	{"aws:PrincipalOrgID", "string", single("o-a1b2c3d4e5")},
	{"aws:PrincipalOrgPaths", "string", [][]string{{"o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/"}, {"o-a1b2c3d4e5/r-ab12/", "o-zzzz/r-1/"}}},
	{"aws:PrincipalAccount", "string", single(account, "444455556666")},
	{"aws:PrincipalArn", "arn", single(roleARN, "arn:aws:iam::111122223333:user/alice")},
	{"aws:PrincipalTag/team", "string", single("shop", "Shop", "")},
	{"aws:RequestTag/team", "string", single("shop", "a:b/c", "")},
	{"aws:RequestTag/kubernetes-namespace", "string", single("shop", "zebra")},
	{"aws:TagKeys", "string", [][]string{{"team"}, {"team", "kubernetes-namespace"}, {"", "team"}}},
	{"sts:TransitiveTagKeys", "string", [][]string{{"team", "cost"}}},
	{"aws:SourceArn", "arn", single("arn:aws:eks:eu-west-3:111122223333:cluster/prod", "arn:aws:s3:::bucket/a:b")},
	{"aws:SourceAccount", "string", single(account)},
	{"aws:SourceVpc", "string", single("vpc-0abc", "vpc-0ABC")},
	{"aws:username", "string", single("alice")},
	{"aws:userid", "string", single("AROAEXAMPLEEXAMPLE123:s1", "AIDAEXAMPLEEXAMPLE456")},
	{"aws:ResourceTag/team", "string", single("shop")},
	{"sts:ExternalId", "string", single("eu-west-3/111122223333/prod/shop/app", "secret")},
	{"sts:RoleSessionName", "string", single("s1", "alice")},
	{"sts:SourceIdentity", "string", single("alice")},
	{"aws:RequestTag/blob", "binary", single("QmluYXJ5", "AAE=")},
}

// kindOf is which operators suit a key.
func kindOf(key string) string {
	for _, k := range keys {
		if strings.EqualFold(k.name, key) {
			return k.kind
		}
	}
	return "string"
}
