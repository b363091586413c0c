package discover

import (
	"fmt"
	"maps"
	"strings"

	"helm.sh/helm/v3/pkg/strvals"
	"sigs.k8s.io/yaml"
)

// Sources are the values that a caller gives, as the flags of helm template of these names.
type Sources struct {
	Files                              []string
	JSON, Set, String, File, Literally []string
}

// MergeValues merges them as Helm does (helm.sh/helm/v3 pkg/cli/values/options.go): files in
// their order, then each kind of flag. read gives the content of a file, by the name that was given.
func MergeValues(s Sources, read func(name string) ([]byte, error)) (map[string]any, error) {
	out := map[string]any{}
	for _, name := range s.Files {
		data, err := read(name)
		if err != nil {
			return nil, err
		}
		values, err := readValues(data)
		if err != nil {
			return nil, fmt.Errorf("reading values of %s: %w", name, err)
		}
		out = Merged(out, values)
	}
	content := func(name []rune) (any, error) {
		data, err := read(string(name))
		return string(data), err
	}
	for _, kind := range []struct {
		flag  string
		given []string
		parse func(string, map[string]any) error
	}{
		{"--set-json", s.JSON, setJSON},
		{"--set", s.Set, strvals.ParseInto},
		{"--set-string", s.String, strvals.ParseIntoString},
		{"--set-file", s.File, func(v string, into map[string]any) error { return strvals.ParseIntoFile(v, into, content) }},
		{"--set-literal", s.Literally, strvals.ParseLiteralInto},
	} {
		for _, v := range kind.given {
			if err := kind.parse(v, out); err != nil {
				return nil, fmt.Errorf("reading %s %s: %w", kind.flag, v, err)
			}
		}
	}
	return out, nil
}

// setJSON takes PATH=JSON, and a whole object, as Helm 4 does (helm.sh/helm/v4
// pkg/cli/values/options.go).
func setJSON(v string, into map[string]any) error {
	if !strings.HasPrefix(strings.TrimSpace(v), "{") {
		return strvals.ParseJSON(v, into)
	}
	values, err := readValues([]byte(v))
	if err != nil {
		return err
	}
	maps.Copy(into, Merged(into, values))
	return nil
}

// Merged are two mappings of values, of which the second wins; a null of the second stays, and
// takes the chart's value away.
func Merged(a, b map[string]any) map[string]any {
	out := make(map[string]any, len(a)+len(b))
	maps.Copy(out, a)
	for k, v := range b {
		below, isMap := v.(map[string]any)
		before, wasMap := out[k].(map[string]any)
		if isMap && wasMap {
			v = Merged(before, below)
		}
		out[k] = v
	}
	return out
}

// readValues reads values as Helm does (helm.sh/helm/v3 pkg/chartutil/values.go, ReadValues, which
// brings the library of JSON Schema with it, and that takes a third of this program's start).
func readValues(data []byte) (out map[string]any, err error) {
	if err = yaml.Unmarshal(data, &out); err == nil && out == nil {
		out = map[string]any{}
	}
	return out, err
}
