package trust

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// The versions of the policy language. Only the later has policy variables
// (reference_policies_elements_version.html).
const (
	Version2012 = "2012-10-17"
	Version2008 = "2008-10-17"
)

// Document is a policy: the text that it was read from and what that says. It never
// changes. The zero Document is no policy at all: it has no text, lets nobody in,
// and is what Merge starts from for a new role.
type Document struct {
	text       string
	form       form
	root       node
	list       node // the value of Statement: a list, or a lone object
	version    string
	statements []Statement
}

// Parse reads a trust policy: JSON, or JSON that is URL-encoded as IAM returns it
// (RFC 3986; https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html).
// The error is a Faults with everything that is wrong and where; in an encoded
// text the positions are those of the decoded one. Elements that IAM does not have
// are kept; Check names them.
func Parse(text string) (Document, error) { return parse(text, trustForm) }

func parse(text string, as form) (Document, error) {
	if strings.HasPrefix(strings.TrimSpace(text), "%") {
		decoded, err := url.PathUnescape(strings.TrimSpace(text))
		if err != nil {
			return Document{}, Faults{{Message: "not a URL-encoded policy: " + err.Error()}}
		}
		text = decoded
	}
	f := &faults{text: text}
	root := readJSON(f)
	if len(f.list) > 0 {
		return Document{}, f.err()
	}
	d := Document{text: text, form: as, root: root, version: Version2008}
	d.read(f)
	if len(f.list) > 0 {
		return Document{}, f.err()
	}
	return d, nil
}

func (d *Document) read(f *faults) {
	if d.root.kind != objectKind {
		f.add(d.root.from, "not a policy: want an object with Version and Statement")
		return
	}
	misspelt(f, d.root, documentElements)
	if v, ok := d.root.member("Version"); ok {
		d.version = v.text
		if v.kind != textKind || d.form == trustForm && v.text != Version2012 && v.text != Version2008 {
			f.add(v.from, "Version is %s: want %q", brief(v), Version2012)
		}
	}
	var ok bool
	if d.list, ok = d.root.member("Statement"); !ok {
		f.add(d.root.from, "not a policy: it has no Statement")
		return
	}
	switch d.list.kind {
	case listKind:
		for _, item := range d.list.items {
			d.statements = append(d.statements, readStatement(f, item, d.form))
		}
	case objectKind:
		d.statements = []Statement{readStatement(f, d.list, d.form)}
	default:
		f.add(d.list.from, "Statement is %s: want a list of statements", brief(d.list))
	}
}

var documentElements = []string{"Version", "Id", "Statement"}

// misspelt finds elements that are right but for upper and lower case: IAM does
// not take them, and taking them for unknown ones would lose a condition.
func misspelt(f *faults, n node, known []string) {
	for _, m := range n.members {
		if slices.Contains(known, m.key) {
			continue
		}
		for _, k := range known {
			if strings.EqualFold(k, m.key) {
				f.add(m.from, "%s: want %s", m.key, k)
			}
		}
	}
}

// brief writes a value for an error: whole when it is short.
func brief(n node) string {
	switch n.kind {
	case objectKind:
		return "an object"
	case listKind:
		return "a list"
	}
	if s := compact(n); len(s) <= 60 {
		return s
	}
	return "a long text"
}

// Text is the policy as it was read, byte for byte, or as it was built. It is
// empty for the zero Document.
func (d Document) Text() string { return d.text }

// MarshalJSON gives the text; null for the zero Document.
func (d Document) MarshalJSON() ([]byte, error) {
	if d.text == "" {
		return []byte("null"), nil
	}
	return []byte(d.text), nil
}

// UnmarshalJSON reads a trust policy that stands in other JSON, as an object or as text,
// URL-encoded or not; null is the zero Document. The error is that of Parse, with
// positions within the policy.
func (d *Document) UnmarshalJSON(data []byte) error {
	text := string(data)
	if text == "null" {
		*d = Document{}
		return nil
	}
	if strings.HasPrefix(text, `"`) {
		if err := json.Unmarshal(data, &text); err != nil {
			return err
		}
	}
	parsed, err := Parse(text)
	if err == nil {
		*d = parsed
	}
	return err
}

// Version is the version of the policy language: Version2008 where the document
// names none (reference_policies_elements_version.html).
func (d Document) Version() string { return d.version }

// Statements are the statements in their order.
func (d Document) Statements() []Statement { return slices.Clone(d.statements) }
