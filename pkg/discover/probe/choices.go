package probe

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/discover"
)

// mostChoices is how many values of an enumeration are still read.
const mostChoices = 8

// choices are what a schema says that a value must be one of: ": one of A, B", or nothing.
// Properties and references within the schema are followed, as draft 7 has them
// (https://json-schema.org/draft-07/json-schema-core); what else could choose is not.
func choices(schema []byte, at discover.Path) string {
	var root any
	if json.Unmarshal(schema, &root) != nil {
		return ""
	}
	here := root
	for _, key := range at {
		node, _ := referred(root, here)["properties"].(map[string]any)
		here = node[key]
	}
	all, _ := referred(root, here)["enum"].([]any)
	var out []string
	for _, one := range all {
		switch v := one.(type) {
		case nil: // no value, as before
		case string:
			out = append(out, oneLine(v))
		case float64, bool:
			out = append(out, fmt.Sprint(v))
		default:
			return ""
		}
	}
	if len(out) == 0 || len(out) > mostChoices {
		return ""
	}
	return ": one of " + strings.Join(out, ", ")
}

// referred is a schema, or the one of the same document that it refers to.
func referred(root, schema any) map[string]any {
	node, _ := schema.(map[string]any)
	for range 10 { // a reference may lead to itself
		pointer, ok := node["$ref"].(string)
		if !ok {
			return node
		}
		parts, ok := strings.CutPrefix(pointer, "#/")
		if !ok {
			return nil
		}
		here := root
		for part := range strings.SplitSeq(parts, "/") {
			part = unescaped(part)
			switch v := here.(type) {
			case map[string]any:
				here = v[part]
			case []any:
				i, err := strconv.Atoi(part)
				if err != nil || i < 0 || i >= len(v) {
					return nil
				}
				here = v[i]
			default:
				return nil
			}
		}
		node, _ = here.(map[string]any)
	}
	return nil
}

// unescaped is a part of a JSON pointer: https://www.rfc-editor.org/rfc/rfc6901#section-4.
func unescaped(part string) string { return strings.NewReplacer("~1", "/", "~0", "~").Replace(part) }
