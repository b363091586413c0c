package draft

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/catalog"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// None is what a grant says of a service account that gets a role without policies.
const None = "none"

// Grant is what one service account is to be allowed: an entry of the catalogue with its
// parameters, or a policy by its ARN; neither is a role without policies.
type Grant struct {
	ServiceAccount string
	Entry          string
	Parameters     map[string][]string
	Features       []string
	PolicyARN      string
}

// Error is a fault of a grant, and what to write instead.
type Error struct {
	Message string
	// Parameter is the parameter that it is of, and Fault what is wrong with that alone; both are
	// empty where the grant is no grant.
	Parameter, Fault string
	hint             string
}

// Error says what is wrong, on one line.
func (e *Error) Error() string { return e.Message }

// Hint is what to write instead; it may be empty.
func (e *Error) Hint() string { return e.hint }

// grantForm is how a grant is written.
const grantForm = "--grant SERVICEACCOUNT=ENTRY[,PARAMETER=VALUE…], as --grant external-dns=externalDNS,hostedZoneIDs=Z0123456789"

// ParseGrant reads SERVICEACCOUNT=WHAT. WHAT is the ARN of a policy, or none, or an entry of the
// catalogue and its parameters, each behind a comma; a value without a name belongs to the
// parameter before it. The error is an *Error.
func ParseGrant(text string) (Grant, error) {
	account, what, ok := strings.Cut(text, "=")
	if !ok || account == "" || what == "" {
		return Grant{}, &Error{Message: fmt.Sprintf("--grant %s: not SERVICEACCOUNT=ENTRY", text), hint: grantForm}
	}
	g := Grant{ServiceAccount: account, Parameters: map[string][]string{}}
	switch {
	case what == None:
		return g, nil
	case strings.HasPrefix(what, "arn:"):
		g.PolicyARN = what
		return g, g.checkARN()
	}
	parts := strings.Split(what, ",")
	e, err := catalog.Find(parts[0])
	if err != nil {
		hint := "helm irsa catalog lists them; none is for a role without policies"
		if near, ok := catalog.Nearest(parts[0]); ok {
			hint = fmt.Sprintf("did you mean %s=%s?", account, near)
		}
		return g, &Error{Message: fmt.Sprintf("--grant %s: the catalogue has no entry %q", text, parts[0]), hint: hint}
	}
	g.Entry = parts[0]
	return g, g.takeParameters(text, e, parts[1:])
}

// takeParameters reads PARAMETER=VALUE, and further values of the same parameter.
func (g *Grant) takeParameters(text string, e *catalog.Entry, parts []string) error {
	name := ""
	for _, part := range parts {
		key, value, ok := strings.Cut(part, "=")
		if !ok && name == "" {
			hint := g.Entry + " has none"
			if known := parameterNames(e); len(known) > 0 {
				hint = "write one of " + strings.Join(known, ", ") + " and = before it"
			}
			return &Error{Message: fmt.Sprintf("--grant %s: %q is the value of no parameter", text, part), hint: hint}
		}
		if !ok {
			key, value = name, part
		}
		if name = key; name == catalog.FeaturesParameter {
			g.Features = append(g.Features, value)
			continue
		}
		if slices.Contains(g.Parameters[name], value) {
			return &Error{Message: fmt.Sprintf("--grant %s: %s: %q is listed twice", text, name, value), hint: "drop one"}
		}
		g.Parameters[name] = append(g.Parameters[name], value)
	}
	return nil
}

func parameterNames(e *catalog.Entry) []string {
	var out []string
	for _, p := range e.Parameters {
		out = append(out, p.Name)
	}
	if len(e.Features) > 0 {
		out = append(out, catalog.FeaturesParameter)
	}
	return out
}

func (g *Grant) checkARN() error {
	if _, _, err := spec.ParsePolicyARN(g.PolicyARN); err != nil {
		return &Error{Message: fmt.Sprintf("--grant %s: %v", g, err), hint: "write a policy's ARN, as arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess, or an entry of helm irsa catalog"}
	}
	return nil
}

// String is the grant as --grant takes it.
func (g Grant) String() string {
	text := g.ServiceAccount + "="
	switch {
	case g.PolicyARN != "":
		return text + g.PolicyARN
	case g.Entry == "":
		return text + None
	}
	text += g.Entry
	for _, name := range slices.Sorted(maps.Keys(g.Parameters)) {
		for _, v := range g.Parameters[name] {
			text += "," + name + "=" + v
		}
	}
	for _, f := range g.Features {
		text += "," + catalog.FeaturesParameter + "=" + f
	}
	return text
}

// Check finds what is wrong with the grant for a cluster: its parameters, the partition of its
// ARNs, what has to be known of the cluster, and how pods get their role. The error joins an
// *Error for each fault.
func (g Grant) Check(target catalog.Target, mode string) error {
	if g.PolicyARN != "" {
		return g.checkPartition(target.Partition)
	}
	if g.Entry == "" {
		return nil
	}
	e, err := catalog.Find(g.Entry)
	if err == nil {
		_, err = e.Build(catalog.Request{Parameters: g.Parameters, Features: g.Features, Target: target})
	}
	var all []error
	var found *catalog.Error
	if errors.As(err, &found) {
		for _, f := range found.Faults {
			// Without any region, ARNs are made when there is one: as the catalogue has it for
			// irsa.yaml (catalog.Expand).
			if target.Partition != "" || !f.OfRegion() {
				all = append(all, g.fault(e, f))
			}
		}
	}
	if e != nil && len(e.Modes) > 0 && !slices.Contains(e.Modes, mode) {
		all = append(all, &Error{Message: fmt.Sprintf("--grant %s: %s does not work in mode %s", g, g.Entry, mode), hint: "helm irsa catalog " + g.Entry + " says what else there is"})
	}
	return errors.Join(all...)
}

func (g Grant) checkPartition(want string) error {
	if got := strings.SplitN(g.PolicyARN, ":", 3)[1]; want != "" && got != want {
		return &Error{Message: fmt.Sprintf("--grant %s: the ARN is of partition %s, and the cluster is in %s", g, got, want), hint: "write arn:" + want + ":…"}
	}
	return nil
}

// clusterFlags are the flags that say what an entry may need to know of the cluster.
var clusterFlags = map[string]string{
	"partition": "--cluster-region REGION", "cluster.region": "--cluster-region REGION",
	"cluster.name": "--cluster-name NAME", "cluster.accountID": "--cluster-account-id ID",
}

// fault is one of the catalogue's, in words of --grant.
func (g Grant) fault(e *catalog.Entry, f catalog.Fault) *Error {
	out := &Error{Message: fmt.Sprintf("--grant %s: ", g), Parameter: f.Parameter, Fault: f.Message, hint: f.Hint}
	if f.Parameter != "" {
		out.Message += f.Parameter + ": "
	}
	out.Message += f.Message
	switch {
	case f.Needs != "":
		out.hint = clusterFlags[f.Needs]
	case f.Missing != "":
		out.hint = fmt.Sprintf("--grant %s,%s=%s", g, f.Missing, sampleOf(e, f.Missing))
	}
	return out
}

func sampleOf(e *catalog.Entry, parameter string) string {
	if given := e.Example.Parameters[parameter]; len(given) > 0 {
		return given[0]
	}
	for _, p := range e.Parameters {
		if p.Name == parameter {
			return p.Sample()
		}
	}
	return "VALUE"
}

// Proposed is the grant of an entry for a service account, with an example's values for what has
// to be given.
func Proposed(account, entry string) Grant {
	g := Grant{ServiceAccount: account, Entry: entry, Parameters: map[string][]string{}}
	e, err := catalog.Find(entry)
	if err != nil {
		return g
	}
	needed := slices.Clone(e.AnyOf)
	if len(needed) > 1 {
		needed = needed[:1]
	}
	for _, p := range e.Parameters {
		if p.Required || slices.Contains(needed, p.Name) {
			g.Parameters[p.Name] = []string{sampleOf(e, p.Name)}
		}
	}
	for _, f := range e.Features {
		if slices.Contains(needed, f.Name) {
			g.Features = append(g.Features, f.Name)
		}
	}
	return g
}
