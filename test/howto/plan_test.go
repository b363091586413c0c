package howto

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/test/howtos"
)

// plan is what `helm irsa plan -o json` prints.
type plan struct {
	Changes []struct{ Action, Type, Name, ARN, Account, Diff string }
	Summary struct{ Create, Update, Delete int }
}

// planned runs `helm irsa plan`, or `destroy` and so on, and reads what it prints.
func (h *host) planned(t *testing.T, s howtos.HowTo, namespace string) plan {
	t.Helper()
	var p plan
	out := h.must(t, "plan", s.Release, "-n", namespace, "-f", s.File(), "-o", "json").stdout
	if err := json.Unmarshal([]byte(out), &p); err != nil {
		t.Fatalf("helm irsa plan -o json: %v\n%s", err, out)
	}
	return p
}

// thing is a role, policy or provider, as a plan says or as AWS does.
type thing struct {
	// Settings are lines such as "path: /" and "audience sts.amazonaws.com".
	Settings []string
	Tags     map[string]string
	// Document is the trust policy, or the policy's own.
	Document any
	// Attached are the ARNs of managed policies.
	Attached []string
}

// created reads from a plan what there will be, by ARN. A plan that changes or deletes
// anything fails the test.
func (p plan) created(t *testing.T) map[string]thing {
	t.Helper()
	out := map[string]thing{}
	for _, c := range p.Changes {
		if c.Action != "create" {
			t.Fatalf("the plan for a bare AWS account is to %s %s %s", c.Action, c.Type, c.Name)
		}
		one := out[c.ARN]
		switch c.Type {
		case "policyAttachment", "nodeRole":
			one.Attached = append(one.Attached, strings.TrimPrefix(c.Diff, "+"))
			slices.Sort(one.Attached)
		case "oidcProvider", "role", "policy":
			attached := one.Attached
			one = readDiff(t, c.Diff)
			one.Attached = attached
		default:
			t.Fatalf("the plan has a change of type %s, which no how-to needs", c.Type)
		}
		out[c.ARN] = one
	}
	return out
}

// readDiff reads the diff of something that is new: settings, tags, then the document.
func readDiff(t *testing.T, diff string) thing {
	t.Helper()
	one := thing{Tags: map[string]string{}}
	lines := strings.Split(diff, "\n")
	for i, line := range lines {
		text, ok := strings.CutPrefix(line, "+")
		if !ok {
			t.Fatalf("the diff of something new has the line %q", line)
		}
		if text == "{" {
			document := strings.ReplaceAll("\n"+strings.Join(lines[i:], "\n"), "\n+", "\n")
			if err := json.Unmarshal([]byte(document), &one.Document); err != nil {
				t.Fatalf("the document in a diff: %v\n%s", err, document)
			}
			one.Document = unordered(one.Document)
			break
		}
		if tag, ok := strings.CutPrefix(text, "tag "); ok {
			key, value, _ := strings.Cut(tag, ": ")
			one.Tags[key] = value
		} else {
			one.Settings = append(one.Settings, text)
		}
	}
	return one
}

// unordered sorts the lists of texts in a document, whose order means nothing
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html).
func unordered(document any) any {
	switch v := document.(type) {
	case map[string]any:
		for key, inner := range v {
			v[key] = unordered(inner)
		}
	case []any:
		for i, inner := range v {
			v[i] = unordered(inner)
		}
		slices.SortFunc(v, func(a, b any) int {
			x, _ := a.(string)
			y, _ := b.(string)
			return strings.Compare(x, y)
		})
	}
	return document
}

// arns are those of one kind, in order.
func arns(things map[string]thing, kind string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(things)), func(arn string) bool { return !strings.Contains(arn, ":"+kind+"/") })
}

// text is a value for a message, with what is equal written alike.
func text(v any) string {
	out, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(out)
}
