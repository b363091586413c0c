package yamledit

import (
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/helm-irsa/helm-irsa/pkg/manifest/yamldoc"
)

// plain is what may stand unquoted wherever a scalar may: it begins with a letter,
// a slash or an underscore, and holds nothing that YAML reads as an indicator. The
// colons of an ARN are text, since no blank follows them.
var plain = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z_/][A-Za-z0-9_./=@-]*(:+[A-Za-z0-9_./=@-]+)*$`)
})

// wordy are the words that some YAML 1.1 or 1.2 reader takes for a boolean, a
// null or a number (https://yaml.org/type/bool.html; sigs.k8s.io/yaml, which Helm
// reads with, follows 1.1).
var wordy = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(y|n|yes|no|on|off|true|false|null|nan|inf|e[0-9]+|0[xob].*)$`)
})

// quote writes a string as a scalar: in the quotes of style where it has some, else
// plain where every reader takes that for the same string, else in double quotes.
func quote(value string, style yaml.Style) string {
	switch {
	case style&yaml.SingleQuotedStyle != 0 && isPrintableLine(value):
		return "'" + strings.ReplaceAll(value, "'", "''") + "'"
	case style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) == 0 && plain().MatchString(value) && !wordy().MatchString(value):
		return value
	}
	return doubleQuote(value)
}

func isPrintableLine(s string) bool {
	for _, c := range s {
		if c < ' ' || c == 0x7f || c == 0x85 || c == 0x2028 || c == 0x2029 || c == 0xfeff {
			return false
		}
	}
	return true
}

// doubleQuote writes a JSON string, which every YAML reader takes, with the
// characters that JSON may leave bare and YAML reads as line breaks escaped.
func doubleQuote(value string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(value) // a string always encodes
	s := strings.TrimSuffix(b.String(), "\n")
	return strings.NewReplacer("\u0085", `\u0085`, "\ufeff", `\ufeff`, "\u007f", `\u007f`).Replace(s)
}

// encoded writes a node as kyaml does (sigs.k8s.io/kustomize/kyaml/yaml alias.go, NewEncoder), which
// a test holds it to: kyaml itself would bring a client of HTTP and protobuf into a program whose
// start is most of its time. Merge keys get no tag: no file that was written by hand has that, and
// not every reader takes it.
func encoded(n *yaml.Node) (string, error) {
	untagMerges(n)
	var out strings.Builder
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	e.CompactSeqIndent()
	if err := errors.Join(e.Encode(n), e.Close()); err != nil {
		return "", err
	}
	return out.String(), nil
}

func untagMerges(n *yaml.Node) {
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 && yamldoc.IsMerge(c) && c.Style&yaml.TaggedStyle == 0 {
			c.Tag = ""
		}
		untagMerges(c)
	}
}

// Text writes a node as a document of its own.
func Text(n *yaml.Node) string { return strings.Join(blockLines(n), "\n") + "\n" }

// blockLines writes a node as the lines of a block, without indentation and line ends.
func blockLines(n *yaml.Node) []string {
	switch n.Kind {
	case yaml.MappingNode:
		var out []string
		for i := 0; i+1 < len(n.Content); i += 2 {
			out = append(out, pairLines(n.Content[i].Value, n.Content[i+1])...)
		}
		return out
	case yaml.SequenceNode:
		var out []string
		for _, item := range n.Content {
			out = append(out, itemLines(item)...)
		}
		return out
	}
	return []string{scalar(n)}
}

func pairLines(key string, value *yaml.Node) []string {
	head := quote(key, 0) + ":"
	if value.Kind == yaml.ScalarNode || len(value.Content) == 0 {
		return []string{head + " " + flow(value)}
	}
	out := []string{head}
	indent := "  "
	if value.Kind == yaml.SequenceNode {
		indent = ""
	}
	for _, line := range blockLines(value) {
		out = append(out, indent+line)
	}
	return out
}

func itemLines(item *yaml.Node) []string {
	lines := blockLines(item)
	for i := range lines {
		if i == 0 {
			lines[i] = "- " + lines[i]
		} else {
			lines[i] = "  " + lines[i]
		}
	}
	return lines
}

// flow writes a node on one line; everything but a lone scalar in JSON.
func flow(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		parts := make([]string, 0, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			parts = append(parts, doubleQuote(n.Content[i].Value)+": "+jsonText(n.Content[i+1]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case yaml.SequenceNode:
		parts := make([]string, len(n.Content))
		for i, c := range n.Content {
			parts[i] = jsonText(c)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return scalar(n)
}

func scalar(n *yaml.Node) string {
	if n.ShortTag() != "!!str" {
		return n.Value
	}
	return quote(n.Value, n.Style)
}

func jsonText(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str" {
		return doubleQuote(n.Value)
	}
	return flow(n)
}
