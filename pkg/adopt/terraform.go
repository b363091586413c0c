package adopt

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// What `terraform show -json` prints of a state or a plan
// (https://developer.hashicorp.com/terraform/internals/json-format). Of version 1, readers
// "will not break"; of another they must not read on.
type tfFile struct {
	FormatVersion string        `json:"format_version"`
	Values        *tfValues     `json:"values"`         // of a state
	Planned       *tfValues     `json:"planned_values"` // of a plan
	Prior         tfPrior       `json:"prior_state"`    // of a plan
	Configuration tfConfigured  `json:"configuration"`  // of a plan
	Changes       []tfChange    `json:"resource_changes"`
	Resources     []tfResource4 `json:"resources"` // of the file that Terraform keeps itself
	Version       int           `json:"version"`
}

// tfResource4 says that it is a state as Terraform keeps it, and not as it shows it.
type tfResource4 struct {
	Type string `json:"type"`
}

type tfValues struct {
	Root tfModule `json:"root_module"`
}

// tfPrior is the state that a plan was made of. Data that was read for the plan is there, and not
// among the values that are planned
// (https://developer.hashicorp.com/terraform/internals/json-format#plan-representation).
type tfPrior struct {
	Values tfValues `json:"values"`
}

type tfModule struct {
	Address   string       `json:"address"`
	Resources []tfResource `json:"resources"`
	Children  []tfModule   `json:"child_modules"`
}

type tfResource struct {
	Address   string                     `json:"address"`
	Mode      string                     `json:"mode"`
	Type      string                     `json:"type"`
	Name      string                     `json:"name"`
	Index     json.RawMessage            `json:"index"`
	Values    map[string]json.RawMessage `json:"values"`
	Sensitive map[string]json.RawMessage `json:"sensitive_values"`
	Deposed   string                     `json:"deposed_key"` // it is replaced, and waits to be destroyed
	DependsOn []string                   `json:"depends_on"`  // addresses without instance keys; in a state alone
	module    string
	config    *tfConfigResource // nil where there is none
	provider  json.RawMessage   // of the configuration
}

type tfConfigured struct {
	Providers map[string]tfProvider `json:"provider_config"`
	Root      tfConfigModule        `json:"root_module"`
}

type tfProvider struct {
	Expressions json.RawMessage `json:"expressions"`
}

type tfConfigModule struct {
	Resources []tfConfigResource `json:"resources"`
	Calls     map[string]struct {
		Module tfConfigModule `json:"module"`
	} `json:"module_calls"`
}

type tfConfigResource struct {
	Address     string                     `json:"address"`
	ProviderKey string                     `json:"provider_config_key"`
	Expressions map[string]json.RawMessage `json:"expressions"`
	ForEach     json.RawMessage            `json:"for_each_expression"`
}

// tfReading is one file while it is read.
type tfReading struct {
	name string
	file tfFile
	all  []tfResource
	out  *Source
	err  error
	// ahead are the addresses of what the plan makes: it is not in AWS yet.
	ahead map[string]bool
	home  string // the AWS account of the provider without an alias; empty where it is not known
	// callers are the AWS accounts of providers, by the keys of these in the configuration.
	callers map[string]string
}

// Terraform reads what `terraform show -json` printed of a state or a plan. Name is for
// messages. The error says what is wrong on one line.
func Terraform(name string, data []byte) (*Source, error) {
	t := &tfReading{name: name, out: &Source{Name: name, Kept: map[string]string{}, Ahead: map[string]string{}, Access: map[string]spec.AccountAccess{}}, ahead: map[string]bool{}}
	values, err := t.parse(data)
	if err != nil {
		return nil, err
	}
	t.collect(values.Root, t.file.Configuration.Root, func(tfResource) bool { return true })
	t.collect(t.file.Prior.Values.Root, t.file.Configuration.Root, func(r tfResource) bool { return r.Mode == "data" })
	t.changes()
	t.clusters()
	t.accounts()
	t.roles()
	t.policies()
	t.attachments()
	t.providers()
	t.associations()
	t.addons()
	t.serviceAccounts()
	t.releases()
	if t.err != nil {
		return nil, t.err
	}
	s := &t.out.State
	s.Roles.Read, s.Policies.Read, s.Providers.Read, s.Associations.Read = true, true, true, true
	return t.out, nil
}

const tfShow = "give it what `terraform show -json` prints, of a state or of a saved plan"

// InputError says that a file is not what it must be; Fix is what to give instead.
type InputError struct{ What, Fix string }

// Error is what is wrong.
func (e *InputError) Error() string { return e.What }

// Hint is what to give instead.
func (e *InputError) Hint() string { return e.Fix }

func (t *tfReading) parse(data []byte) (*tfValues, error) {
	fail := func(format string, args ...any) (*tfValues, error) {
		return nil, &InputError{t.name + ": " + fmt.Sprintf(format, args...), tfShow}
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return fail("it is empty")
	}
	if err := json.Unmarshal(data, &t.file); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return fail("line %d: not JSON: %v", 1+bytes.Count(data[:min(int(syntax.Offset), len(data))], []byte("\n")), err)
		}
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) {
			return fail("it is not what terraform show -json prints: %s is %s", cmp.Or(kind.Field, "the file"), kind.Value)
		}
		return fail("not JSON: %v", err)
	}
	major, _, _ := strings.Cut(t.file.FormatVersion, ".")
	switch {
	case t.file.FormatVersion == "" && t.file.Version > 0:
		return fail("it is the file that Terraform keeps its state in, whose form may change")
	case t.file.FormatVersion == "":
		return fail("it has no format_version: it is not what terraform show -json prints")
	case major != "0" && major != "1":
		return nil, &InputError{fmt.Sprintf("%s: its format_version is %s, and this version of helm irsa reads 0.1 to 1.x", t.name, t.file.FormatVersion), "use a newer version of the plugin irsa"}
	case t.file.Planned != nil:
		return t.file.Planned, nil
	case t.file.Values == nil:
		return fail("it has no resources")
	}
	return t.file.Values, nil
}

// collect gathers the resources of a module and of those below it that are of use, each with what the
// configuration says of it.
func (t *tfReading) collect(m tfModule, c tfConfigModule, use func(tfResource) bool) {
	for _, r := range m.Resources {
		if r.Deposed != "" || !use(r) {
			continue
		}
		r.module = m.Address
		base := strings.TrimPrefix(strings.TrimPrefix(r.Address, m.Address), ".")
		if i := strings.IndexByte(base, '['); i >= 0 {
			base = base[:i]
		}
		for i := range c.Resources {
			if c.Resources[i].Address == base {
				r.config = &c.Resources[i]
				r.provider = t.file.Configuration.Providers[c.Resources[i].ProviderKey].Expressions
			}
		}
		t.all = append(t.all, r)
	}
	for _, child := range m.Children {
		call := strings.TrimPrefix(strings.TrimPrefix(child.Address, m.Address), ".")
		call = strings.TrimPrefix(call, "module.")
		if i := strings.IndexAny(call, "[."); i >= 0 {
			call = call[:i]
		}
		t.collect(child, c.Calls[call].Module, use)
	}
}

// each gives the resources of a type, and of another that is the same under another name.
func (t *tfReading) each(types ...string) []*tfResource {
	var out []*tfResource
	for i := range t.all {
		if slices.Contains(types, t.all[i].Type) {
			out = append(out, &t.all[i])
		}
	}
	return out
}

// managed are those that Terraform keeps itself.
func (t *tfReading) managed(types ...string) []*tfResource {
	return slices.DeleteFunc(t.each(types...), func(r *tfResource) bool { return r.Mode == "data" })
}

// text reads an attribute that is text; empty where it is not known, or not there. One that is
// sensitive is an error: irsa.yaml would show it.
func (t *tfReading) text(r *tfResource, name string) string {
	var s string
	raw, there := r.Values[name]
	if !there || json.Unmarshal(raw, &s) != nil {
		return ""
	}
	if s != "" {
		t.shown(r, name)
	}
	return s
}

// shown notes that an attribute will stand in irsa.yaml, which one that is sensitive must not.
func (t *tfReading) shown(r *tfResource, name string) {
	if sensitive(r.Sensitive[name]) && t.err == nil {
		t.err = &InputError{fmt.Sprintf("%s: %s: %s is sensitive, and irsa.yaml would show it", t.name, r.Address, name), "take sensitive() off it in the configuration, or the resource out of the file"}
	}
}

// sensitive reports whether a mark of sensitive_values is set, at whatever depth.
func sensitive(raw json.RawMessage) bool { return bytes.Contains(raw, []byte("true")) }

func (t *tfReading) texts(r *tfResource, name string) []string {
	var out []string
	_ = json.Unmarshal(r.Values[name], &out) // what is not known is null
	if len(out) > 0 {
		t.shown(r, name)
	}
	return out
}

// tags are those that AWS has: with the provider's default_tags, where they are known. What the
// configuration marks as sensitive is marked in tags alone: the provider makes tags_all.
func (t *tfReading) tags(r *tfResource) map[string]string {
	for _, name := range []string{"tags_all", "tags"} {
		var out map[string]string
		if json.Unmarshal(r.Values[name], &out) == nil && out != nil {
			if len(out) > 0 {
				t.shown(r, "tags_all")
				t.shown(r, "tags")
			}
			return out
		}
	}
	return map[string]string{}
}

// key is the key of for_each, or the index of count.
func (r *tfResource) key() string {
	var s string
	if json.Unmarshal(r.Index, &s) == nil {
		return s
	}
	return string(r.Index)
}

func (t *tfReading) number(r *tfResource, name string) int {
	n, _ := strconv.Atoi(string(r.Values[name])) // what is not known is null
	return n
}
