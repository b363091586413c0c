package draft

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/helm-irsa/helm-irsa/pkg/catalog"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// Draft is what irsa.yaml is to say.
type Draft struct {
	// About are lines of a comment above all.
	About []string
	// Cluster is what irsa.yaml says of it; what is empty is left out.
	Cluster         spec.Cluster
	ServiceAccounts []ServiceAccount
	// Migrate: pods lose the annotations of kiam and kube2iam.
	Migrate bool
}

// ServiceAccount is one of the release.
type ServiceAccount struct {
	Name string
	// Namespace is empty where it is the release's.
	Namespace string
	// Mode is empty for the default.
	Mode string
	// AllowDefault is for the service account default, which every pod that names none runs as.
	AllowDefault bool
	// About are lines of a comment above it.
	About []string
	Role  Role
	// UsedBy are workloads that are to run as it; none where the chart sees to that.
	UsedBy []Workload
}

// Workload is an object that runs pods.
type Workload struct{ Kind, Name string }

// Role is the role of a service account: one that exists and is only used, by its ARN, or one that
// helm irsa makes or takes over.
type Role struct {
	ARN             string
	Name, AccountID string
	// Path is empty for the default.
	Path       string
	Grants     []Grant
	PolicyARNs []string
	// Boundary is the ARN of its permissions boundary, MaxSession how long a session may be, as
	// irsa.yaml has it; empty for the default.
	Boundary, MaxSession string
	// Inline are policy documents as JSON, by name. What looks like a placeholder of irsa.yaml in
	// them is none.
	Inline map[string][]byte
}

// mapping gathers the fields of a mapping of YAML in their order.
type mapping struct{ yaml.Node }

func newMapping() *mapping { return &mapping{yaml.Node{Kind: yaml.MappingNode}} }

func text(s string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(s)
	return n
}

// add adds a field; the comment stands above it.
func (m *mapping) add(key string, value *yaml.Node, comment ...string) {
	k := text(key)
	k.HeadComment = commented(comment)
	m.Content = append(m.Content, k, value)
}

// say adds a field of text, where there is any.
func (m *mapping) say(key, value string) {
	if value != "" {
		m.add(key, text(value))
	}
}

func commented(lines []string) string {
	var b bytes.Buffer
	for i, line := range lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString("# " + line)
	}
	return b.String()
}

func list(items []*yaml.Node) *yaml.Node { return &yaml.Node{Kind: yaml.SequenceNode, Content: items} }

func flow(n *yaml.Node) *yaml.Node {
	n.Style = yaml.FlowStyle
	return n
}

func texts(values []string) *yaml.Node {
	var items []*yaml.Node
	for _, v := range values {
		items = append(items, text(v))
	}
	return list(items)
}

// YAML writes irsa.yaml. Comments are single lines: whoever gives them has made that sure.
func (d *Draft) YAML() ([]byte, error) {
	m := newMapping()
	m.add("apiVersion", text(spec.APIVersion))
	m.say("kind", spec.Kind)
	if c := clusterOf(d.Cluster); len(c.Content) > 0 {
		m.add("cluster", flow(&c.Node))
	}
	var accounts []*yaml.Node
	for _, sa := range d.ServiceAccounts {
		n, err := sa.node()
		if err != nil {
			return nil, err
		}
		accounts = append(accounts, n)
	}
	m.add("serviceAccounts", list(accounts))
	if d.Migrate {
		c := newMapping()
		on := &yaml.Node{Kind: yaml.ScalarNode, Value: "true"}
		c.add("kiam", on)
		c.add("kube2iam", on)
		m.add("migrate", flow(&c.Node))
	}
	var b bytes.Buffer
	for _, line := range d.About {
		b.WriteString("# " + line + "\n")
	}
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	e.CompactSeqIndent()
	if err := e.Encode(&m.Node); err != nil {
		return nil, fmt.Errorf("writing irsa.yaml: %w", err)
	}
	return b.Bytes(), e.Close()
}

func clusterOf(c spec.Cluster) *mapping {
	m := newMapping()
	m.say("name", c.Name)
	m.say("region", c.Region)
	m.say("accountID", c.AccountID)
	m.say("issuer", c.Issuer)
	return m
}

func (sa *ServiceAccount) node() (*yaml.Node, error) {
	m := newMapping()
	m.say("name", sa.Name)
	m.say("namespace", sa.Namespace)
	m.say("mode", sa.Mode)
	if sa.AllowDefault {
		m.add("allowDefault", &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: "true"})
	}
	role, err := sa.Role.node()
	if err != nil {
		return nil, err
	}
	if len(role.Content) > 0 {
		m.add("role", role)
	}
	var targets []*yaml.Node
	for _, w := range sa.UsedBy {
		what, t := newMapping(), newMapping()
		what.say("kind", w.Kind)
		what.say("name", w.Name)
		t.add("workload", flow(&what.Node))
		targets = append(targets, &t.Node)
	}
	if len(targets) > 0 {
		m.add("usedBy", list(targets))
	}
	m.HeadComment = commented(sa.About)
	return &m.Node, nil
}

func (r *Role) node() (*yaml.Node, error) {
	m := newMapping()
	m.say("arn", r.ARN)
	m.say("name", r.Name)
	m.say("accountID", r.AccountID)
	m.say("path", r.Path)
	m.say("permissionsBoundary", r.Boundary)
	m.say("maxSessionDuration", r.MaxSession)
	var known []*yaml.Node
	arns := slices.Clone(r.PolicyARNs)
	for _, g := range r.Grants {
		switch {
		case g.Entry != "":
			known = append(known, g.node())
		case g.PolicyARN != "" && !slices.Contains(arns, g.PolicyARN):
			arns = append(arns, g.PolicyARN)
		}
	}
	if len(known) > 0 {
		m.add("wellKnownPolicies", list(known))
	}
	if len(arns) > 0 {
		m.add("policyARNs", texts(arns))
	}
	inline := newMapping()
	for _, name := range slices.Sorted(maps.Keys(r.Inline)) {
		n, err := document(r.Inline[name])
		if err != nil {
			return nil, fmt.Errorf("writing policy %s: %w", name, err)
		}
		inline.add(name, n)
	}
	if len(inline.Content) > 0 {
		m.add("inlinePolicies", &inline.Node)
	}
	return &m.Node, nil
}

// node is the grant as wellKnownPolicies takes it.
func (g *Grant) node() *yaml.Node {
	settings := newMapping()
	e, err := catalog.Find(g.Entry)
	names := slices.Sorted(maps.Keys(g.Parameters))
	if err == nil { // as the catalogue has them
		names = parameterNames(e)
	}
	for _, name := range names {
		if values := g.Parameters[name]; len(values) > 0 {
			settings.add(name, texts(values))
		}
	}
	if len(g.Features) > 0 {
		settings.add(catalog.FeaturesParameter, texts(g.Features))
	}
	if len(settings.Content) == 0 {
		return text(g.Entry)
	}
	m := newMapping()
	m.add(g.Entry, flow(&settings.Node))
	return &m.Node
}

// document is JSON as YAML, its fields in their order.
func document(data []byte) (*yaml.Node, error) {
	var n yaml.Node
	if err := yaml.Unmarshal(data, &n); err != nil {
		return nil, err
	}
	if len(n.Content) != 1 {
		return nil, fmt.Errorf("it is empty")
	}
	plain(n.Content[0])
	return n.Content[0], nil
}

// plain drops the quotes and braces of JSON where YAML needs none. All texts stand for themselves.
func plain(n *yaml.Node) {
	n.Style &^= yaml.FlowStyle | yaml.DoubleQuotedStyle
	if n.Kind == yaml.ScalarNode && n.Tag == "!!str" {
		n.SetString(spec.Literal(n.Value))
	}
	for _, c := range n.Content {
		plain(c)
	}
}
