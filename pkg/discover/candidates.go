package discover

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

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
	path valuePath
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
	path  valuePath
	value any
}

// change sets the marker; a switch is turned the other way.
func (c *candidate) change() change {
	switch c.role {
	case setsAnnotations:
		if c.text {
			before, _ := c.before.(string)
			if before != "" && !strings.HasSuffix(before, "\n") {
				before += "\n"
			}
			return change{c.path, before + c.key() + ": " + c.label()}
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
		return change{c.path, roleKey + ": " + c.arn()}
	}
	return change{c.path, map[string]any{roleKey: c.arn()}}
}

var (
	accountKey    = regexp.MustCompile(`(?i)service_?accounts?$`)
	annotationKey = regexp.MustCompile(`(?i)annotations$`)
	labelKey      = regexp.MustCompile(`(?i)labels$`)
	accountName   = regexp.MustCompile(`(?i)service_?account(name)?$`)
	arnKey        = regexp.MustCompile(`(?i)(role.*arn|arn.*role|iam_?role|aws_?role|eks_?role|^role$|^arn$)`)
	switchKey     = regexp.MustCompile(`(?i)^(create|enabled?|install)$|^create_?service_?account$|^service_?account_?(create|enabled)$`)
	rbacKey       = regexp.MustCompile(`(?i)^rbac$`)
	makesAccount  = regexp.MustCompile(`kind:\s*["']?ServiceAccount\b`)
	valuesPath    = regexp.MustCompile(`\.Values\)*((?:\.[A-Za-z_][A-Za-z0-9_]*\)*)+)`)
)

// collector gathers candidates.
type collector struct {
	whole map[string]any
	out   []*candidate
	seen  map[string]bool
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
	for i, found := range c.out {
		found.number = i + 1
	}
	return c.out
}

// placesOf are where the values stand that a chart's templates read. Those of a library are read
// as if they were its user's (https://helm.sh/docs/topics/library_charts/).
func placesOf(s *scope) []valuePath {
	if len(s.at) > 0 && s.chart.Metadata.Type == "library" {
		return []valuePath{s.at[:len(s.at)-1], s.at}
	}
	return []valuePath{s.at}
}

// tree looks at the keys of values. inside is true below a key that is of service accounts.
func (c *collector) tree(v any, at valuePath, inside bool) {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range manifest.SortedKeys(v) {
			// Each chart has a copy of the global values; those of the chart itself count.
			if key == "global" && len(at) > 0 {
				continue
			}
			c.key(v[key], at.with(key), inside)
		}
	case []any:
		for i, item := range v {
			element := at.with(fmt.Sprintf("[%d]", i))
			if m, ok := item.(map[string]any); ok && inside {
				c.account(m, element)
			}
			c.tree(item, element, inside)
		}
	}
}

func (c *collector) key(v any, at valuePath, inside bool) {
	key := at.last()
	about := accountKey.MatchString(key)
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
	if !annotationKey.MatchString(key) {
		c.tree(v, at, inside || about && !isSwitch(v) && !isText(v))
	}
}

// account adds what a mapping of one service account may have: what the values do not show may be
// read by the templates all the same. A mapping of mappings is that of several.
func (c *collector) account(m map[string]any, at valuePath) {
	several := len(m) > 0
	for key, v := range m {
		_, isMap := v.(map[string]any)
		several = several && isMap && !metadataKey(key)
	}
	if !several {
		c.add(at.with("annotations"), setsAnnotations)
		c.add(at.with("name"), setsName)
	}
}

func metadataKey(key string) bool {
	return annotationKey.MatchString(key) || labelKey.MatchString(key)
}

// rbacSwitch: older charts make service accounts with what else they have of RBAC.
func rbacSwitch(at valuePath) bool {
	return len(at) > 1 && rbacKey.MatchString(at[len(at)-2]) && switchKey.MatchString(at.last())
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
func (c *collector) template(text string, at valuePath, partial bool) {
	makes := makesAccount.MatchString(text)
	for _, m := range valuesPath.FindAllStringSubmatch(text, -1) {
		keys := strings.Split(strings.ReplaceAll(m[1], ")", "")[1:], ".")
		full := at.with(keys...)
		if keys[0] == "global" {
			full = keys
		}
		about := slices.ContainsFunc(keys, accountKey.MatchString) || strings.Contains(strings.ToLower(full.last()), "serviceaccount")
		v, there := lookup(c.whole, full)
		_, isMap := v.(map[string]any)
		key := full.last()
		switch {
		case annotationKey.MatchString(key) && (about || makes):
			c.add(full, setsAnnotations)
		case arnKey.MatchString(key) && isText(v) && (makes || partial || there):
			c.add(full, setsRoleARN)
		case isMap:
		case isText(v) && about && (key == "name" || there && accountName.MatchString(key) || strings.HasSuffix(strings.ToLower(key), "accountname")):
			c.add(full, setsName)
		case (isSwitch(v) || !there) && about && switchKey.MatchString(key):
			c.add(full, switches)
		}
	}
}

func (c *collector) add(at valuePath, r role) {
	id := fmt.Sprintf("%d %s", r, at)
	if c.seen[id] {
		return
	}
	c.seen[id] = true
	before, _ := lookup(c.whole, at)
	found := &candidate{path: slices.Clone(at), role: r, before: before}
	fits := before == nil
	switch before.(type) {
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
