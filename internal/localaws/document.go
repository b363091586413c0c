package localaws

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxDocument is the length of a document parameter
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html).
const maxDocument = 131072

// kind is what a document is for.
type kind int

const (
	permissions kind = iota // managed and inline policies
	trustPolicy             // who may assume a role
)

// elements of a policy and of a statement
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html).
var (
	policyElements    = []string{"Version", "Id", "Statement"}
	statementElements = []string{"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)

var (
	// documentText is what documents may be made of
	// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-names).
	documentText = regexp.MustCompile(`^[\x{09}\x{0A}\x{0D}\x{20}-\x{FF}]+$`)
	sidText      = regexp.MustCompile(`^[0-9A-Za-z]*$`)
	// operator is a condition operator
	// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html).
	operator = regexp.MustCompile(`^Null$|^(ForAnyValue:|ForAllValues:)?(` +
		`String(Not)?(Equals(IgnoreCase)?|Like)|(Numeric|Date)((Not)?Equals|(Less|Greater)Than(Equals)?)|` +
		`Bool|BinaryEquals|(Not)?IpAddress|Arn(Not)?(Equals|Like))(IfExists)?$`)
)

// statement is one statement of a policy, by element.
type statement map[string]json.RawMessage

func (s statement) has(element string) bool { _, ok := s[element]; return ok }

// words is an element that is a string or a list of strings; false where it is neither.
func words(raw json.RawMessage) ([]string, bool) {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return []string{one}, true
	}
	var many []string
	if json.Unmarshal(raw, &many) != nil {
		return nil, false
	}
	return many, len(many) > 0
}

// checkDocument is what IAM says to a document, but for its size and for the
// principals that it names. The wording is that which IAM's callers report; its
// own pages have only the code.
func checkDocument(text string, k kind) ([]statement, error) {
	if text == "" || len(text) > maxDocument {
		return nil, constraint("...", "policyDocument", "have length between 1 and 131072")
	}
	if !documentText.MatchString(text) {
		return nil, constraint("...", "policyDocument", `satisfy regular expression pattern: [\u0009\u000A\u000D\u0020-\u00FF]+`)
	}
	if !json.Valid([]byte(text)) {
		return nil, malformed("This policy contains invalid Json")
	}
	var top map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &top) != nil || !within(top, policyElements) {
		return nil, malformed("Syntax errors in policy.")
	}
	var version string
	if json.Unmarshal(top["Version"], &version); version != "2012-10-17" && (k == permissions || top["Version"] != nil && version != "2008-10-17") {
		return nil, malformed("Policy document must be version 2012-10-17 or greater.")
	}
	statements, ok := statementsOf(top["Statement"])
	if !ok {
		return nil, malformed("Syntax errors in policy.")
	}
	return statements, checkStatements(statements, k)
}

func within(m map[string]json.RawMessage, names []string) bool {
	for name := range m {
		if !slices.Contains(names, name) {
			return false
		}
	}
	return true
}

// statementsOf is one statement or a list of them.
func statementsOf(raw json.RawMessage) ([]statement, bool) {
	var one statement
	if len(raw) > 0 && json.Unmarshal(raw, &one) == nil && one != nil {
		return []statement{one}, true
	}
	var many []statement
	if len(raw) == 0 || json.Unmarshal(raw, &many) != nil || len(many) == 0 {
		return nil, false
	}
	return many, !slices.ContainsFunc(many, func(s statement) bool { return s == nil })
}

func checkStatements(statements []statement, k kind) error {
	var sids []string
	for _, s := range statements {
		if err := checkStatement(s, k); err != nil {
			return err
		}
		sid, err := sidOf(s)
		switch {
		case err != nil:
			return err
		case sid != "" && slices.Contains(sids, sid):
			return malformed("Statement IDs (SID) in a single policy must be unique.")
		}
		sids = append(sids, sid)
	}
	return nil
}

// sidOf: a Sid is made of letters and digits
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html).
func sidOf(s statement) (string, error) {
	var sid string
	switch {
	case s.has("Sid") && json.Unmarshal(s["Sid"], &sid) != nil:
		return "", malformed("Syntax errors in policy.")
	case !sidText.MatchString(sid):
		return "", malformed("Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*")
	}
	return sid, nil
}

func checkStatement(s statement, k kind) error {
	var effect string
	switch {
	case !within(s, statementElements),
		json.Unmarshal(s["Effect"], &effect) != nil || effect != "Allow" && effect != "Deny",
		s.has("Action") && s.has("NotAction"),
		s.has("Resource") && s.has("NotResource"),
		s.has("Condition") && !knownCondition(s["Condition"]):
		return malformed("Syntax errors in policy.")
	}
	actions, err := actionsOf(s)
	if err != nil {
		return err
	}
	if k == trustPolicy {
		return checkTrustStatement(s, actions)
	}
	if s.has("Principal") || s.has("NotPrincipal") {
		return malformed("Policy document should not specify a principal.")
	}
	return checkResources(s)
}

// knownCondition: an object of operators, each an object of keys.
func knownCondition(raw json.RawMessage) bool {
	var condition map[string]map[string]json.RawMessage
	if json.Unmarshal(raw, &condition) != nil {
		return false
	}
	for name := range condition {
		if !operator.MatchString(name) {
			return false
		}
	}
	return true
}

func actionsOf(s statement) ([]string, error) {
	raw := s["Action"]
	if s.has("NotAction") {
		raw = s["NotAction"]
	}
	if raw == nil || string(raw) == "[]" {
		return nil, malformed("Policy statement must contain actions.")
	}
	actions, ok := words(raw)
	if !ok {
		return nil, malformed("Syntax errors in policy.")
	}
	for _, a := range actions {
		vendor, _, found := strings.Cut(a, ":")
		switch {
		case a != "*" && (!found || vendor == ""):
			return nil, malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
		case strings.Count(a, ":") > 1:
			return nil, malformed("Actions/Condition can contain only one colon.")
		}
	}
	return actions, nil
}

func checkResources(s statement) error {
	raw := s["Resource"]
	if s.has("NotResource") {
		raw = s["NotResource"]
	}
	if raw == nil || string(raw) == "[]" {
		return malformed("Policy statement must contain resources.")
	}
	resources, ok := words(raw)
	if !ok {
		return malformed("Syntax errors in policy.")
	}
	for _, r := range resources {
		if r == "*" {
			continue
		}
		if !strings.Contains(r, ":") {
			return malformed(`Resource %s must be in ARN format or "*".`, r)
		}
		if _, ok := parseARN(r); !ok {
			return malformed("The policy failed legacy parsing")
		}
	}
	return nil
}

// trustActions may stand in a trust policy
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
// and https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html name them).
var trustActions = []string{
	"sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity",
	"sts:SetSourceIdentity", "sts:SetContext", "sts:TagSession", "sts:*",
}

func checkTrustStatement(s statement, actions []string) error {
	switch {
	case s.has("Resource") || s.has("NotResource"):
		return malformed("Has prohibited field Resource")
	case !s.has("Principal") && !s.has("NotPrincipal"):
		return malformed("Missing required field Principal")
	}
	for _, a := range actions {
		if !slices.Contains(trustActions, a) {
			return malformed("AssumeRole policy may only specify STS AssumeRole actions.")
		}
	}
	return nil
}

// size is what IAM counts against a quota: white space is not counted
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html). The
// page leaves open what that means inside strings; there it is counted.
func size(document string) int {
	var b bytes.Buffer
	if json.Compact(&b, []byte(document)) != nil {
		return utf8.RuneCountInString(document)
	}
	return utf8.RuneCount(b.Bytes())
}
