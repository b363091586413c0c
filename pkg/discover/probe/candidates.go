package probe

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/discover"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// role is what a value might do.
type role int

const (
	setsAnnotations role = iota
	setsRoleARN
	setsName
	switches
)

// candidate is a value that might have to do with a service account. Where it came from does
// not matter: only a render says whether it has.
type candidate struct {
	path discover.Path
	role role
	// text: the value is read as text with YAML in it, as charts with tpl do.
	text bool
	// before is the value as it is.
	before any
	// number makes its marker distinct.
	number int
}

// roleKey is the annotation that matters.
const roleKey = "eks.amazonaws.com/role-arn"

// Markers are in the form of what they stand for: ARNs, and names that are DNS labels.
func (c *candidate) arn() string {
	return fmt.Sprintf("arn:aws:iam::111122223333:role/helm-irsa-probe-%d", c.number)
}

func (c *candidate) label() string { return fmt.Sprintf("helm-irsa-probe-%d", c.number) }

// key is an annotation that nothing else sets: where a chart merges several mappings, or writes
// the role's annotation from a value of its own, each shows.
func (c *candidate) key() string { return fmt.Sprintf("helm-irsa.dev/probe-%d", c.number) }

// change is one value that is set.
type change struct {
	path  discover.Path
	value any
}

// way is the value as one that leads to annotations; arn is true where it takes the role's ARN alone.
func (c *candidate) way(arn bool) discover.Way {
	before, _ := c.before.(string)
	return discover.Way{Path: c.path.String(), RoleARN: arn, Number: c.number, Keys: c.path, Text: c.text, Before: before}
}

// change sets the marker; a switch is turned the other way.
func (c *candidate) change() change {
	switch c.role {
	case setsAnnotations:
		if c.text {
			return change{c.path, c.behind(c.key() + ": " + c.label())}
		}
		return change{c.path, map[string]any{c.key(): c.label()}}
	case setsRoleARN:
		return change{c.path, c.arn()}
	case setsName:
		return change{c.path, c.label()}
	}
	on, _ := c.before.(bool)
	return change{c.path, !on}
}

// forUser is what a user would set: the annotation that matters alone.
func (c *candidate) forUser() change {
	if c.role != setsAnnotations {
		return c.change()
	}
	if c.text {
		return change{c.path, c.behind(roleKey + ": " + c.arn())}
	}
	return change{c.path, map[string]any{roleKey: c.arn()}}
}

// behind is the text that is there, and a line more.
func (c *candidate) behind(line string) string {
	before, _ := c.before.(string)
	if before != "" && !strings.HasSuffix(before, "\n") {
		before += "\n"
	}
	return before + line
}

var (
	accountKey    = regexp.MustCompile(`(?i)service[-_]?accounts?$|^sa$`)
	annotationKey = regexp.MustCompile(`(?i)annotations$`)
	// What is merged into the object as it is has its annotations where the object has them.
	mergedKey    = regexp.MustCompile(`(?i)^(merge|overrides?|overlay)$`)
	labelKey     = regexp.MustCompile(`(?i)labels$`)
	accountName  = regexp.MustCompile(`(?i)service_?account(name)?$`)
	arnKey       = regexp.MustCompile(`(?i)(role.*arn|arn.*role|iam_?role|aws_?role|eks_?role|^role$|^arn$)`)
	switchKey    = regexp.MustCompile(`(?i)^(create|enabled?|install)$|^create_?service_?account$|^service_?account_?(create|enabled)$`)
	rbacKey      = regexp.MustCompile(`(?i)^rbac$`)
	makesAccount = regexp.MustCompile(`kind:\s*["']?ServiceAccount\b`)
	valuesPath   = regexp.MustCompile(`\.Values\)*((?:\.[A-Za-z_][A-Za-z0-9_]*\)*)+)`)
	anyKind      = regexp.MustCompile(`(?m)^\s*(?:- )?kind:`)
	makesKey     = regexp.MustCompile(`(?i)create|deploy|install`)
	nameKey      = regexp.MustCompile(`(?i)name$`)
	overrideKey  = regexp.MustCompile(`(?i)override$`)
	rangedPath   = regexp.MustCompile(`\brange\b[^{}]*\.Values((?:\.[A-Za-z_][A-Za-z0-9_]*)+)`)
	// What is read of a variable, or of the dot, and of no object that Helm itself gives.
	relativePath = regexp.MustCompile(`[\s()](?:\$[A-Za-z_]\w*)?((?:\.[A-Za-z_]\w*){1,4})`)
	// A member by a key that is no text of the template's own, and one by texts.
	indexedPath = regexp.MustCompile(`\bindex\s+[$\w.]*\.Values((?:\.[A-Za-z_]\w*)*)\s+[$.(]`)
	dugPath     = regexp.MustCompile(`\bdig((?:\s+"[\w-]+")+)`)
)

// collector gathers candidates.
type collector struct {
	whole map[string]any
	out   []*candidate
	seen  map[string]bool
	// members are the elements of what templates range over, and read what they read of a variable.
	members []discover.Path
	read    []discover.Path
}

// candidates are all values of the chart, and of the charts below it, that might have to do
// with a service account: by the keys of the values, and by what the templates read.
func (e *chartEngine) candidates() []*candidate {
	c := &collector{whole: e.whole, seen: map[string]bool{}}
	c.tree(e.whole, nil, false)
	for _, s := range e.scopes {
		for _, t := range s.chart.Templates {
			for _, at := range placesOf(s) {
				c.template(string(t.Data), at, strings.HasPrefix(path.Base(t.Name), "_"))
			}
		}
	}
	c.ofMembers()
	for i, found := range c.out {
		found.number = i + 1
	}
	return c.out
}

// ofMembers looks for what templates read of a variable in all that they range over: a member may
// lack what another has, or what none of the values shows.
func (c *collector) ofMembers() {
	for _, at := range c.members {
		for _, keys := range c.read {
			switch full, key := at.With(keys...), keys.Last(); {
			case accountKey.MatchString(key):
				c.add(full.With("annotations"), setsAnnotations)
				c.add(full.With("name"), setsName)
			case annotationKey.MatchString(key):
				c.add(full, setsAnnotations)
			case arnKey.MatchString(key):
				c.add(full, setsRoleARN)
			case nameKey.MatchString(key):
				c.add(full, setsName)
			}
		}
	}
}

// placesOf are where the values stand that a chart's templates read. Those of a library are read
// as if they were its user's (https://helm.sh/docs/topics/library_charts/).
func placesOf(s *scope) []discover.Path {
	if len(s.at) > 0 && s.chart.Metadata.Type == "library" {
		return []discover.Path{s.at[:len(s.at)-1], s.at}
	}
	return []discover.Path{s.at}
}

// tree looks at the keys of values. inside is true below a key that is of service accounts.
func (c *collector) tree(v any, at discover.Path, inside bool) {
	switch v := v.(type) {
	case map[string]any:
		if v["kind"] == "ServiceAccount" { // an object as it is, such as one of extraObjects
			c.add(at.With("metadata", "annotations"), setsAnnotations)
			c.add(at.With("metadata", "name"), setsName)
			return
		}
		for _, key := range manifest.SortedKeys(v) {
			// Each chart has a copy of the global values; those of the chart itself count.
			if key == "global" && len(at) > 0 {
				continue
			}
			c.key(v[key], at.With(key), inside)
		}
	case []any:
		for i, item := range v {
			element := at.With(fmt.Sprintf("[%d]", i))
			if m, ok := item.(map[string]any); ok && inside {
				c.account(m, element)
			}
			c.tree(item, element, inside)
		}
	}
}

func (c *collector) key(v any, at discover.Path, inside bool) {
	key := at.Last()
	about := accountKey.MatchString(key) || namesAccount(key, v)
	if m, isMap := v.(map[string]any); isMap && (about || inside) && !metadataKey(key) {
		c.account(m, at)
		c.tree(v, at, true)
		return
	}
	switch {
	case annotationKey.MatchString(key) && (inside || strings.Contains(strings.ToLower(key), "serviceaccount")):
		c.add(at, setsAnnotations)
	case arnKey.MatchString(key) && isText(v):
		c.add(at, setsRoleARN)
	case inside && key == "name" && isText(v), accountName.MatchString(key) && isText(v):
		c.add(at, setsName)
	case isSwitch(v) && (inside && switchKey.MatchString(key) || about || rbacSwitch(at) || strings.Contains(strings.ToLower(key), "serviceaccount") && switchKey.MatchString(key)):
		c.add(at, switches)
	}
	if annotationKey.MatchString(key) {
		c.byKind(v, at)
		return
	}
	c.tree(v, at, inside || about && !isSwitch(v) && !isText(v))
}

// byKind looks at a mapping of annotations that has those of each kind of object under a key of
// its own, as annotations.serviceAccount.
func (c *collector) byKind(v any, at discover.Path) {
	m, _ := v.(map[string]any)
	for _, key := range manifest.SortedKeys(m) {
		if below := m[key]; accountKey.MatchString(key) && !isSwitch(below) {
			c.add(at.With(key), setsAnnotations)
		}
	}
}

// namesAccount: the mapping of a service account that has a word behind that, as
// serviceAccountWorker; many others, such as serviceAccountToken, are not of one.
func namesAccount(key string, v any) bool {
	m, _ := v.(map[string]any)
	_, create := m["create"]
	_, annotations := m["annotations"]
	return (create || annotations) && strings.Contains(strings.ToLower(key), "serviceaccount")
}

// account adds what a mapping of one service account may have: what the values do not show may be
// read by the templates all the same. A mapping of mappings is that of several.
func (c *collector) account(m map[string]any, at discover.Path) {
	several := len(m) > 0
	for key, v := range m {
		_, isMap := v.(map[string]any)
		several = several && isMap && !metadataKey(key)
	}
	if mergedKey.MatchString(at.Last()) {
		c.add(at.With("metadata", "annotations"), setsAnnotations)
		return
	}
	if !several {
		c.add(at.With("annotations"), setsAnnotations)
		c.add(at.With("name"), setsName)
	}
}

func metadataKey(key string) bool {
	return annotationKey.MatchString(key) || labelKey.MatchString(key)
}

// rbacSwitch: older charts make service accounts with what else they have of RBAC.
func rbacSwitch(at discover.Path) bool {
	return len(at) > 1 && rbacKey.MatchString(at[len(at)-2]) && switchKey.MatchString(at.Last())
}

func isText(v any) bool {
	_, ok := v.(string)
	return ok || v == nil
}

func isSwitch(v any) bool {
	_, ok := v.(bool)
	return ok
}

// template looks at the values that a template reads. A template that makes service accounts
// may call their annotations anything; partials are read by any template.
func (c *collector) template(text string, at discover.Path, partial bool) {
	makes := makesAccount.MatchString(text)
	only := makes && len(makesAccount.FindAllString(text, -1)) == len(anyKind.FindAllString(text, -1))
	c.ranged(text, at, makes || partial)
	for _, m := range valuesPath.FindAllStringSubmatch(text, -1) {
		keys := strings.Split(strings.ReplaceAll(m[1], ")", "")[1:], ".")
		full := at.With(keys...)
		if keys[0] == "global" {
			full = keys
		}
		about := slices.ContainsFunc(keys, accountKey.MatchString) || strings.Contains(strings.ToLower(full.Last()), "serviceaccount")
		v, there := discover.Lookup(c.whole, full)
		if makes && !partial {
			c.whatever(v, full)
		}
		_, isMap := v.(map[string]any)
		key := full.Last()
		switch {
		case annotationKey.MatchString(key) && (about || makes):
			c.add(full, setsAnnotations)
		case accountKey.MatchString(key) && len(keys) > 1 && annotationKey.MatchString(keys[len(keys)-2]):
			c.add(full, setsAnnotations)
		case arnKey.MatchString(key) && isText(v) && (makes || partial || there):
			c.add(full, setsRoleARN)
		case isMap:
		case isText(v) && about && (key == "name" || there && accountName.MatchString(key) || strings.HasSuffix(strings.ToLower(key), "accountname")):
			c.add(full, setsName)
		case (isSwitch(v) || !there) && about && switchKey.MatchString(key):
			c.add(full, switches)
		// A template that makes nothing else may call its name and its switch anything.
		// What enables it may be a whole part's: nobody turns that off for the service account's sake.
		case only && isSwitch(v) && (makesKey.MatchString(key) || v == false && switchKey.MatchString(key)):
			c.add(full, switches)
		case only && isText(v) && there && nameKey.MatchString(key) && !overrideKey.MatchString(key):
			c.add(full, setsName)
		}
	}
}

// ranged notes the mappings that a template ranges over, and what it reads of them that may have
// to do with a service account.
func (c *collector) ranged(text string, at discover.Path, makes bool) {
	groups := rangedPath.FindAllStringSubmatch(text, -1)
	for _, m := range append(groups, indexedPath.FindAllStringSubmatch(text, -1)...) {
		full := at
		if m[1] != "" {
			full = at.With(strings.Split(m[1][1:], ".")...)
		}
		var group any = c.whole
		if len(full) > 0 {
			group, _ = discover.Lookup(c.whole, full)
		}
		c.group(group, full)
	}
	for _, m := range relativePath.FindAllStringSubmatch(text, -1) {
		c.relative(strings.Split(m[1][1:], "."), makes)
	}
	for _, m := range dugPath.FindAllStringSubmatch(text, -1) {
		keys := strings.Fields(strings.ReplaceAll(m[1], `"`, ""))
		c.relative(keys, makes)
		c.members = append(c.members, at) // of the values themselves, for all that is known
	}
}

// group notes the members of a mapping or of a list.
func (c *collector) group(v any, at discover.Path) {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range manifest.SortedKeys(v) {
			if _, isMap := v[key].(map[string]any); (isMap || v[key] == nil) && key != "global" {
				c.members = append(c.members, at.With(key))
			}
		}
	case []any:
		for i, item := range v {
			if _, isMap := item.(map[string]any); isMap {
				c.members = append(c.members, at.With(fmt.Sprintf("[%d]", i)))
			}
		}
	}
}

// relative notes what is read of a variable, if it may have to do with a service account. Of what a
// helper is given, the value itself is under a key of the helper's choice.
func (c *collector) relative(keys discover.Path, makes bool) {
	if slices.Contains(builtIn, keys[0]) {
		return
	}
	for ; len(keys) > 0; keys = keys[1:] {
		about := slices.ContainsFunc(keys, accountKey.MatchString) || strings.Contains(strings.ToLower(keys.Last()), "serviceaccount")
		if about || makes && arnKey.MatchString(keys.Last()) {
			c.read = append(c.read, keys)
		}
	}
}

// builtIn are the objects that Helm gives templates
// (https://helm.sh/docs/chart_template_guide/builtin_objects/).
var builtIn = []string{"Values", "Release", "Chart", "Subcharts", "Files", "Capabilities", "Template"}

// whatever looks at a value that a template reads which makes service accounts: a mapping of texts may be
// their annotations, and one of mappings, or a list of them, several service accounts.
func (c *collector) whatever(v any, at discover.Path) {
	switch v := v.(type) {
	case []any:
		c.tree(v, at, true)
	case map[string]any:
		texts, mappings := true, len(v) > 0
		for _, item := range v {
			_, isMap := item.(map[string]any)
			texts, mappings = texts && isText(item), mappings && isMap
		}
		switch {
		case mappings:
			c.tree(v, at, true)
		case texts && !labelKey.MatchString(at.Last()) && !accountKey.MatchString(at.Last()):
			c.add(at, setsAnnotations)
		}
	}
}

func (c *collector) add(at discover.Path, r role) {
	id := fmt.Sprintf("%d %s", r, at)
	if c.seen[id] {
		return
	}
	c.seen[id] = true
	before, _ := discover.Lookup(c.whole, at)
	found := &candidate{path: slices.Clone(at), role: r, before: before}
	fits := before == nil
	switch v := before.(type) {
	case []any: // where values.yaml has [] for what templates read as a mapping, Helm takes a mapping
		fits = r == setsAnnotations && len(v) == 0
	case string:
		found.text = r == setsAnnotations
		fits = r != switches
	case map[string]any:
		fits = r == setsAnnotations
	case bool:
		fits = r == switches
	}
	if fits {
		c.out = append(c.out, found)
	}
}
