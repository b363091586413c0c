package trust

// Verdict is what a document says to a request.
type Verdict string

// The verdicts.
const (
	// Allow: a statement allows the request and none denies it.
	Allow Verdict = "allow"
	// Deny: a statement denies the request.
	Deny Verdict = "deny"
	// ImplicitDeny: no statement allows the request, so it is refused.
	ImplicitDeny Verdict = "implicitDeny"
	// Undecided: it depends on what is not known.
	Undecided Verdict = "unknown"
)

// Decision is a verdict and how it came about.
type Decision struct {
	Verdict Verdict `json:"verdict"`
	// Statement is the index, from 0, of the statement that decided, and Sid its
	// name. Of an implicit deny it is the Allow statement that came closest: the one
	// of which the fewest parts did not match. -1 where there is none.
	Statement int    `json:"statement"`
	Sid       string `json:"sid"`
	// Why are the parts of that statement that decided: all of them for Allow and
	// Deny, those that did not match for ImplicitDeny, those that are unknown for
	// Undecided.
	Why []Reason `json:"why"`
	// Statements are all the statements and what each came to.
	Statements []Outcome `json:"statements"`
}

// Outcome is what one statement comes to.
type Outcome struct {
	Sid    string `json:"sid"`
	Effect string `json:"effect"`
	// Applies is Yes where the statement is about the request.
	Applies Answer `json:"applies"`
	// Reasons are its parts, in this order: principal, action, conditions, elements that nobody knows.
	Reasons []Reason `json:"reasons"`
}

// Reason is one part of a statement held against the request.
type Reason struct {
	// Element is the part's name, such as Principal or Condition.
	Element string `json:"element"`
	// Operator and Key are of a condition.
	Operator string `json:"operator,omitempty"`
	Key      string `json:"key,omitempty"`
	// Wanted are the statement's values, Seen the request's; Seen is empty where the
	// request has no such key.
	Wanted []string `json:"wanted"`
	Seen   []string `json:"seen"`
	// Result is Yes where the part matches.
	Result Answer `json:"result"`
	// Note says what cannot be seen from the values.
	Note string `json:"note,omitempty"`
}
