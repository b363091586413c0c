package awsiam

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

const provenARN = "arn:aws:iam::111122223333:role/helm-irsa/web-role"

// sidStatement is a statement under a Sid.
func sidStatement(sid string) string {
	return fmt.Sprintf(`{"Sid":%q,"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}`, sid)
}

func trustWith(sids ...string) string {
	var out []string
	for _, sid := range sids {
		out = append(out, sidStatement(sid))
	}
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(out, ",") + `]}`
}

// trustOf is a trust policy with a statement of each owner, in their order.
func trustOf(owners ...Owner) string {
	var sids []string
	for _, o := range owners {
		sids = append(sids, o.trust().Sid(1))
	}
	return trustWith(sids...)
}

// TestClaims: tags are a claim, and which trust policies prove it.
func TestClaims(t *testing.T) {
	t.Parallel()
	other := Owner{Cluster: "prod", Namespace: "shop", Release: "other", Scope: webOwner.Scope}
	adoptedSid := strings.Replace(webOwner.trust().Sid(1), "N1", "A1", 1)
	with := func(tags map[string]string, key, value string) map[string]string {
		out := maps.Clone(tags)
		out[key] = value
		return out
	}
	id := webOwner.roleTags(provenARN, nil)
	for name, tt := range map[string]struct {
		tags    map[string]string
		trust   string
		proven  bool
		adopted bool
	}{
		"tags, id and statement":                {id, trustOf(webOwner), true, false},
		"of the version before, without id":     {webOwner.Tags(), trustOf(webOwner), true, false},
		"with others' tags":                     {with(id, "team", "blue"), trustOf(webOwner), true, false},
		"before a release that shares it":       {id, trustOf(webOwner, other), true, false},
		"behind a release that shares it":       {id, trustOf(other, webOwner), false, false},
		"behind statements of strangers":        {id, trustWith("x", "HelmIrsa", webOwner.trust().Sid(1)), true, false},
		"its first statement is gone":           {id, trustWith(webOwner.trust().Sid(2)), true, false},
		"adopted":                               {id, trustWith(adoptedSid), true, true},
		"adopted, behind one that shares it":    {id, trustWith(other.trust().Sid(1), adoptedSid), true, true},
		"no statement":                          {id, trustWith("x"), false, false},
		"no trust policy":                       {id, "", false, false},
		"another release's statement":           {id, trustOf(other), false, false},
		"no tags":                               {nil, trustOf(webOwner), false, false},
		"no cluster":                            {change(webOwner, spec.TagCluster, "-"), trustOf(webOwner), false, false},
		"no namespace":                          {change(webOwner, spec.TagNamespace, "-"), trustOf(webOwner), false, false},
		"no release":                            {change(webOwner, spec.TagRelease, "-"), trustOf(webOwner), false, false},
		"no scope":                              {change(webOwner, spec.TagScope, "-"), trustOf(webOwner), false, false},
		"another scope's":                       {change(webOwner, spec.TagScope, "111122223333/us-east-1"), trustOf(webOwner), false, false},
		"another AWS account's":                 {change(webOwner, spec.TagScope, "444455556666/eu-west-3"), trustOf(webOwner), false, false},
		"another cluster's":                     {change(webOwner, spec.TagCluster, "test"), trustOf(webOwner), false, false},
		"another namespace's":                   {change(webOwner, spec.TagNamespace, "other"), trustOf(webOwner), false, false},
		"another release's":                     {change(webOwner, spec.TagRelease, "second"), trustOf(webOwner), false, false},
		"a release in other case":               {change(webOwner, spec.TagRelease, "Web"), trustOf(webOwner), false, false},
		"of no name":                            {change(webOwner, spec.TagRelease, ""), trustOf(webOwner), false, false},
		"tags copied from another role":         {webOwner.roleTags(provenARN+"-2", nil), trustOf(webOwner), false, false},
		"an id of another release":              {with(id, spec.TagID, roleID(other, provenARN)), trustOf(webOwner), false, false},
		"an id that is empty":                   {with(id, spec.TagID, ""), trustOf(webOwner), false, false},
		"a Sid that only looks like ours":       {id, trustWith(webOwner.trust().Sid(1) + "x"), false, false},
		"the Sid of a statement without number": {id, trustWith(strings.TrimSuffix(webOwner.trust().Sid(1), "1")), false, false},
	} {
		c := claimOf(&seenRole{Name: "web-role", ARN: provenARN, Tags: tt.tags, trust: tt.trust})
		if got := c.of(webOwner); got != tt.proven || c.adopted != tt.adopted {
			t.Errorf("%s: proven is %v, adopted %v (%s)", name, got, c.adopted, c.why)
		}
		if !tt.proven && c.named && c.why == "" && c.owner == webOwner {
			t.Errorf("%s: no reason is given", name)
		}
	}
}

// TestExactly: without a name of its own a release has only what irsa.yaml names.
func TestExactly(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		d              desired
		unnamed, named bool
	}{
		"named":    {desired{Owner: webOwner}, true, true},
		"guessed":  {desired{Owner: webOwner, Guessed: true}, false, true},
		"nameless": {desired{Owner: webOwner.nameless()}, false, true},
	} {
		p := newPlanner(&tt.d, &observation{})
		if got := exactly(p, true, false); got != tt.unnamed {
			t.Errorf("%s: exactly is %v where irsa.yaml does not name it", name, got)
		}
		if got := exactly(p, true, true); got != tt.named {
			t.Errorf("%s: exactly is %v where irsa.yaml names it", name, got)
		}
		if exactly(p, false, true) {
			t.Errorf("%s: exactly without a proof", name)
		}
	}
}

// TestConsent: who may join a role, and that only its keeper can say so.
func TestConsent(t *testing.T) {
	t.Parallel()
	reports := Owner{Cluster: "prod", Namespace: "team-b", Release: "reports", Scope: webOwner.Scope}
	elsewhere := func(change func(*Owner)) Owner {
		o := reports
		change(&o)
		return o
	}
	byIssuer := Owner{Cluster: "oidc.example.com:8443/a", Namespace: "team-b", Release: "reports", Scope: "444455556666"}
	long := []string{"team-b/reports"}
	for i := range 20 {
		long = append(long, fmt.Sprintf("a-namespace-with-a-long-name-%d/*", i))
	}
	for name, tt := range map[string]struct {
		entries []string
		who     Owner
		want    bool
	}{
		"by name":                    {[]string{"team-b/reports"}, reports, true},
		"by namespace":               {[]string{"team-b/*"}, reports, true},
		"nobody":                     {nil, reports, false},
		"another release":            {[]string{"team-b/other"}, reports, false},
		"another namespace":          {[]string{"team/*", "team-bb/*"}, reports, false},
		"by cluster":                 {[]string{"prod:team-b/*"}, reports, true},
		"another cluster":            {[]string{"team-b/*"}, elsewhere(func(o *Owner) { o.Cluster = "dev" }), false},
		"that cluster":               {[]string{"dev:team-b/*"}, elsewhere(func(o *Owner) { o.Cluster = "dev" }), true},
		"another region":             {[]string{"team-b/*"}, elsewhere(func(o *Owner) { o.Scope = "111122223333/us-east-1" }), false},
		"another region, by cluster": {[]string{"prod:team-b/*"}, elsewhere(func(o *Owner) { o.Scope = "111122223333/us-east-1" }), false},
		"that region":                {[]string{"111122223333/us-east-1/prod:team-b/*"}, elsewhere(func(o *Owner) { o.Scope = "111122223333/us-east-1" }), true},
		"another AWS account":        {[]string{"prod:team-b/*"}, elsewhere(func(o *Owner) { o.Scope = "444455556666/eu-west-3" }), false},
		"that AWS account":           {[]string{"444455556666/eu-west-3/prod:team-b/reports"}, elsewhere(func(o *Owner) { o.Scope = "444455556666/eu-west-3" }), true},
		"a cluster without a name":   {[]string{"444455556666/oidc.example.com:8443/a:team-b/reports"}, byIssuer, true},
		"a namespace's nameless":     {[]string{"team-b/*"}, reports.nameless(), true},
		"in more tags than one":      {long, reports, true},
		"a release in other case":    {[]string{"team-b/reports"}, elsewhere(func(o *Owner) { o.Release = "Reports" }), false},
	} {
		role := keptRole(t, tt.entries)
		c := claimOf(role)
		if got := c.consents(role, tt.who); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
		for k, v := range role.Tags {
			if len(v) > mostTagValue || strings.Contains(v, "*") {
				t.Errorf("%s: IAM does not take tag %s: %q", name, k, v)
			}
		}
		if entry := webOwner.entryFor(tt.who); tt.who.Release != "Reports" && !webOwner.means(entry, tt.who) {
			t.Errorf("%s: the entry that is advised (%s) does not let %s in", name, entry, tt.who)
		}
	}
	forged := keptRole(t, []string{"team-c/*"})
	forged.Tags[tagSharedWith] = "team-b/@"
	if claimOf(forged).consents(forged, reports) {
		t.Error("a tag that the keeper did not write lets a release in")
	}
	forged = keptRole(t, nil)
	forged.Tags[tagSharedWith] = "team-b/@"
	if claimOf(forged).consents(forged, reports) {
		t.Error("a tag lets a release in where the keeper lets nobody")
	}
	forged = keptRole(t, []string{"team-c/*"})
	forged.Tags[tagSharedWith+".2"] = "team-b/@"
	if claimOf(forged).consents(forged, reports) {
		t.Error("a tag beside that of the keeper lets a release in")
	}
}

// keptRole is a role as webOwner makes it.
func keptRole(t *testing.T, sharedWith []string) *seenRole {
	t.Helper()
	d, err := trust.Parse(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := mergeTrust(trust.Document{}, trustEdit{owner: webOwner, says: trust.Mark{Consent: consentText(sharedWith)}, statements: d.Statements()})
	if err != nil {
		t.Fatal(err)
	}
	tags := webOwner.roleTags(provenARN, nil)
	maps.Copy(tags, consentTags(sharedWith))
	return &seenRole{Name: "web-role", ARN: provenARN, Tags: tags, trust: doc.Text()}
}

// TestPolicyMark: the description that proves whose a policy is.
func TestPolicyMark(t *testing.T) {
	t.Parallel()
	other := Owner{Cluster: "prod", Namespace: "apps", Release: "other", Scope: webOwner.Scope}
	longest := Owner{Cluster: strings.Repeat("c", 100), Namespace: strings.Repeat("n", 63), Release: strings.Repeat("r", 53), Scope: webOwner.Scope}
	if n := len(longest.described("x")) - 1; n > 250 {
		t.Errorf("the longest mark has %d characters, and irsa.yaml leaves room for 250", n)
	}
	for name, tt := range map[string]struct {
		description string
		tags        map[string]string
		want        bool
	}{
		"ours":                        {webOwner.described("reads"), webOwner.Tags(), true},
		"ours, without words":         {webOwner.described(""), webOwner.Tags(), true},
		"no mark":                     {"reads", webOwner.Tags(), false},
		"no description":              {"", webOwner.Tags(), false},
		"another's mark":              {other.described("reads"), webOwner.Tags(), false},
		"another's tags":              {webOwner.described("reads"), other.Tags(), false},
		"no tags":                     {webOwner.described("reads"), nil, false},
		"our mark in another's words": {other.described(webOwner.described("reads")), webOwner.Tags(), false},
		"the names without the hash":  {"(helm-irsa: apps/web of prod)", webOwner.Tags(), false},
	} {
		if got := webOwner.made(&seenPolicy{Description: tt.description, Tags: tt.tags}); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	for description, want := range map[string]string{
		webOwner.described("reads"): "reads", webOwner.described(""): "", "reads": "reads", "(helm-irsa: x": "(helm-irsa: x",
	} {
		if got := awsstate.OwnWords(description); got != want {
			t.Errorf("the words of %q are %q", description, got)
		}
	}
}

// TestAssumedByEC2: which roles may be the nodes'.
func TestAssumedByEC2(t *testing.T) {
	t.Parallel()
	allow := `{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}`
	for name, tt := range map[string]struct {
		statements string
		want       bool
	}{
		"EC2":                      {allow, true},
		"EC2 in China":             {`{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com.cn"},"Action":"sts:AssumeRole"}`, true},
		"EC2 among others":         {`{"Effect":"Allow","Principal":{"Service":["lambda.amazonaws.com","ec2.amazonaws.com"]},"Action":["sts:TagSession","sts:AssumeRole"]}`, true},
		"EC2, any action of STS":   {`{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:*"}`, true},
		"another service":          {`{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}`, false},
		"a name that begins so":    {`{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com.example.org"},"Action":"sts:AssumeRole"}`, false},
		"a name that ends so":      {`{"Effect":"Allow","Principal":{"Service":"spot.ec2.amazonaws.com"},"Action":"sts:AssumeRole"}`, false},
		"denied":                   {allow + `,{"Effect":"Deny","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}`, false},
		"everybody denied":         {allow + `,{"Effect":"Deny","Principal":"*","Action":"*"}`, false},
		"perhaps denied":           {allow + `,{"Effect":"Deny","Principal":"*","Action":"*","Condition":{"StringEquals":{"aws:SourceAccount":"1"}}}`, false},
		"only a Deny names it":     {`{"Effect":"Deny","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}`, false},
		"everybody but EC2":        {`{"Effect":"Allow","NotPrincipal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}`, false},
		"under a condition":        {`{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}}`, false},
		"everybody":                {`{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}`, false},
		"another action":           {`{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:TagSession"}`, false},
		"a token of that audience": {`{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::1:oidc-provider/x"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"x:aud":"ec2.amazonaws.com"}}}`, false},
		"in a Sid":                 {`{"Sid":"ec2.amazonaws.com","Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}`, false},
	} {
		role := &seenRole{Name: "nodes", trust: `{"Version":"2012-10-17","Statement":[` + tt.statements + `]}`}
		if got := assumedByEC2(role); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
		if assumedBy(role) == "" {
			t.Errorf("%s: nothing is said of who assumes it", name)
		}
	}
}
