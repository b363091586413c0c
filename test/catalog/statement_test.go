package catalog

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/catalog"
)

// statement is one statement of a document that was built.
type statement struct {
	Sid, Effect      string
	Action, Resource texts
	Condition        map[string]map[string]texts
}

// texts is a list, or its only item.
type texts []string

func (t *texts) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*t = texts{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(t))
}

func statementsOf(document []byte) ([]statement, error) {
	var d struct{ Statement []statement }
	err := json.Unmarshal(document, &d)
	return d.Statement, err
}

// furtherTypes are resource types that actions take beside those in the data. Both kinds of load
// balancers have these two actions, and the data has what the classic ones take
// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html).
var furtherTypes = map[string][]string{
	"elasticloadbalancing:AddTags":    {"listener/app", "listener/net", "listener-rule/app", "listener-rule/net", "loadbalancer/app/", "loadbalancer/net/", "targetgroup"},
	"elasticloadbalancing:RemoveTags": {"listener/app", "listener/net", "listener-rule/app", "listener-rule/net", "loadbalancer/app/", "loadbalancer/net/", "targetgroup"},
}

// check says what is wrong with a statement, by the data of IAM. reasoned is true where the
// entry says why it is for all resources.
func (d *iamData) check(s statement, reasoned bool) []string {
	var wrong []string
	fitting := map[string]bool{}
	for _, name := range s.Action {
		service, actions := d.actions(name)
		if len(actions) == 0 {
			wrong = append(wrong, fmt.Sprintf("there is no action %s", name))
			continue
		}
		wildcard := strings.Contains(name, "*")
		for _, a := range actions {
			wrong = append(wrong, checkResources(service, a, name, s, reasoned || wildcard, fitting)...)
			if !wildcard {
				wrong = append(wrong, checkConditions(service, a, name, s)...)
			}
		}
	}
	for _, r := range s.Resource {
		if r != "*" && !fitting[r] {
			wrong = append(wrong, fmt.Sprintf("no action of the statement takes %s", r))
		}
	}
	return wrong
}

// actions finds an action by name, or those that a pattern matches.
func (d *iamData) actions(name string) (*service, []action) {
	prefix, rest, _ := strings.Cut(name, ":")
	s := d.service(prefix)
	if s == nil {
		return nil, nil
	}
	var out []action
	for _, key := range slices.Sorted(maps.Keys(s.actions)) {
		if a := s.actions[key]; a.Name == rest || strings.Contains(rest, "*") && overlap(rest, a.Name) {
			out = append(out, a)
		}
	}
	return s, out
}

// checkResources: an action that takes resources gets one that it takes, and an action that
// takes none gets *.
func checkResources(s *service, a action, name string, st statement, anyResource bool, fitting map[string]bool) []string {
	fits := false
	for _, r := range st.Resource {
		if r == "*" {
			fits = true
			continue
		}
		for _, t := range a.takes(name) {
			if arnFits(r, s.resources[strings.ToLower(t)].Arn) {
				fits, fitting[r] = true, true
			}
		}
	}
	if len(a.takes(name)) == 0 && !slices.Contains(st.Resource, "*") {
		return []string{fmt.Sprintf("%s takes no resource, so that only * allows it", name)}
	}
	if !fits {
		return []string{fmt.Sprintf("%s takes none of %s", name, strings.Join(st.Resource, ", "))}
	}
	if takes := a.takes(name); slices.Contains(st.Resource, "*") && !anyResource && st.Condition == nil && len(takes) > 0 {
		return []string{fmt.Sprintf("%s takes a resource (%s), and the statement is for all", name, takes[0])}
	}
	return nil
}

// takes are the names of the resource types of an action.
func (a action) takes(name string) []string {
	var out []string
	for _, t := range a.ResourceTypes {
		out = append(out, t.Name)
	}
	return append(out, furtherTypes[name]...)
}

// checkConditions: every key of a condition is one that the action's requests carry.
func checkConditions(s *service, a action, name string, st statement) []string {
	known := slices.Clone(a.ConditionKeys)
	for _, t := range a.ResourceTypes {
		known = append(known, t.ConditionKeys...)
	}
	for _, t := range a.takes(name) {
		known = append(known, s.resources[strings.ToLower(t)].ConditionKeys...)
	}
	var wrong []string
	for operator, keys := range st.Condition {
		for key, values := range keys {
			absent := operator == "Null" && slices.Equal(values, texts{"true"}) // holds where no request has the key
			if !absent && !keyKnown(key, known) {
				wrong = append(wrong, fmt.Sprintf("%s does not know the key %s of %s", name, key, operator))
			}
		}
	}
	return wrong
}

// keyKnown compares without case, and with the part behind the slash open where the data has
// ${TagKey} or <key> there. Keys that every request has are known to every action
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html).
func keyKnown(key string, known []string) bool {
	if strings.EqualFold(key, "aws:RequestedRegion") {
		return true
	}
	return slices.ContainsFunc(known, func(k string) bool {
		head, _, open := strings.Cut(k, "/")
		if !open {
			return strings.EqualFold(k, key)
		}
		mine, rest, ok := strings.Cut(key, "/")
		return ok && rest != "" && strings.EqualFold(mine, head)
	})
}

// arnFits reports whether an ARN with wildcards may be one of a format, such as
// arn:${Partition}:s3:::${BucketName}/${ObjectName}.
func arnFits(arn, format string) bool {
	mine, theirs := strings.SplitN(arn, ":", 6), strings.SplitN(format, ":", 6)
	if len(mine) < 6 || len(theirs) < 6 || mine[2] != theirs[2] {
		return false
	}
	if strings.HasSuffix(format, ":::${BucketName}") && strings.Contains(arn, "/") {
		return false // what lies in a bucket; other variables may stand for a path
	}
	for i := 3; i < 6; i++ {
		// Parameters that AWS publishes are of no AWS account
		// (https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters.html).
		if mine[i] == "" && theirs[i] != "" && !strings.HasPrefix(mine[5], "parameter/aws/") || !overlap(mine[i], variables(theirs[i])) {
			return false
		}
	}
	return true
}

// variables makes a * of each ${…}.
func variables(format string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(format, "${")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		b.WriteByte('*')
		_, format, _ = strings.Cut(rest, "}")
	}
}

// overlap reports whether some text matches both patterns.
func overlap(a, b string) bool {
	type pair struct{ i, j int }
	seen := map[pair]bool{}
	var from func(i, j int) bool
	from = func(i, j int) bool {
		if seen[pair{i, j}] {
			return false
		}
		seen[pair{i, j}] = true
		switch {
		case i == len(a) && j == len(b):
			return true
		case i < len(a) && a[i] == '*':
			return from(i+1, j) || j < len(b) && from(i, j+1)
		case j < len(b) && b[j] == '*':
			return from(i, j+1) || i < len(a) && from(i+1, j)
		case i == len(a) || j == len(b):
			return false
		}
		return (a[i] == b[j] || a[i] == '?' || b[j] == '?') && from(i+1, j+1)
	}
	return from(0, 0)
}

// reasons are the Sids of the statements that say why they are for all resources; those
// without a Sid are known by their first action.
func reasons(e catalog.Entry) map[string]bool {
	out := map[string]bool{}
	for _, s := range e.Statements {
		if s.All != "" {
			out[s.Sid+" "+s.Actions[0]] = true
		}
	}
	return out
}
