package export

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// Plain values as YAML in block style, for what people go on editing: a text is quoted only
// where it could be read as something else.

// plainTexts are texts that YAML 1.1 and 1.2 read as texts without quotes, but for its words.
var plainTexts = regexp.MustCompile(`^[A-Za-z]([A-Za-z0-9_./@:-]*[A-Za-z0-9_/@-])?$`)

// yamlWords are texts that YAML 1.1 takes for something else (https://yaml.org/type/).
var yamlWords = []string{"true", "false", "yes", "no", "on", "off", "y", "n", "null"}

func yamlText(s string) string {
	if plainTexts.MatchString(s) && !slices.Contains(yamlWords, strings.ToLower(s)) {
		return s
	}
	return yamlString(s)
}

// value writes a value behind what stands on the line already: KEY: or the dash of an element.
func (y *yamlLines) value(margin int, v any) {
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 {
			y.WriteString(" {}\n")
			return
		}
		y.WriteString("\n")
		y.mapping(margin, v)
	case []any:
		if len(v) == 0 {
			y.WriteString(" []\n")
			return
		}
		y.WriteString("\n")
		y.list(margin, v)
	case string:
		y.WriteString(" " + blockText(v, margin) + "\n")
	default:
		text, err := json.Marshal(v)
		if err != nil {
			text = []byte(yamlString(fmt.Sprint(v))) // no value of YAML or JSON
		}
		y.WriteString(" " + string(text) + "\n")
	}
}

func (y *yamlLines) mapping(margin int, m map[string]any) {
	for _, key := range manifest.SortedKeys(m) {
		y.WriteString(strings.Repeat(" ", margin))
		y.entry(margin, key, m[key])
	}
}

// entry writes KEY: VALUE at the place that is reached. A list stands as deep as its key.
func (y *yamlLines) entry(margin int, key string, v any) {
	y.WriteString(yamlText(key) + ":")
	if _, list := v.([]any); !list {
		margin += 2
	}
	y.value(margin, v)
}

func (y *yamlLines) list(margin int, l []any) {
	for _, v := range l {
		y.WriteString(strings.Repeat(" ", margin) + "-")
		m, ok := v.(map[string]any)
		if !ok || len(m) == 0 {
			y.value(margin+2, v)
			continue
		}
		y.WriteString(" ")
		for i, key := range manifest.SortedKeys(m) {
			if i > 0 {
				y.WriteString(strings.Repeat(" ", margin+2))
			}
			y.entry(margin+2, key, m[key])
		}
	}
}

// blockText is a text with all its lines, where they can stand as they are, else in quotes.
func blockText(s string, margin int) string {
	body, ended := strings.CutSuffix(s, "\n")
	lines := strings.Split(body, "\n")
	literal := strings.Contains(s, "\n") && !strings.Contains(s, "{{") && lines[0] != "" && lines[0][0] != ' ' && lines[len(lines)-1] != ""
	for _, line := range lines {
		literal = literal && strings.TrimSpace(line) == strings.TrimLeft(line, " ") &&
			strings.IndexFunc(line, func(r rune) bool { return !unicode.IsPrint(r) || r == '\ufeff' }) < 0
	}
	if !literal {
		return yamlText(s)
	}
	head := "|-"
	if ended {
		head = "|"
	}
	for i, line := range lines {
		if line != "" {
			lines[i] = strings.Repeat(" ", margin) + line
		}
	}
	return head + "\n" + strings.Join(lines, "\n")
}
