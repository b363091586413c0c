package catalog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// FeaturesParameter is the parameter that names features.
const FeaturesParameter = "features"

// Target is where a policy is for. What is empty is not known: documents that cannot do
// without it are an error, and in the ARNs of resources a * stands for the region and the AWS
// account.
type Target struct {
	Partition, Region, AccountID, ClusterName string
}

// Request is what one use of an entry says.
type Request struct {
	Parameters map[string][]string
	Features   []string
	Target     Target
}

// Policy is what an entry comes to.
type Policy struct {
	Entry *Entry
	// Documents are policy documents, each under a name that is the entry's, or begins with it.
	Documents []Document
	// ManagedARNs are policies that AWS keeps.
	ManagedARNs []string
}

// Document is a policy document as compact JSON.
type Document struct {
	Name string
	JSON []byte
}

// Build makes the policy of an entry. The error, an *Error, has every fault.
func Build(name string, r Request) (*Policy, error) {
	e, err := Find(name)
	if err != nil {
		return nil, err
	}
	return e.Build(r)
}

// Build makes the policy of the entry: see the function of the same name.
func (e *Entry) Build(r Request) (*Policy, error) {
	b := builder{entry: e, target: r.Target, features: r.Features}
	b.takeParameters(r.Parameters)
	b.takeFeatures()
	p := &Policy{Entry: e}
	parts := map[string]int{}
	for _, s := range e.Statements {
		if !b.wanted(s.When, s.Unless) {
			continue
		}
		filled, ok := b.statement(s)
		if !ok {
			continue
		}
		b.useful = append(b.useful, s.When)
		name := e.Name
		if s.Part != "" {
			name += "-" + s.Part
		}
		at, known := parts[name]
		if !known {
			at = len(p.Documents)
			parts[name], p.Documents = at, append(p.Documents, Document{Name: name})
		}
		doc := &p.Documents[at]
		if doc.JSON != nil {
			doc.JSON = append(doc.JSON, ',')
		}
		doc.JSON = append(doc.JSON, filled...)
	}
	for i := range p.Documents {
		p.Documents[i].JSON = slices.Concat([]byte(`{"Version":"2012-10-17","Statement":[`), p.Documents[i].JSON, []byte(`]}`))
	}
	for _, m := range e.Managed {
		if b.wanted(m.When, m.Unless) {
			b.useful = append(b.useful, m.When)
			p.ManagedARNs = append(p.ManagedARNs, b.fill("arn:${partition}:iam::aws:policy/"+m.Policy, false)...)
		}
	}
	b.takeNeeds()
	b.takeUseless()
	if b.faults != nil {
		return nil, &Error{Entry: e.Name, Faults: b.faults}
	}
	return p, nil
}

// builder fills the statements of one entry, and gathers what is wrong.
type builder struct {
	entry    *Entry
	target   Target
	features []string
	values   map[string][]string
	// lacking are the facts of the cluster that something needs and that are not known.
	lacking []string
	// useful are the features that something was made for.
	useful []string
	faults []Fault
}

func (b *builder) fault(parameter string, index int, message, hint string) {
	b.faults = append(b.faults, Fault{Parameter: parameter, Index: index, Message: message, Hint: hint})
}

// takeParameters checks what is given against what the entry has.
func (b *builder) takeParameters(given map[string][]string) {
	b.values = map[string][]string{}
	var names []string
	for _, p := range b.entry.Parameters {
		names = append(names, p.Name)
	}
	// What a misspelt name stands for is not reported as missing too.
	meant := map[string]bool{}
	for name := range given {
		if near, ok := spec.Nearest(name, names); ok && b.entry.parameter(name) == nil {
			meant[near] = true
		}
	}
	for _, p := range b.entry.Parameters {
		values := given[p.Name]
		for i, v := range values {
			if message, hint := check(p.Type, v, b.target.Partition); message != "" {
				b.fault(p.Name, i, message, hint)
			}
		}
		if len(values) == 0 {
			values = p.Default
		}
		if len(values) == 0 && p.Required && !meant[p.Name] {
			b.fault("", -1, "the parameter "+p.Name+" is missing ("+strings.TrimSuffix(p.About, ".")+")", fmt.Sprintf("add %s: {%s: [%s]}", b.entry.Name, p.Name, strings.Join(b.entry.Example.Parameters[p.Name], ", ")))
			b.faults[len(b.faults)-1].Missing = p.Name
		}
		b.values[p.Name] = values
	}
	if some := b.entry.AnyOf; some != nil && !slices.ContainsFunc(some, func(name string) bool { return b.given(name) || meant[name] }) {
		b.fault("", -1, "at least one of these is needed: "+strings.Join(some, ", "), "helm irsa catalog "+b.entry.Name+" shows them")
	}
	for _, name := range sortedKeys(given) {
		if b.entry.parameter(name) == nil {
			b.fault(name, -1, "unknown parameter", nearestHint(name, names, b.entry.Name+" has no parameters"))
		}
	}
}

func (b *builder) takeFeatures() {
	var names []string
	for _, f := range b.entry.Features {
		names = append(names, f.Name)
	}
	for i, name := range b.features {
		switch {
		case !slices.Contains(names, name):
			b.fault(FeaturesParameter, i, fmt.Sprintf("unknown feature %q", name), nearestHint(name, names, b.entry.Name+" has no features"))
		case slices.Contains(b.features[:i], name):
			b.fault(FeaturesParameter, i, fmt.Sprintf("%q is listed twice", name), "drop one")
		}
	}
}

// takeUseless finds features that add nothing, since what they are about is not given.
func (b *builder) takeUseless() {
	for i, name := range b.features {
		var need []string
		for _, s := range b.entry.Statements {
			if s.When == name {
				need = append(need, b.parametersIn(s.Resources)...)
			}
		}
		if len(need) > 0 && !slices.Contains(b.useful, name) {
			slices.Sort(need)
			b.fault(FeaturesParameter, i, fmt.Sprintf("the feature %s adds nothing without %s", name, strings.Join(slices.Compact(need), " or ")), "add that, or drop the feature")
		}
	}
}

func (b *builder) parametersIn(texts []string) []string {
	var out []string
	for _, text := range texts {
		for _, m := range placeholder().FindAllStringSubmatch(text, -1) {
			if name, _, _ := strings.Cut(m[1], "."); b.entry.parameter(name) != nil {
				out = append(out, name)
			}
		}
	}
	return out
}

// takeNeeds says once what is not known of the cluster.
func (b *builder) takeNeeds() {
	slices.Sort(b.lacking)
	for _, what := range slices.Compact(b.lacking) {
		b.fault("", -1, "needs "+lackingWords[what].what+", which is not known here", lackingWords[what].write)
		b.faults[len(b.faults)-1].Needs = what
	}
}

var lackingWords = map[string]struct{ what, write string }{
	"partition":         {"the cluster's region, which says the partition of ARNs", "add to irsa.yaml: cluster.region: eu-west-3, or set AWS_REGION"},
	"cluster.name":      {"the cluster's name", "add to irsa.yaml: cluster.name: my-cluster"},
	"cluster.region":    {"the cluster's region", "add to irsa.yaml: cluster.region: eu-west-3, or set AWS_REGION"},
	"cluster.accountID": {"the cluster's AWS account", `add to irsa.yaml: cluster.accountID: "111122223333"`},
}

func nearestHint(name string, known []string, none string) string {
	if len(known) == 0 {
		return none
	}
	if near, ok := spec.Nearest(name, known); ok {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "known here: " + strings.Join(known, ", ")
}

// wanted reports whether what has these is part of the policy.
func (b *builder) wanted(when, unless string) bool {
	return (when == "" || b.given(when)) && (unless == "" || !b.given(unless))
}

// given reports whether there is such a feature, or such a parameter with values.
func (b *builder) given(name string) bool {
	return slices.Contains(b.features, name) || len(b.values[name]) > 0
}

// statement is a statement with its values; false where none of its resources is given.
func (b *builder) statement(s Statement) ([]byte, bool) {
	out := filledStatement{Sid: s.Sid, Effect: "Allow", Action: s.Actions}
	for _, r := range s.Resources {
		out.Resource = append(out.Resource, b.fill(r, true)...)
	}
	if len(out.Resource) == 0 {
		return nil, false
	}
	for _, operator := range sortedKeys(s.Conditions) {
		for _, key := range sortedKeys(s.Conditions[operator]) {
			b.condition(&out, operator, key, s.Conditions[operator][key])
		}
	}
	return out.text(), true
}

func (b *builder) condition(out *filledStatement, operator, key string, values []string) {
	var filled texts
	for _, v := range values {
		filled = append(filled, b.fill(v, false)...)
	}
	if len(filled) == 0 {
		return // the parameter that narrows is not given
	}
	if out.Condition == nil {
		out.Condition = map[string]map[string]texts{}
	}
	if out.Condition[operator] == nil {
		out.Condition[operator] = map[string]texts{}
	}
	for _, k := range b.fill(key, false) {
		out.Condition[operator][k] = filled
	}
}

var placeholder = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$\{([a-zA-Z.]+)\}`) })

// fill gives the text once for each value of the parameter in it, and never where that has
// none. A resource whose region or AWS account is not known is that of any.
func (b *builder) fill(text string, resource bool) []string {
	out := []string{text}
	for _, m := range placeholder().FindAllStringSubmatch(text, -1) {
		var next []string
		for _, v := range b.lookup(m[1], resource) {
			for _, t := range out {
				if t = strings.Replace(t, m[0], v, 1); !slices.Contains(next, t) {
					next = append(next, t)
				}
			}
		}
		out = next
	}
	return out
}

func (b *builder) lookup(name string, resource bool) []string {
	switch name {
	case "partition":
		return b.fact(name, b.target.Partition, "")
	case "cluster.name":
		return b.fact(name, b.target.ClusterName, "")
	case "cluster.region":
		return b.fact(name, b.target.Region, anyIf(resource))
	case "cluster.accountID":
		return b.fact(name, b.target.AccountID, anyIf(resource))
	}
	parameter, part, _ := strings.Cut(name, ".")
	values := b.values[parameter]
	if part == "" {
		return values
	}
	var out []string
	for _, v := range values {
		bucket, objects := bucketARNs(v, b.fact("partition", b.target.Partition, "")[0])
		if part == "objects" {
			bucket = objects
		}
		out = append(out, bucket)
	}
	return out
}

// fact is what is known of the cluster, or what stands for any, or noted as lacking.
func (b *builder) fact(name, value, anything string) []string {
	if value == "" && anything == "" {
		b.lacking = append(b.lacking, name)
	}
	if value == "" {
		value = anything
	}
	return []string{value}
}

func anyIf(resource bool) string {
	if resource {
		return "*"
	}
	return ""
}

// filledStatement is a statement as IAM reads it.
type filledStatement struct {
	Sid       string `json:",omitempty"`
	Effect    string
	Action    texts
	Resource  texts
	Condition map[string]map[string]texts `json:",omitempty"`
}

func (s filledStatement) text() []byte { return plainJSON(s) }

// texts is a list that is written as its item where it has one.
type texts []string

// MarshalJSON writes the list, or its only item.
func (t texts) MarshalJSON() ([]byte, error) {
	if len(t) == 1 {
		return plainJSON(t[0]), nil
	}
	return plainJSON([]string(t)), nil
}

// plainJSON is json.Marshal with <, > and & as they are.
func plainJSON(v any) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // texts, lists and mappings of texts always encode
	return bytes.TrimSpace(out.Bytes())
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
