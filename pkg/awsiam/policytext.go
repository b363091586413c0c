package awsiam

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// PolicyDocument is a permission policy that says what somebody may do.
type PolicyDocument struct {
	Version   string
	Statement []PolicyStatement
}

// PolicyStatement allows actions on resources.
type PolicyStatement struct {
	Sid, Effect      string
	Action, Resource []string
	// Condition is by operator and key.
	Condition map[string]map[string][]string `json:",omitempty"`
}

// Text is the document as JSON with two blanks a level and a line break at the end: what
// `aws iam create-policy --policy-document` takes.
func (d PolicyDocument) Text() string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	_ = enc.Encode(d) // texts, lists and mappings of texts always encode
	return b.String()
}

// size counts the characters as IAM does: our texts have no white space of their own.
func (s PolicyStatement) size() int {
	text, _ := json.Marshal(s) // as above; escapes for HTML, of which ARNs have none, would only make it more
	return len(text)
}

// frame is what a document has beside its statements; each of them adds a comma.
const frame = len(`{"Version":"2012-10-17","Statement":[]}`)

// documents puts statements, in their order, into as few documents as hold them within
// IAM's limit.
func documents(statements []PolicyStatement) []PolicyDocument {
	var out []PolicyDocument
	room, count := 0, map[string]int{}
	for _, whole := range statements {
		for _, s := range whole.halved(trust.ManagedPolicyQuota - frame - len("999,")) {
			if count[s.Sid]++; count[s.Sid] > 1 {
				s.Sid = fmt.Sprint(s.Sid, count[s.Sid])
			}
			if len(out) == 0 || room < s.size()+1 {
				out = append(out, PolicyDocument{Version: trust.Version2012})
				room = trust.ManagedPolicyQuota - frame
			}
			last := &out[len(out)-1]
			last.Statement = append(last.Statement, s)
			room -= s.size() + 1
		}
	}
	return out
}

// halved is the statement in pieces that have no more characters than that. What they
// allow together is what it allows: the resources of one, or the values of one key, are
// shared out.
func (s PolicyStatement) halved(most int) []PolicyStatement {
	a, b := s, s
	switch operator, key := s.longest(); {
	case s.size() <= most:
		return []PolicyStatement{s}
	case len(s.Resource) > 1 && (key == "" || len(s.Resource) >= len(s.Condition[operator][key])):
		half := len(s.Resource) / 2
		a.Resource, b.Resource = s.Resource[:half], s.Resource[half:]
	case key != "":
		values := s.Condition[operator][key]
		half := len(values) / 2
		a.Condition, b.Condition = s.with(operator, key, values[:half]), s.with(operator, key, values[half:])
	default: // one resource and one value: names are far shorter than the limit
		return []PolicyStatement{s}
	}
	return append(a.halved(most), b.halved(most)...)
}

// longest is the condition with the most values, where one has more than one.
func (s PolicyStatement) longest() (operator, key string) {
	most := 1
	for _, o := range sortedKeys(s.Condition) {
		for _, k := range sortedKeys(s.Condition[o]) {
			if n := len(s.Condition[o][k]); n > most {
				most, operator, key = n, o, k
			}
		}
	}
	return operator, key
}

// with is the condition with other values for one key.
func (s PolicyStatement) with(operator, key string, values []string) map[string]map[string][]string {
	out := map[string]map[string][]string{}
	for o, keys := range s.Condition {
		out[o] = map[string][]string{}
		for k, v := range keys {
			out[o][k] = v
		}
	}
	out[operator][key] = values
	return out
}
