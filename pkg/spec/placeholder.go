package spec

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// Placeholders stand for what differs from cluster to cluster and from release to release:
// ${cluster.name} and the others of placeholderNames, and ${env.NAME}. $${ writes ${.

// Known is what is known beside what irsa.yaml says.
type Known struct {
	// Cluster is the section of irsa.yaml with what was found elsewhere; what is empty is not
	// known.
	Cluster Cluster
	// Release and Namespace are the release's; empty where they are not known.
	Release, Namespace string
	// Getenv is the environment; nil where there is none.
	Getenv func(string) string
	// Ask is asked once a placeholder needs a fact that is not known: cluster.name,
	// cluster.region, cluster.accountID, cluster.issuer, release.name or release.namespace.
	// The error says why it cannot be told, and may have a Hint. Nil where nobody can be asked.
	Ask func(fact string) (string, error)
}

// Unknown says what becomes of a placeholder whose value is not known.
type Unknown int

const (
	// Refuse it, with its place.
	Refuse Unknown = iota
	// RenderOnly refuses it where rendering needs it, and puts an example in its place
	// elsewhere, such as in policy documents, which rendering does not look at.
	RenderOnly
	// Examples puts an example in its place everywhere: for checks that need no facts.
	// File.Examples lists what that was done for.
	Examples
)

// placeholderNames are the placeholders, but for those of the environment.
var placeholderNames = []string{"cluster.name", "cluster.region", "cluster.accountID", "cluster.issuer", "partition", "dnsSuffix", "release.name", "release.namespace"}

const envPlaceholder = "env."

// exampleValues stand for what is not known where only the form matters.
var exampleValues = map[string]string{
	"cluster.name": "cluster-name", "cluster.region": "us-east-1", "cluster.accountID": "111122223333", "cluster.issuer": "https://issuer.example.com",
	"partition": "aws", "dnsSuffix": "amazonaws.com", "release.name": "release-name", "release.namespace": "default",
}

// elsewhereNames are what other tools call the same, under which people write it.
var elsewhereNames = map[string]string{
	"AWS::AccountId": "cluster.accountID", "AWS::Region": "cluster.region", "AWS::Partition": "partition", "AWS::URLSuffix": "dnsSuffix",
	"account": "cluster.accountID", "accountId": "cluster.accountID", "accountID": "cluster.accountID", "account_id": "cluster.accountID", "region": "cluster.region",
	"issuer": "cluster.issuer", "oidc": "cluster.issuer", "namespace": "release.namespace", "release": "release.name",
}

// secretText are variables of the environment that hold secrets by their name. A value of
// irsa.yaml goes to AWS, and is shown in plans.
var secretText = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(^|_)(token|password|passwd|secret|secret_access_key|secret_key|private_key|api_key)$`)
})

// values are what the placeholders of one irsa.yaml stand for.
type values struct {
	known   Known
	unknown Unknown
	// used are those that were asked for, and their values; examples those that got an example.
	used     map[string]string
	examples map[string]bool
}

// valueError is why a placeholder has no value.
type valueError struct{ message, hint string }

func (e *valueError) Error() string { return e.message }

// of is the value of a placeholder by its name.
func (v *values) of(name string) (string, *valueError) {
	if value, ok := v.used[name]; ok {
		return value, nil
	}
	value, err := v.find(name)
	if err == nil {
		v.used[name] = value
	}
	return value, err
}

func (v *values) find(name string) (string, *valueError) {
	if variable, ok := strings.CutPrefix(name, envPlaceholder); ok {
		return v.env(variable)
	}
	c := v.known.Cluster
	switch name {
	case "cluster.name":
		return v.fact(name, c.Name)
	case "cluster.region":
		return v.fact(name, c.Region)
	case "cluster.accountID":
		return v.fact(name, c.AccountID)
	case "cluster.issuer":
		return v.fact(name, c.Issuer)
	case "release.name":
		return v.fact(name, v.known.Release)
	case "release.namespace":
		return v.fact(name, v.known.Namespace)
	case "partition", "dnsSuffix":
		region, err := v.of("cluster.region")
		if err != nil {
			return "", err
		}
		if name == "partition" {
			return PartitionOf(region), nil
		}
		return DNSSuffix(region), nil
	}
	return "", unknownPlaceholder(name)
}

// fact is a fact that is known, or that is asked for.
func (v *values) fact(name, known string) (string, *valueError) {
	if known != "" {
		return known, nil
	}
	if v.known.Ask == nil {
		return "", notKnown(name, nil)
	}
	value, err := v.known.Ask(name)
	if err != nil || value == "" {
		return "", notKnown(name, err)
	}
	return value, nil
}

func notKnown(name string, err error) *valueError {
	out := &valueError{name + " is not known", missingHints[name]}
	if err == nil {
		return out
	}
	out.message += ": " + strings.TrimPrefix(err.Error(), name+" is not known: ")
	if h, ok := err.(interface{ Hint() string }); ok && h.Hint() != "" {
		out.hint = h.Hint()
	}
	return out
}

// missingHints are what to type where nobody can be asked.
var missingHints = map[string]string{
	"cluster.name":      "write cluster.name into irsa.yaml, or add --cluster-name NAME",
	"cluster.region":    "write cluster.region into irsa.yaml, or add --cluster-region REGION",
	"cluster.accountID": "write cluster.accountID into irsa.yaml, or add --cluster-account-id ID",
	"cluster.issuer":    "write cluster.issuer into irsa.yaml, or add --cluster-issuer https://…",
	"release.name":      "name the release on the command line",
	"release.namespace": "add -n NAMESPACE",
}

func (v *values) env(name string) (string, *valueError) {
	switch {
	case !matches(`^[A-Za-z_][A-Za-z0-9_]*$`, name):
		return "", &valueError{show(name) + " is not the name of a variable", "write ${env.NAME}"}
	case secretText().MatchString(name):
		return "", &valueError{"$" + name + " is a secret by its name, and what irsa.yaml says goes to AWS and is shown", "use a variable of another name"}
	case v.known.Getenv == nil || v.known.Getenv(name) == "":
		return "", &valueError{"the environment has no " + name + ", or it is empty", "export " + name + "=…"}
	}
	return v.known.Getenv(name), nil
}

// unknownPlaceholder names the placeholder that was meant.
func unknownPlaceholder(name string) *valueError {
	out := &valueError{"there is no placeholder ${" + cutText(name) + "}", "known are ${" + strings.Join(placeholderNames, "}, ${") + "} and ${env.NAME}; $${ writes ${"}
	near, ok := elsewhereNames[name]
	if !ok {
		near, ok = Nearest(strings.TrimSpace(name), placeholderNames)
	}
	if !ok {
		near, ok = contained(name, []string{"cluster.name", "cluster.region", "cluster.accountID", "cluster.issuer", "release.name", "release.namespace"})
	}
	if ok {
		out.hint = "did you mean ${" + near + "}? $${ writes ${"
	}
	return out
}

func cutText(s string) string { return strings.Trim(show(s), `"`) }

// ofIAM reports whether ${name} is a variable of IAM's policies, which is passed on: a key of a
// condition, which has a colon, and what stands for a character
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html).
func ofIAM(name string) bool {
	switch name {
	case "*", "?", "$":
		return true
	}
	before, _, colon := strings.Cut(name, ":")
	return colon && elsewhereNames[name] == "" && !strings.HasPrefix(before, envPlaceholder) && !slices.Contains(placeholderNames, before)
}

// expandText puts values for the placeholders of a text. What a value holds is not looked at
// again.
func expandText(text string, value func(name string) (string, *valueError)) (string, *valueError) {
	var b strings.Builder
	for {
		at := strings.Index(text, "${")
		if at < 0 {
			b.WriteString(text)
			return b.String(), nil
		}
		if at > 0 && text[at-1] == '$' { // $${ writes ${
			b.WriteString(text[:at-1] + "${")
			text = text[at+2:]
			continue
		}
		b.WriteString(text[:at])
		name, rest, closed := strings.Cut(text[at+2:], "}")
		switch {
		case !closed:
			return "", &valueError{"the placeholder " + show(text[at:]) + " has no end", "write }, or $${ for ${ itself"}
		case strings.Contains(name, "${"):
			return "", &valueError{"a placeholder stands inside another one: " + show(text[at:len(text)-len(rest)]), "write them one behind the other"}
		case ofIAM(name):
			b.WriteString("${" + name + "}")
		default:
			got, err := value(name)
			if err != nil {
				return "", err
			}
			b.WriteString(got)
		}
		text = rest
	}
}

// Literal is a text as irsa.yaml has it where all of it stands for itself: what would be read as a
// placeholder, or as no text at all, is escaped. IAM's own variables need no escape.
func Literal(text string) string {
	var b strings.Builder
	for {
		at := strings.Index(text, "${")
		if at < 0 {
			b.WriteString(text)
			return b.String()
		}
		name, rest, closed := strings.Cut(text[at+2:], "}")
		if closed && !strings.Contains(name, "${") && ofIAM(name) && (at == 0 || text[at-1] != '$') {
			b.WriteString(text[:len(text)-len(rest)])
			text = rest
			continue
		}
		b.WriteString(text[:at] + "$${")
		text = text[at+2:]
	}
}

// expand is the text of a node with values for its placeholders. It reports false where one
// has none, which is a fault, or an example where that does.
func (l *loader) expand(n *yaml.Node, at *place) (string, bool) {
	return l.expandIn(n, at, false)
}

// escaped are the escapes of a regular expression: of a dollar sign before a brace, and others.
var escaped = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\\(?:\$\{|[\s\S])`) })

// expandIn is expand in a regular expression, or in other text. In a regular expression a value
// stands for itself, and a dollar sign that is escaped begins no placeholder.
func (l *loader) expandIn(n *yaml.Node, at *place, pattern bool) (string, bool) {
	if l.values == nil || !strings.Contains(n.Value, "${") {
		return n.Value, true
	}
	source, change := n.Value, func(s string) string { return s }
	if pattern {
		change = regexp.QuoteMeta
		source = escaped().ReplaceAllStringFunc(source, func(e string) string {
			if e == `\${` {
				return `\$${`
			}
			return e
		})
	}
	text, err := expandText(source, func(name string) (string, *valueError) {
		value, err := l.values.of(name)
		if err != nil && l.values.takesExample(name, at) {
			l.values.examples[name] = true
			value, err = exampleValues[name], nil
		}
		return change(value), err
	})
	if err != nil {
		l.faultAt(n, at, err.message, err.hint)
		return "", false
	}
	return text, true
}

// takesExample: where a placeholder stands, an example does in place of a value that is not
// known. What is not a placeholder is a fault everywhere.
func (v *values) takesExample(name string, at *place) bool {
	if exampleValues[name] == "" {
		return false
	}
	return v.unknown == Examples || v.unknown == RenderOnly && !renders(at)
}

// awsOnly are the fields of a role that rendering does not look at.
var awsOnly = []string{"description", "permissionsBoundary", "maxSessionDuration", "tags", "wellKnownPolicies", "policies", "policyARNs", "inlinePolicies", "trust", "sharedWith"}

// renders reports whether rendering needs what stands at a place.
func renders(at *place) bool {
	keys := at.keys()
	switch {
	case len(keys) == 0:
		return true
	case keys[0] == "serviceAccounts" && len(keys) > 1:
		return keys[1] != "podIdentity" && keys[1] != "mustAllow" && (keys[1] != "role" || len(keys) < 3 || !slices.Contains(awsOnly, keys[2]))
	case keys[0] == "defaults":
		return len(keys) < 2 || keys[1] == "path"
	}
	return keys[0] == "cluster" || keys[0] == "workloadKinds"
}

// keys are the names on the way to a place, without indexes.
func (p *place) keys() []string {
	if p == nil {
		return nil
	}
	if p.index >= 0 {
		return p.up.keys()
	}
	return append(p.up.keys(), p.name)
}

// ownFields are the fields of the section cluster that placeholders may name.
var ownFields = []string{"name", "region", "accountID", "issuer"}

// clusterPlaceholder finds what a field of the section cluster may name of it.
var clusterPlaceholder = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$\{(cluster\.[A-Za-z]+|partition|dnsSuffix)\}`) })

// learn finds out what is known: known is given the section cluster as irsa.yaml writes it,
// with values for its placeholders. A field of it may name others of them, and none itself.
func (l *loader) learn(known func(Cluster) (Known, error)) error {
	section := (*place)(nil).key("cluster")
	var own Cluster
	into := map[string]*string{"name": &own.Name, "region": &own.Region, "accountID": &own.AccountID, "issuer": &own.Issuer}
	waiting := slices.DeleteFunc(slices.Clone(ownFields), func(f string) bool { return l.textAt(section.key(f)) == nil })
	for {
		got, err := known(own)
		if err != nil {
			return err
		}
		l.values.known = got
		clear(l.values.used)
		next := slices.IndexFunc(waiting, func(f string) bool { return !l.namesOne(f, waiting) })
		if next < 0 {
			break
		}
		field := waiting[next]
		*into[field], _ = l.expand(l.textAt(section.key(field)), section.key(field))
		waiting = slices.Delete(waiting, next, next+1)
	}
	for _, field := range waiting {
		l.faultAt(l.textAt(section.key(field)), section.key(field), "stands for itself, by its placeholders: "+show(l.textAt(section.key(field)).Value), "write the value out")
	}
	return nil
}

// namesOne reports whether a field of the section cluster needs one of these first.
func (l *loader) namesOne(field string, of []string) bool {
	n := l.textAt((*place)(nil).key("cluster").key(field))
	for _, m := range clusterPlaceholder().FindAllStringSubmatch(n.Value, -1) {
		name := strings.TrimPrefix(m[1], "cluster.")
		if name == "partition" || name == "dnsSuffix" {
			name = "region"
		}
		if slices.Contains(of, name) {
			return true
		}
	}
	return false
}

// textAt is the text at a place; nil where there is none.
func (l *loader) textAt(at *place) *yaml.Node {
	key, n := l.find(at)
	if key == nil || key.Value != at.name {
		return nil
	}
	if n = target(n); n.Kind != yaml.ScalarNode || !isText(n) || n.Value == "" {
		return nil
	}
	return n
}
