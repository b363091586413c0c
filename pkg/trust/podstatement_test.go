package trust_test

import (
	"path"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// pod is an association in short: cluster namespace/name, with a - in front for one without
// session tags.
func pod(text string) trust.PodIdentity {
	rest, off := strings.CutPrefix(text, "-")
	cluster, name, _ := strings.Cut(rest, " ")
	p := trust.PodIdentity{ClusterARN: "arn:aws:eks:eu-west-3:111122223333:cluster/" + cluster, RoleARN: roleARN, NoTags: off}
	p.Namespace, p.ServiceAccount, _ = strings.Cut(name, "/")
	return p
}

func pods(texts ...string) []trust.PodIdentity {
	var out []trust.PodIdentity
	for _, text := range texts {
		out = append(out, pod(text))
	}
	return out
}

// TestPodIdentityStatements: what is said for several service accounts, in as few
// statements as say no more.
func TestPodIdentityStatements(t *testing.T) {
	t.Parallel()
	const (
		arns = `"aws:RequestTag/eks-cluster-arn":`
		c    = `"arn:aws:eks:eu-west-3:111122223333:cluster/`
		ns   = `"aws:RequestTag/kubernetes-namespace":`
		name = `"aws:RequestTag/kubernetes-service-account":`
		off  = `StringEquals":{"aws:SourceAccount":"111122223333","aws:SourceArn":`
	)
	for given, want := range map[string][]string{
		"":                          nil,
		"a ns/app":                  {`StringEquals":{` + arns + c + `a",` + ns + `"ns",` + name + `"app"}`},
		"a ns/app,a ns/app":         {`StringEquals":{` + arns + c + `a",` + ns + `"ns",` + name + `"app"}`},
		"a ns/b,a ns/a":             {`StringEquals":{` + arns + c + `a",` + ns + `"ns",` + name + `["a","b"]}`},
		"a x/app,a y/app":           {`StringEquals":{` + arns + c + `a",` + ns + `["x","y"],` + name + `"app"}`},
		"b ns/app,a ns/app":         {`StringEquals":{` + arns + `[` + c + `a",` + c + `b"],` + ns + `"ns",` + name + `"app"}`},
		"a x/p,a x/q,a y/p,a y/q":   {`StringEquals":{` + arns + c + `a",` + ns + `["x","y"],` + name + `["p","q"]}`},
		"a x/p,a y/q":               {`StringEquals":{` + arns + c + `a",` + ns + `"x",` + name + `"p"}`, `StringEquals":{` + arns + c + `a",` + ns + `"y",` + name + `"q"}`},
		"a x/p,b y/p":               {`StringEquals":{` + arns + c + `a",` + ns + `"x",` + name + `"p"}`, `StringEquals":{` + arns + c + `b",` + ns + `"y",` + name + `"p"}`},
		"a z*/app":                  {`StringEquals":{` + arns + c + `a",` + name + `"app"},"StringLike":{` + ns + `"z*"}`},
		"a team-?/app-*,a ns/app-*": {`StringEquals":{` + arns + c + `a"},"StringLike":{` + ns + `["ns","team-?"],` + name + `"app-*"}`},
		"a */app":                   {`StringEquals":{` + arns + c + `a",` + name + `"app"}`},
		"a */*":                     {`StringEquals":{` + arns + c + `a"}`},
		"-a ns/app":                 {off + c + `a"}`},
		"-a ns/app,-b other/x":      {off + `[` + c + `a",` + c + `b"]}`},
		"-a ns/app,a ns/b":          {`StringEquals":{` + arns + c + `a",` + ns + `"ns",` + name + `"b"}`, off + c + `a"}`},
		"a ${aws:username}/app":     {`StringEquals":{` + arns + c + `a",` + ns + `"${$}{aws:username}",` + name + `"app"}`},
	} {
		var all []trust.PodIdentity
		if given != "" {
			all = pods(strings.Split(given, ",")...)
		}
		got, err := trust.PodIdentityStatements(all)
		if err != nil || len(got) != len(want) {
			t.Errorf("%s: %v, %d statements", given, err, len(got))
			continue
		}
		for i, s := range got {
			if w := `{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"],"Condition":{"` + want[i] + `}}`; s.Text() != w {
				t.Errorf("%s:\n%s\nwant\n%s", given, s.Text(), w)
			}
		}
	}
}

// TestPodIdentityStatementsAreExact: of three clusters, namespaces and service accounts,
// whichever are given get in, and no others; in whichever order.
func TestPodIdentityStatementsAreExact(t *testing.T) {
	t.Parallel()
	var universe []string
	for _, c := range []string{"a", "b"} {
		for _, ns := range []string{"x", "y"} {
			for _, name := range []string{"p", "q"} {
				universe = append(universe, c+" "+ns+"/"+name)
			}
		}
	}
	for set := range 1 << len(universe) {
		var chosen []string
		for i, one := range universe {
			if set&(1<<i) != 0 {
				chosen = append(chosen, one)
			}
		}
		for what, build := range map[string]func([]trust.PodIdentity) ([]trust.Statement, error){"own": trust.PodIdentityStatements, "target": trust.TargetStatements} {
			d := documentOf(t, build, pods(chosen...))
			for i, one := range universe {
				for _, p := range pods(one, "-"+one) {
					requests := p.Requests()
					if what == "target" {
						requests = p.TargetRequests()
					}
					want := set&(1<<i) != 0 && !p.NoTags
					if got := admits(d, requests); got != want {
						t.Fatalf("%s, %v: %s (tags off: %v) gets in: %v\n%s", what, chosen, one, p.NoTags, got, d.Text())
					}
				}
			}
			for i, j := 0, len(chosen)-1; i < j; i, j = i+1, j-1 {
				chosen[i], chosen[j] = chosen[j], chosen[i]
			}
			if again := documentOf(t, build, pods(chosen...)); again.Text() != d.Text() {
				t.Fatalf("%s, %v: another order makes\n%s\nof\n%s", what, chosen, again.Text(), d.Text())
			}
		}
	}
}

// TestPodIdentityPatterns: of two entries with patterns, whoever one of them matches gets in,
// and nobody else.
func TestPodIdentityPatterns(t *testing.T) {
	t.Parallel()
	var patterns, names []string
	for _, ns := range []string{"x*", "?y", "xy", "*"} {
		for _, name := range []string{"p*", "pq", "*"} {
			patterns = append(patterns, "a "+ns+"/"+name)
		}
	}
	for _, ns := range []string{"xy", "xz", "ay", "b"} {
		for _, name := range []string{"pq", "p", "r"} {
			names = append(names, "a "+ns+"/"+name)
		}
	}
	matches := func(pattern, name string) bool {
		p, n := pod(pattern), pod(name)
		ns, err := path.Match(p.Namespace, n.Namespace)
		sa, errToo := path.Match(p.ServiceAccount, n.ServiceAccount)
		return ns && sa && err == nil && errToo == nil
	}
	for _, first := range patterns {
		for _, second := range patterns {
			d := documentOf(t, trust.PodIdentityStatements, pods(first, second))
			for _, name := range names {
				if got, want := admits(d, pod(name).Requests()), matches(first, name) || matches(second, name); got != want {
					t.Fatalf("%s and %s: %s gets in: %v\n%s", first, second, name, got, d.Text())
				}
			}
		}
	}
}

func documentOf(t *testing.T, build func([]trust.PodIdentity) ([]trust.Statement, error), all []trust.PodIdentity) trust.Document {
	t.Helper()
	statements, err := build(all)
	if err != nil {
		t.Fatal(err)
	}
	return merge(t, trust.Document{}, ours, statements)
}

func admits(d trust.Document, requests []trust.Request) bool {
	for _, r := range requests {
		if trust.Evaluate(d, r).Verdict != trust.Allow {
			return false
		}
	}
	return true
}

// TestTargetStatements: what a target role has to say, with session tags and without. By the
// external ID, one service account of a cluster gets in, and no other.
func TestTargetStatements(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"a ns/app":  `{"Effect":"Allow","Principal":{"AWS":"` + roleARN + `"},"Action":["sts:AssumeRole","sts:TagSession"],"Condition":{"StringEquals":{"aws:RequestTag/eks-cluster-arn":"arn:aws:eks:eu-west-3:111122223333:cluster/a","aws:RequestTag/kubernetes-namespace":"ns","aws:RequestTag/kubernetes-service-account":"app"}}}`,
		"-a ns/app": `{"Effect":"Allow","Principal":{"AWS":"` + roleARN + `"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"eu-west-3/111122223333/a/ns/app"}}}`,
	} {
		got, err := trust.TargetStatements(pods(given))
		if err != nil || len(got) != 1 || got[0].Text() != want {
			t.Errorf("%s: %v %v\nwant\n%s", given, err, got, want)
		}
	}
	d := documentOf(t, trust.TargetStatements, pods("-a ns/app", "-b x/y"))
	for _, one := range []string{"-a ns/app", "-b x/y", "-a x/y", "-a ns/other", "-c ns/app", "a ns/app"} {
		if got, want := admits(d, pod(one).TargetRequests()), one == "-a ns/app" || one == "-b x/y"; got != want {
			t.Errorf("%s gets in: %v", one, got)
		}
	}
}

// TestPodIdentityStatementFaults: what would let in more than was meant is not built.
func TestPodIdentityStatementFaults(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]trust.PodIdentity{
		"no cluster":         {Namespace: "ns", ServiceAccount: "app", RoleARN: roleARN},
		"no cluster's ARN":   {ClusterARN: "arn:aws:eks:eu-west-3:111122223333:nodegroup/a", Namespace: "ns", ServiceAccount: "app", RoleARN: roleARN},
		"no namespace":       {ClusterARN: podCluster, ServiceAccount: "app", RoleARN: roleARN},
		"no service account": {ClusterARN: podCluster, Namespace: "ns", RoleARN: roleARN},
	} {
		if got, err := trust.PodIdentityStatements([]trust.PodIdentity{p}); err == nil || got != nil {
			t.Errorf("%s: %v", name, got)
		}
		if got, err := trust.TargetStatements([]trust.PodIdentity{p}); err == nil || got != nil {
			t.Errorf("%s, target: %v", name, got)
		}
	}
	p := pod("a ns/app")
	p.RoleARN = ""
	if got, err := trust.TargetStatements([]trust.PodIdentity{p}); err == nil || got != nil {
		t.Errorf("no role: %v", got)
	}
}
