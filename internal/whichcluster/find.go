package whichcluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// Value is a fact of the cluster. From says where it came from, for people: irsa.yaml,
// --cluster-name, $HELM_IRSA_CLUSTER_NAME, the kubeconfig, EKS. Both are empty where it is not
// known.
type Value struct{ Text, From string }

// Cluster is the cluster that a command is for, as far as it is known.
type Cluster struct {
	Name, Region, AccountID, Issuer Value
	// NamedByIssuer: irsa.yaml, a flag or the environment name it by its issuer and by no name.
	// Then its name, if there is one, is the kubeconfig's.
	NamedByIssuer bool
	// Another is the cluster that the kubeconfig names, where that is another one than was meant:
	// nothing was taken from it then.
	Another *EKSName
	// Unused are flags that say another thing than irsa.yaml, a sentence each.
	Unused []string

	learnt     map[string]bool // the facts that AWS alone said
	kubeconfig Kubeconfig
	unread     error // why the kubeconfig says nothing
	prefix     string
	noFile     bool
}

// Flags are what was typed, or what the environment says, of each fact.
type Flags struct{ Name, Region, AccountID, Issuer string }

// Sources are what may say which cluster is meant, the first first.
type Sources struct {
	// File is the section cluster of irsa.yaml.
	File spec.Cluster
	// NoFile says that there is no irsa.yaml to write the cluster into.
	NoFile bool
	// Typed are the flags, which begin with Prefix: --cluster- or --irsa-cluster-.
	Typed  Flags
	Prefix string
	// Getenv is the environment.
	Getenv func(string) string
	// Kubeconfig is its context that Helm will use; Unread is why it could not be read.
	Kubeconfig Kubeconfig
	Unread     error
	// RegionOf is the region of an AWS profile, empty where it has none; nil where nobody knows.
	RegionOf func(profile string) string
}

// fact is one of the four: how it is called everywhere, and where it stands.
type fact struct {
	field, flag, env string
	file             func(spec.Cluster) string
	typed            func(Flags) string
	found            func(*Cluster) *Value
}

var facts = []fact{
	{"name", "name", "HELM_IRSA_CLUSTER_NAME", func(c spec.Cluster) string { return c.Name }, func(f Flags) string { return f.Name }, func(c *Cluster) *Value { return &c.Name }},
	{"region", "region", "HELM_IRSA_CLUSTER_REGION", func(c spec.Cluster) string { return c.Region }, func(f Flags) string { return f.Region }, func(c *Cluster) *Value { return &c.Region }},
	{"accountID", "account-id", "HELM_IRSA_CLUSTER_ACCOUNT_ID", func(c spec.Cluster) string { return c.AccountID }, func(f Flags) string { return f.AccountID }, func(c *Cluster) *Value { return &c.AccountID }},
	{"issuer", "issuer", "HELM_IRSA_CLUSTER_ISSUER", func(c spec.Cluster) string { return c.Issuer }, func(f Flags) string { return f.Issuer }, func(c *Cluster) *Value { return &c.Issuer }},
}

// Find gives each fact from the first of the sources that has it. From the kubeconfig it takes
// nothing where that names another cluster than was meant: see Cluster.Another. The error is
// that of a flag or a variable that is malformed, or of a kubeconfig that names two clusters
// where nothing else names one.
func Find(s Sources) (Cluster, error) {
	c := Cluster{kubeconfig: s.Kubeconfig, unread: s.Unread, prefix: s.Prefix, noFile: s.NoFile}
	var wrong []error
	for _, f := range facts {
		wrong = append(wrong, c.given(f, s))
	}
	if err := errors.Join(wrong...); err != nil {
		return c, err
	}
	c.NamedByIssuer = c.Name.Text == "" && c.Issuer.Text != ""
	return c, c.fromKubeconfig(s)
}

// given takes a fact from irsa.yaml, the flags or the environment.
func (c *Cluster) given(f fact, s Sources) error {
	flag := s.Prefix + f.flag
	file, typed, env := f.file(s.File), f.typed(s.Typed), ""
	if s.Getenv != nil {
		env = s.Getenv(f.env)
	}
	if typed != "" && file != "" && typed != file {
		c.Unused = append(c.Unused, fmt.Sprintf("%s %s is not used: irsa.yaml says cluster.%s: %s", flag, typed, f.field, file))
	}
	for _, v := range []Value{{file, "irsa.yaml"}, {typed, flag}, {env, "$" + f.env}} {
		if v.Text == "" {
			continue
		}
		*f.found(c) = v
		if v.Text == file {
			return nil // it was checked where it stands
		}
		if err := spec.CheckCluster(f.field, v.Text); err != nil {
			return said(v, err)
		}
		return nil
	}
	return nil
}

// said is the error of a flag or a variable that is malformed.
func said(v Value, err error) error {
	var name *spec.NameError
	errors.As(err, &name)
	err = fmt.Errorf("%s: %s", v.From, name.Message)
	if name.Hint == "" {
		return err
	}
	return faults.Hinted(err, "%s", name.Hint)
}

// fromKubeconfig takes what is still missing from the kubeconfig.
func (c *Cluster) fromKubeconfig(s Sources) error {
	k := s.Kubeconfig
	named, err := k.identity()
	host, isEKS := k.Host()
	if err == nil && isEKS && named.Name != "" && !agree(named.Region, host.Region) {
		err = fmt.Errorf("the kubeconfig names two clusters: %s by %s, and one in %s by the API server's host %s", named, named.Where, host.Region, host.Name)
	}
	if err != nil {
		if c.Name.Text != "" || c.Issuer.Text != "" {
			return nil // which one is meant is known, and Compare says what it thinks of the names
		}
		return faults.Hinted(fmt.Errorf("finding the cluster: %w", err), "name the one that is meant: %sname NAME %sregion REGION%s", s.Prefix, s.Prefix, c.orFile(""))
	}
	if named.Name != "" && (!agree(c.Name.Text, named.Name) || !agree(c.Region.Text, named.Region) || !agree(c.AccountID.Text, named.Account)) {
		c.Another = &named
		return nil
	}
	if named.Name == "" && isEKS && !agree(c.Region.Text, host.Region) {
		c.Another = &EKSName{Name: host.Name, Region: host.Region, Where: "the API server's host"}
		return nil
	}
	from := kubeconfigWord + named.Where
	for _, v := range []struct {
		into *Value
		text string
	}{{&c.Name, named.Name}, {&c.Region, named.Region}, {&c.AccountID, named.Account}} {
		if v.into.Text == "" && v.text != "" {
			*v.into = Value{v.text, from}
		}
	}
	if c.Region.Text == "" && isEKS {
		c.Region = Value{host.Region, kubeconfigWord + "the API server's host"}
	}
	if profile := k.Profile(); c.Region.Text == "" && named.Name != "" && profile != "" && s.RegionOf != nil {
		if region := s.RegionOf(profile); regionText().MatchString(region) {
			c.Region = Value{region, "AWS configuration of the kubeconfig's profile " + profile}
		}
	}
	return nil
}

// ToLookUp is the address by which EKS could be asked for the cluster's name; false where the
// name is known, or the address is none of EKS's, or is that of another cluster.
func (c Cluster) ToLookUp() (Host, bool) {
	host, ok := c.kubeconfig.Host()
	return host, ok && c.Name.Text == "" && c.Another == nil
}

// Lookup gives the clusters of EKS in a region whose API server has that address. AWS is asked
// with the current credentials.
type Lookup func(context.Context, Host) ([]ID, error)

// LookUp gives the cluster with the name, AWS account and issuer that EKS has for the API
// server's address; as it is where ToLookUp says no.
func (c Cluster) LookUp(ctx context.Context, ask Lookup) (Cluster, error) {
	host, ok := c.ToLookUp()
	if !ok {
		return c, nil
	}
	found, err := ask(ctx, host)
	hint := fmt.Sprintf("use credentials of the cluster's AWS account, or name it: %sname NAME", c.prefix)
	switch {
	case err != nil:
		if has, ok := err.(interface{ Hint() string }); ok && has.Hint() != "" {
			hint = has.Hint() + "; or name it: " + c.prefix + "name NAME"
		}
		return c, faults.Hinted(fmt.Errorf("finding the cluster with the API server %s: %w", host.Name, err), "%s", hint)
	case len(found) == 0:
		return c, faults.Hinted(fmt.Errorf("finding the cluster with the API server %s: the current AWS account has no EKS cluster with it in %s", host.Name, host.Region), "%s", hint)
	case len(found) > 1:
		names := make([]string, len(found))
		for i, f := range found {
			names[i] = f.Name
		}
		return c, faults.Hinted(fmt.Errorf("finding the cluster with the API server %s: EKS has several: %s", host.Name, strings.Join(names, ", ")), "name the one that is meant: %sname %s", c.prefix, names[0])
	}
	out := c
	for _, v := range []struct {
		into *Value
		text string
	}{{&out.Name, found[0].Name}, {&out.AccountID, found[0].Account}, {&out.Issuer, found[0].Issuer}} {
		if v.into.Text == "" && v.text != "" {
			*v.into = Value{v.text, byHost}
		}
	}
	return out, nil
}

// Missing is the error of a fact, such as cluster.name, that is needed and not known.
func (c Cluster) Missing(field string) error {
	field = strings.TrimPrefix(field, "cluster.")
	for _, f := range facts {
		if f.field == field {
			return faults.Hinted(fmt.Errorf("cluster.%s is not known: %s", f.field, c.silence()),
				"add %s%s %s%s%s", c.prefix, f.flag, examples[f.field], c.orFile("."+f.field), c.better())
		}
	}
	return fmt.Errorf("%s is not known", field)
}

// orFile is the other way to say it, where there is an irsa.yaml.
func (c Cluster) orFile(field string) string {
	if c.noFile {
		return ""
	}
	return ", or write cluster" + field + " into irsa.yaml"
}

// examples are what a person would type.
var examples = map[string]string{"name": "NAME", "region": "REGION", "accountID": "ID", "issuer": "https://…"}

// silence says why the kubeconfig does not tell.
func (c Cluster) silence() string {
	k, file := c.kubeconfig, "irsa.yaml does not say it, and "
	if c.noFile {
		file = ""
	}
	switch {
	case c.unread != nil && c.noFile:
		return faults.FirstLine(c.unread)
	case c.unread != nil:
		return file + "of the kubeconfig: " + faults.FirstLine(c.unread)
	case c.Another != nil:
		return fmt.Sprintf("%sthe kubeconfig is for another cluster, %s (%s)", file, c.Another, c.Another.Where)
	case k.Context == "" && k.Server == "":
		return file + "there is no kubeconfig"
	case len(k.Names()) == 0:
		return fmt.Sprintf("%sthe kubeconfig's context %s (%s) names no EKS cluster", file, cmp.Or(k.Context, "none"), k.Server)
	case c.noFile:
		return fmt.Sprintf("the kubeconfig's context %s does not say it", k.Context)
	}
	return fmt.Sprintf("neither irsa.yaml nor the kubeconfig's context %s says it", k.Context)
}

// better is the way that finds all of it at once.
func (c Cluster) better() string {
	if c.Another != nil {
		return "; or choose its context: --kube-context CONTEXT"
	}
	if c.Name.Text == "" {
		return "; of EKS: aws eks update-kubeconfig --name NAME --region REGION"
	}
	return ""
}

// Complete gives the section cluster of irsa.yaml with all that was found.
func (c Cluster) Complete(file spec.Cluster) spec.Cluster {
	file.Name, file.Region, file.AccountID, file.Issuer = c.Name.Text, c.Region.Text, c.AccountID.Text, c.Issuer.Text
	file.ByIssuer = c.NamedByIssuer
	return file
}

// With gives the cluster with what AWS said of it, where nothing else did.
func (c Cluster) With(said Flags, region, account, issuer string) Cluster {
	learnt := map[string]bool{}
	for _, f := range facts {
		into := f.found(&c)
		from := map[string]string{"region": region, "accountID": account, "issuer": issuer}[f.field]
		if text := f.typed(said); into.Text == "" && text != "" && from != "" {
			*into = Value{text, from}
			learnt[f.field] = true
		}
	}
	c.learnt = learnt
	return c
}

// Heading is the line above a plan: which cluster it is for, where each fact came from, and what
// the comparison with the kubeconfig's came to; nil where there was none. It is empty where
// nothing is known.
func (c Cluster) Heading(got *Comparison) string {
	text := c.words()
	if c.AsWritten() { // the plan names it, and nothing else was found anywhere
		if text = c.label(); got == nil {
			return ""
		}
	}
	switch {
	case text == "" && got == nil:
		return ""
	case text == "":
		return "No cluster was compared with the kubeconfig: " + got.Reason + "."
	case got == nil:
		return "Cluster " + text + "."
	}
	return "Cluster " + text + ": " + got.Words() + "."
}

// AsWritten reports whether irsa.yaml says which cluster it is, and AWS the rest.
func (c Cluster) AsWritten() bool {
	for _, f := range facts {
		if v := f.found(&c); v.Text != "" && v.From != "irsa.yaml" && !c.learnt[f.field] {
			return false
		}
	}
	return true
}

// label is the cluster's name, else its issuer.
func (c Cluster) label() string { return cmp.Or(c.Name.Text, c.Issuer.Text) }

// words are the facts, those of one source together.
func (c Cluster) words() string {
	var order []string
	by := map[string][]string{}
	for _, f := range facts {
		v := *f.found(&c)
		if v.Text == "" {
			continue
		}
		if by[v.From] == nil {
			order = append(order, v.From)
		}
		by[v.From] = append(by[v.From], headings[f.field]+v.Text)
	}
	parts := make([]string, len(order))
	for i, from := range order {
		parts[i] = strings.Join(by[from], ", ") + " (" + from + ")"
	}
	return strings.Join(parts, ", ")
}

// Told is the cluster for machines: each fact, and where it came from.
type Told struct {
	Name      string            `json:"name,omitempty"`
	Region    string            `json:"region,omitempty"`
	AccountID string            `json:"accountID,omitempty"`
	Issuer    string            `json:"issuer,omitempty"`
	From      map[string]string `json:"from,omitempty"`
}

// Told gives the cluster for machines.
func (c Cluster) Told() Told {
	out := Told{Name: c.Name.Text, Region: c.Region.Text, AccountID: c.AccountID.Text, Issuer: c.Issuer.Text, From: map[string]string{}}
	for _, f := range facts {
		if v := f.found(&c); v.Text != "" {
			out.From[f.field] = v.From
		}
	}
	return out
}

// Kubeconfig is the context that was read; it is empty where there is none.
func (c Cluster) Kubeconfig() Kubeconfig { return c.kubeconfig }

// headings stand before the facts, but for the name.
var headings = map[string]string{"region": "region ", "accountID": "AWS account ", "issuer": "issuer "}

// Typed are the flags that were given, for commands that hints tell to type: their names
// without the prefix, and their values.
func (f Flags) Typed() [][2]string {
	var out [][2]string
	for _, one := range facts {
		if text := one.typed(f); text != "" {
			out = append(out, [2]string{one.flag, text})
		}
	}
	return out
}

// Fields are the flags of the four facts, without the prefix, and what each is set by.
func (f *Flags) Fields() []Flag {
	return []Flag{
		{"name", "NAME", "the cluster's name, where irsa.yaml leaves it out", &f.Name},
		{"region", "REGION", "the cluster's region", &f.Region},
		{"account-id", "ID", "the cluster's AWS account", &f.AccountID},
		{"issuer", "URL", "the issuer of the cluster's tokens", &f.Issuer},
	}
}

// Flag is one flag of a cluster: its name without the prefix, what its value is called, what it
// is for, and what it sets.
type Flag struct {
	Name, Value, Help string
	Into              *string
}

// Meant reports whether irsa.yaml, a flag or the environment says which cluster it is, and not
// the kubeconfig alone.
func (c Cluster) Meant() bool {
	return c.NamedByIssuer || c.Name.Text != "" && !strings.HasPrefix(c.Name.From, kubeconfigWord) && c.Name.From != byHost
}

// kubeconfigWord begins where a fact came from that the kubeconfig says; byHost is where one
// came from that EKS says of the kubeconfig's server.
const (
	kubeconfigWord = "kubeconfig, "
	byHost         = "EKS, by the API server's host"
)

// Variable is the variable of the environment that says the same as a flag.
func Variable(flag string) string {
	for _, f := range facts {
		if f.flag == flag {
			return f.env
		}
	}
	return ""
}
