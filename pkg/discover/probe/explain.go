package probe

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/discover"
)

// renderError says why a chart does not render with the caller's values.
type renderError struct {
	// Message is one line; Values are the paths of the values that are missing, or that the
	// schema refuses, as far as that can be told.
	Message string
	Values  []string
}

// Error is the message, and the values.
func (e *renderError) Error() string { return e.Message }

// Hint is how to give the value.
func (e *renderError) Hint() string {
	if len(e.Values) > 0 {
		return "give it with -f FILE, or --set " + e.Values[0] + "=VALUE"
	}
	return ""
}

var (
	// As Helm's engine writes what required and fail say (helm.sh/helm/v3 pkg/engine/engine.go,
	// cleanupExecError), and as text/template names the field that it was at.
	saidAt   = regexp.MustCompile(`(?s)^execution error at \(([^):]+):(\d+)(?::\d+)?\): (.*)$`)
	failedAt = regexp.MustCompile(`(?s)^template: ([^:]+):(\d+):(?:\d+:)? executing .* at <([^>]*)>: (.*)$`)
	inner    = regexp.MustCompile(`(?s)template: ([^:\s]+):(\d+):(?:\d+:)? executing "[^"]*" at <([^>]*)>: (.*)$`)
	// As Helm's schema library writes them (github.com/santhosh-tekuri/jsonschema/v6 kind).
	missingAt = regexp.MustCompile(`at '([^']*)': missing propert(?:y|ies) (.*)$`)
	nullAt    = regexp.MustCompile(`at '([^']*)': got null, want (\w+)$`)
	refusedAt = regexp.MustCompile(`at '([^']*)': (.*)$`)
	quoted    = regexp.MustCompile(`'([^']*)'`)
	required  = regexp.MustCompile(`required\s+(?:"((?:[^"\\]|\\.)*)"|\(\s*printf[^)]*\))\s+\(?\s*\$?\.Values((?:\.\w+)+)`)
	piped     = regexp.MustCompile(`\.Values((?:\.\w+)+)\s*\|\s*required\s+"((?:[^"\\]|\\.)*)"`)
)

// explain makes an error of the first render, whose values are the caller's, one that names the
// value that is missing.
func (e *chartEngine) explain(err error) error {
	var already *discover.Error
	text := err.Error()
	switch {
	case errors.As(err, &already):
		return err
	case strings.HasPrefix(text, "values don't meet the specifications of the schema"):
		return e.explainSchema(text)
	}
	if m := saidAt.FindStringSubmatch(text); m != nil {
		said := strings.TrimSpace(m[3])
		out := &renderError{Message: fmt.Sprintf("%s (%s:%s)", oneLine(said), m[1], m[2]), Values: e.requiredBy(said)}
		if len(out.Values) == 0 {
			out.Values = e.requiredOn(m[1], m[2])
		}
		if len(out.Values) == 0 {
			out.Values = e.said(said)
		}
		return out.naming()
	}
	// The innermost template says what failed; those around it only that they include it.
	where := failedAt.FindStringSubmatch(text)
	if deeper := inner.FindAllStringSubmatch(text, -1); len(deeper) > 0 {
		where = deepest(text)
	}
	if where != nil {
		out := &renderError{Message: fmt.Sprintf("%s, at %s (%s:%s)", oneLine(where[4]), where[3], where[1], where[2])}
		// A template that is not there is not for want of a value.
		if m := valuesPath.FindStringSubmatch(where[3]); m != nil && !strings.Contains(where[4], "no template ") {
			out.Values = []string{e.scopeOf(where[1]).at.With(strings.Split(strings.ReplaceAll(m[1], ")", "")[1:], ".")...).String()}
		}
		return out.naming()
	}
	if strings.HasPrefix(text, "parse error at ") {
		return &discover.Error{Message: oneLine(text), Next: "no value helps against a template that cannot be read: take another version of the chart"}
	}
	return &renderError{Message: oneLine(text)}
}

// deepest is the last of the templates that an error went through.
func deepest(text string) []string {
	var last []string
	for m := inner.FindStringSubmatch(text); m != nil; m = inner.FindStringSubmatch(m[4]) {
		last = m
	}
	return last
}

// naming adds the values to the message, where that does not have them.
func (e *renderError) naming() *renderError {
	for _, v := range e.Values {
		if !strings.Contains(e.Message, v) {
			e.Message += ": the value " + v + " is missing"
		}
	}
	return e
}

// requiredBy are the values that templates require with this message.
func (e *chartEngine) requiredBy(said string) []string {
	var out []string
	add := func(s *scope, message, keys string) {
		if strings.ReplaceAll(message, `\"`, `"`) != said {
			return
		}
		for _, at := range placesOf(s) {
			if p := at.With(strings.Split(keys[1:], ".")...).String(); !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	for _, s := range e.scopes {
		for _, t := range s.chart.Templates {
			for _, m := range required.FindAllStringSubmatch(string(t.Data), -1) {
				add(s, m[1], m[2])
			}
			for _, m := range piped.FindAllStringSubmatch(string(t.Data), -1) {
				add(s, m[2], m[1])
			}
		}
	}
	return out
}

// dotted is a path of two keys or more.
var dotted = regexp.MustCompile(`[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+`)

// said is the first path that a message names, of those that the chart has, and has nothing at.
func (e *chartEngine) said(message string) []string {
	for _, text := range dotted.FindAllString(message, -1) {
		path := discover.Path(strings.Split(strings.TrimPrefix(text, "Values."), "."))
		if v, there := discover.Lookup(e.whole, path); there && (v == nil || v == "") {
			return []string{path.String()}
		}
	}
	return nil
}

// requiredOn are the values that a line of a template reads, where it requires something.
func (e *chartEngine) requiredOn(file, line string) []string {
	s := e.scopeOf(file)
	n, err := strconv.Atoi(line)
	for _, t := range s.chart.Templates {
		lines := strings.Split(string(t.Data), "\n")
		if err != nil || s.chart.ChartFullPath()+"/"+t.Name != file || n > len(lines) || !strings.Contains(lines[n-1], "required") {
			continue
		}
		// One value: of several, nothing says which is meant.
		if all := valuesPath.FindAllStringSubmatch(lines[n-1], -1); len(all) == 1 {
			return []string{s.at.With(strings.Split(strings.ReplaceAll(all[0][1], ")", "")[1:], ".")...).String()}
		}
	}
	return nil
}

// explainSchema names what a schema asks for: its library writes the name of the chart, and
// below it a line for each fault.
func (e *chartEngine) explainSchema(text string) error {
	var faults []string
	out := &renderError{}
	chartName := e.chart.Name()
	for _, line := range strings.Split(text, "\n")[1:] {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutSuffix(line, ":"); ok && !strings.HasPrefix(line, "-") {
			chartName = name
			continue
		}
		line = strings.TrimPrefix(line, "- ")
		if m := missingAt.FindStringSubmatch(line); m != nil {
			for _, q := range quoted.FindAllStringSubmatch(m[2], -1) {
				p := e.pointer(chartName, m[1], q[1])
				out.Values = append(out.Values, p.path.String())
				faults = append(faults, "the value "+p.path.String()+" is missing"+p.choices())
			}
		} else if m := nullAt.FindStringSubmatch(line); m != nil {
			p := e.pointer(chartName, m[1])
			out.Values = append(out.Values, p.path.String())
			faults = append(faults, "the value "+p.path.String()+" is missing, a "+m[2]+p.choices())
		} else if m := refusedAt.FindStringSubmatch(line); m != nil {
			p := e.pointer(chartName, m[1]).path.String()
			if p == "" {
				p = "the values"
			}
			faults = append(faults, p+": "+inOrder(m[2]))
		}
	}
	if len(faults) == 0 {
		return &renderError{Message: oneLine(text)}
	}
	// The library reads the schema from a map, and says faults in any order.
	slices.Sort(faults)
	slices.Sort(out.Values)
	out.Message = "the schema of the chart refuses the values: " + strings.Join(faults, "; ")
	return out
}

// inOrder sorts the names of properties that a schema does not know: the library has them from a map.
func inOrder(fault string) string {
	const before, after = "additional properties ", " not allowed"
	names := quoted.FindAllString(fault, -1)
	if slices.Sort(names); fault == before+strings.Join(quoted.FindAllString(fault, -1), ", ")+after {
		return before + strings.Join(names, ", ") + after
	}
	return fault
}

// place is a value of a chart: where it is among all values, and in the chart's own schema.
type place struct {
	path, own discover.Path
	schema    []byte
}

// choices are what the schema says that the value must be one of.
func (p place) choices() string { return choices(p.schema, p.own) }

// pointer is the value at a JSON pointer into the values of a chart, or at a key below it.
func (e *chartEngine) pointer(chartName, pointer string, below ...string) place {
	var p place
	for _, part := range strings.Split(pointer, "/")[1:] {
		p.own = p.own.With(unescaped(part))
	}
	p.own = p.own.With(below...)
	p.path = p.own
	if i := slices.IndexFunc(e.scopes, func(s *scope) bool { return s.chart.Name() == chartName }); i >= 0 {
		p.path, p.schema = e.scopes[i].at.With(p.own...), e.scopes[i].chart.Schema
	}
	return p
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
