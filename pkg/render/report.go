package render

// Report says what one rendering did. It is the JSON that --report and
// $HELM_IRSA_REPORT receive: Helm 4 throws away what a post-renderer writes to
// stderr (internal/plugin/runtime_subprocess.go, runPostrenderer), so what a
// person must know goes here as well, and the wrapper prints it.
type Report struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	// Result is "ok" or "error".
	Result string `json:"result"`
	// Dialect is "helm3", "helm4", or "plain" for a stream that shows neither's marks.
	Dialect string `json:"dialect"`
	// Namespace is the release's namespace that was used; empty when none was known.
	Namespace string  `json:"namespace"`
	Release   string  `json:"release"`
	Summary   Summary `json:"summary"`
	// Accounts are the entries of irsa.yaml, in its order, and what became of them.
	Accounts []Account `json:"accounts"`
	Changes  []Change  `json:"changes"`
	Warnings []Message `json:"warnings"`
	Errors   []Message `json:"errors"`
}

// Summary counts documents: those that came in and hold an object, those that were changed, those that were added.
type Summary struct {
	Documents int `json:"documents"`
	Changed   int `json:"changed"`
	Added     int `json:"added"`
}

// Account is one entry of irsa.yaml after a rendering.
type Account struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// RoleARN is empty where Pod Identity alone gives the role and its ARN is not known offline.
	RoleARN string `json:"roleARN"`
	Mode    string `json:"mode"`
	// State is "added" where the service account was put into the release, "changed"
	// where the chart's own got other annotations, "unchanged" where it had them already,
	// and "absent" where it is not in this stream.
	State string `json:"state"`
	// Moved counts the objects that were made to name the service account.
	Moved int `json:"moved"`
}

// Change is one field that was set, added or removed.
type Change struct {
	// Action is "add" (a whole object, or a field that was not there), "set" or "remove".
	Action string `json:"action"`
	Object Object `json:"object"`
	// Field is the dotted path; empty for a whole object.
	Field string `json:"field,omitempty"`
	From  string `json:"from,omitempty"`
	To    string `json:"to,omitempty"`
	// Account is the ServiceAccount, as namespace/name, for whose sake the change was made.
	Account string `json:"account"`
	// Reason is why, in a few words.
	Reason string `json:"reason"`
}

// Object says which object of the stream a change or a message is about.
type Object struct {
	// Document is the 1-based number of the document in the stream; 0 for one that was added.
	Document int `json:"document,omitempty"`
	// Line is the 1-based line of the stream where the document's object begins.
	Line int `json:"line,omitempty"`
	// Source is the template that made it, where the stream says so.
	Source    string `json:"source,omitempty"`
	Kind      string `json:"kind,omitempty"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name,omitempty"`
}

// Message is a warning or an error: one line, and what to type next where there is something.
type Message struct {
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}
