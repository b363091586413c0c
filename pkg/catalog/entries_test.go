package catalog

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

var regions = map[string]string{"aws": "eu-west-3", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}

// in translates the ARNs of parameters into a partition.
func in(partition string, parameters map[string][]string) map[string][]string {
	out := map[string][]string{}
	for name, values := range parameters {
		for _, v := range values {
			out[name] = append(out[name], strings.Replace(v, "arn:aws:", "arn:"+partition+":", 1))
		}
	}
	return out
}

// TestExamples: the example of every entry builds in three partitions, into documents that
// IAM's grammar takes, without an ARN of another partition.
func TestExamples(t *testing.T) {
	t.Parallel()
	for _, e := range Entries() {
		for partition, region := range regions {
			p, err := Build(e.Name, Request{Parameters: in(partition, e.Example.Parameters), Features: e.Example.Features,
				Target: Target{Partition: partition, Region: region, ClusterName: "prod_cluster"}})
			if err != nil {
				t.Errorf("%s in %s: %v", e.Name, partition, err)
				continue
			}
			if len(p.Documents)+len(p.ManagedARNs) == 0 {
				t.Errorf("%s in %s comes to nothing", e.Name, partition)
			}
			for _, doc := range p.Documents {
				d, err := trust.ParsePermissions(string(doc.JSON))
				if err == nil {
					err = d.CheckPermissions()
				}
				if err != nil {
					t.Errorf("%s in %s: %v", doc.Name, partition, err)
				}
				if size := len(doc.JSON); size > 6144 {
					t.Errorf("%s has %d characters", doc.Name, size)
				}
				if partition != "aws" && strings.Contains(string(doc.JSON), "arn:aws:") {
					t.Errorf("%s in %s: %s", doc.Name, partition, doc.JSON)
				}
				if left := regexp.MustCompile(`\$\{[^a]`).FindString(string(doc.JSON)); left != "" {
					t.Errorf("%s in %s keeps a placeholder: %s", doc.Name, partition, doc.JSON)
				}
			}
		}
	}
}

// TestComplete: what an entry names is there, and all that there is can be had.
func TestComplete(t *testing.T) {
	t.Parallel()
	names, types := map[string]string{}, map[string]bool{}
	for _, e := range Entries() {
		for _, name := range append([]string{e.Name}, e.Aliases...) {
			if other, taken := names[strings.ToLower(name)]; taken {
				t.Errorf("%s is a name of %s and of %s", name, other, e.Name)
			}
			names[strings.ToLower(name)] = e.Name
			if !regexp.MustCompile(`^[a-z][A-Za-z0-9]*$`).MatchString(name) {
				t.Errorf("%s is no name", name)
			}
		}
		for what, text := range map[string]string{"title": e.Title, "allows": e.Allows, "publisher": e.Publisher} {
			if text == "" {
				t.Errorf("%s has no %s", e.Name, what)
			}
		}
		sentences := append([]string{e.Allows, e.Publisher, e.Narrowed}, slices.Concat(e.Needs, e.Limits, e.Replaces)...)
		if len(e.Sources) == 0 || slices.ContainsFunc(e.Sources, func(s string) bool { return !strings.HasPrefix(s, "https://") }) {
			t.Errorf("%s has the sources %q", e.Name, e.Sources)
		}
		known := map[string]bool{"": true}
		for _, p := range e.Parameters {
			known[p.Name], types[p.Type] = true, true
			sentences = append(sentences, p.About)
			if _, ok := valueTypes[p.Type]; !ok || p.About == "" || p.Name == FeaturesParameter {
				t.Errorf("%s: parameter %+v", e.Name, p)
			}
			if p.Required && len(e.Example.Parameters[p.Name]) == 0 {
				t.Errorf("%s: the example has no %s", e.Name, p.Name)
			}
			if message, _ := check(p.Type, p.Sample(), "aws"); message != "" {
				t.Errorf("the sample of %s: %s", p.Type, message)
			}
		}
		for _, f := range e.Features {
			known[f.Name] = true
			sentences = append(sentences, f.About)
		}
		for _, some := range e.AnyOf {
			if !known[some] {
				t.Errorf("%s: anyOf names %s", e.Name, some)
			}
		}
		used := checkStatements(t, e, known)
		for name := range known {
			if name != "" && !used[name] {
				t.Errorf("%s: nothing uses %s", e.Name, name)
			}
		}
		for _, s := range sentences {
			if s != "" && !strings.HasSuffix(s, ".") {
				t.Errorf("%s: %q is no sentence", e.Name, s)
			}
		}
	}
	for _, name := range []string{"imageBuilder", "autoScaler", "awsLoadBalancerController", "externalDNS", "certManager", "ebsCSIController", "efsCSIController"} {
		if e, err := Find(name); err != nil || e.Name != name { // eksctl's names
			t.Errorf("%s: %v", name, err)
		}
	}
	for typ := range valueTypes {
		if !types[typ] {
			t.Errorf("no parameter is of type %s", typ)
		}
	}
	if len(Entries()) < 40 {
		t.Errorf("%d entries", len(Entries()))
	}
}

// checkStatements gives the parameters and features that statements and managed policies use.
func checkStatements(t *testing.T, e Entry, known map[string]bool) map[string]bool {
	used := map[string]bool{}
	sids := map[string]bool{}
	use := func(name string) {
		if used[name] = true; !known[name] {
			t.Errorf("%s: a statement names %s", e.Name, name)
		}
	}
	for _, m := range e.Managed {
		use(m.When)
		use(m.Unless)
	}
	for _, s := range e.Statements {
		use(s.When)
		use(s.Unless)
		if !regexp.MustCompile(`^[A-Za-z0-9]*$`).MatchString(s.Sid) || s.Sid != "" && sids[s.Part+s.Sid] {
			t.Errorf("%s: the Sid %s", e.Name, s.Sid)
		}
		sids[s.Part+s.Sid] = true
		texts := slices.Clone(s.Resources)
		for _, keys := range s.Conditions {
			texts = slices.Concat(texts, slices.Collect(maps.Keys(keys)), slices.Concat(slices.Collect(maps.Values(keys))...))
		}
		if len(s.Actions) == 0 || len(s.Resources) == 0 {
			t.Errorf("%s: the statement %s is empty", e.Name, s.Sid)
		}
		for _, text := range texts {
			for _, m := range placeholder().FindAllStringSubmatch(text, -1) {
				name, part, _ := strings.Cut(m[1], ".")
				switch {
				case name == "cluster" || m[1] == "partition":
				case part != "" && (part != "bucket" && part != "objects" || e.parameter(name) == nil || e.parameter(name).Type != "bucket"):
					t.Errorf("%s: %s in %s", e.Name, m[0], text)
				default:
					use(name)
				}
			}
			if strings.Contains(text, "arn:aws") {
				t.Errorf("%s: the partition is fixed in %s", e.Name, text)
			}
		}
	}
	return used
}
