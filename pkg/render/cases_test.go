package render_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"
	"sigs.k8s.io/yaml"

	"github.com/helm-irsa/helm-irsa/pkg/catalog"
	"github.com/helm-irsa/helm-irsa/pkg/render"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// casesFolder is where $IRSA_RENDER_CASES has its cases. They are no part of the project:
// they are made of what other people reported.
func casesFolder(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("IRSA_RENDER_CASES")
	if folder == "" {
		t.Skip("IRSA_RENDER_CASES is not set: the reported cases were skipped")
	}
	return folder
}

// TestReportedCases renders every folder of $IRSA_RENDER_CASES and holds the result against
// its expected.txt, which says what a person saw to be right: a line each.
func TestReportedCases(t *testing.T) {
	t.Parallel()
	found, err := filepath.Glob(filepath.Join(casesFolder(t), "*", "expected.txt"))
	if err != nil || len(found) == 0 {
		t.Fatalf("IRSA_RENDER_CASES has no */expected.txt (%v)", err)
	}
	for _, path := range found {
		t.Run(filepath.Base(filepath.Dir(path)), func(t *testing.T) {
			t.Parallel()
			if err := runReportedCase(filepath.Dir(path)); err != nil {
				t.Error(err)
			}
		})
	}
}

// runReportedCase renders a case twice and says what is not as expected.
func runReportedCase(folder string) error {
	var read [3][]byte
	for i, name := range []string{"irsa.yaml", "input.yaml", "expected.txt"} {
		data, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return err
		}
		read[i] = data
	}
	want, err := parseExpectations(string(read[2]))
	if err != nil {
		return err
	}
	out, err := renderOnce(read[0], read[1], want.namespace)
	switch {
	case err != nil && want.rc == 0:
		return fmt.Errorf("rendering: %w", err)
	case err != nil:
		return nil
	case want.rc != 0:
		return errors.New("rendering succeeded, and should not")
	}
	again, err := renderOnce(read[0], out, want.namespace)
	if err != nil || !bytes.Equal(again, out) {
		return fmt.Errorf("rendering the result again gives another result (%v)", err)
	}
	before, err := valuesOf(read[1])
	if err != nil {
		return err
	}
	after, err := valuesOf(out)
	if err != nil {
		return err
	}
	if want.counts && len(after) != len(before)+want.added {
		return fmt.Errorf("%d documents came in and %d left, not %d more", len(before), len(after), want.added)
	}
	var all []error
	for _, check := range want.checks {
		if err := check.on(after, out); err != nil {
			all = append(all, fmt.Errorf("%s: %w", check.line, err))
		}
	}
	if len(all) > 0 {
		return fmt.Errorf("%w\nin\n%s", errors.Join(all...), out)
	}
	return nil
}

func renderOnce(irsa, in []byte, namespace string) ([]byte, error) {
	file, err := spec.Parse("irsa.yaml", irsa)
	if err != nil {
		return nil, err
	}
	file, _ = catalog.WithPresets(file)
	r, err := render.New(render.Options{Spec: file, Namespace: namespace})
	if err != nil {
		return nil, err
	}
	out, err := r.Run(bytes.NewBuffer(bytes.Clone(in)))
	if err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// expectations are what an expected.txt says.
type expectations struct {
	namespace string
	rc, added int
	counts    bool // added was given
	checks    []expectation
}

// expectation is one line about the result.
type expectation struct {
	line, verb, kind, name string
	path, inner            []string
	value                  string
	matching               *regexp.Regexp
}

func parseExpectations(text string) (expectations, error) {
	var e expectations
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		var err error
		verb, rest, _ := strings.Cut(line, " ")
		switch verb {
		case "namespace":
			e.namespace = rest
		case "rc":
			e.rc, err = strconv.Atoi(rest)
		case "docs":
			e.counts = true
			e.added, err = strconv.Atoi(strings.TrimPrefix(rest, "+"))
		case "match", "nomatch":
			var re *regexp.Regexp
			re, err = regexp.Compile(rest)
			e.checks = append(e.checks, expectation{line: line, verb: verb, matching: re})
		case "all", "text", "text64", "json":
			e.checks = append(e.checks, objectExpectation(line, verb, rest))
		default:
			e.checks = append(e.checks, objectExpectation(line, "one", line))
		}
		if err != nil {
			return e, fmt.Errorf("%q: %w", line, err)
		}
	}
	return e, nil
}

func objectExpectation(line, verb, rest string) expectation {
	left, value, _ := strings.Cut(rest, " = ")
	words := append(strings.Fields(left), "", "", "")
	e := expectation{line: line, verb: verb, value: value, path: dotted(words[1]), inner: dotted(words[2])}
	e.kind, e.name, _ = strings.Cut(words[0], "/")
	return e
}

// dotted cuts a path at its dots; \. stands for one in a key.
func dotted(path string) []string {
	if path == "" {
		return nil
	}
	keys := strings.Split(strings.ReplaceAll(path, `\.`, "\x00"), ".")
	for i := range keys {
		keys[i] = strings.ReplaceAll(keys[i], "\x00", ".")
	}
	return keys
}

// on says what is not as expected of the objects, or of the output as it stands.
func (e expectation) on(objects []any, out []byte) error {
	switch e.verb {
	case "match", "nomatch":
		if e.matching.Match(out) != (e.verb == "match") {
			return errors.New("not so")
		}
		return nil
	}
	found := 0
	for _, o := range objects {
		if follow(o, "kind") != e.kind || follow(o, "metadata", "name") != e.name {
			continue
		}
		found++
		if err := e.of(follow(o, e.path...)); err != nil && (e.verb == "all" || found == 1) {
			return err
		}
	}
	if found == 0 {
		return errors.New("no such object")
	}
	return nil
}

// of says what is not as expected of one value.
func (e expectation) of(value any) error {
	switch e.verb {
	case "json":
		text, ok := value.(string)
		if !ok || !json.Valid([]byte(text)) {
			return fmt.Errorf("is no JSON: %v", value)
		}
		return nil
	case "text", "text64":
		text := []byte(fmt.Sprint(value))
		if e.verb == "text64" {
			raw, err := base64.StdEncoding.DecodeString(string(text))
			if err != nil {
				return err
			}
			text = raw
		}
		var inner any
		if err := yaml.Unmarshal(text, &inner); err != nil {
			return err
		}
		value = follow(inner, e.inner...)
	}
	if got := fmt.Sprint(value); got != e.value {
		return fmt.Errorf("is %s", got)
	}
	return nil
}

// follow goes a path of keys and indexes.
func follow(v any, path ...string) any {
	for _, key := range path {
		switch at := v.(type) {
		case map[string]any:
			v = at[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(at) {
				return nil
			}
			v = at[i]
		default:
			return nil
		}
	}
	return v
}

// valuesOf reads the objects of a stream as Helm reads them; the documents are told apart by
// another parser than the renderer's.
func valuesOf(stream []byte) ([]any, error) {
	dec := kyaml.NewDecoder(bytes.NewReader(stream))
	var out []any
	for {
		var doc kyaml.Node
		if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
			return out, nil
		} else if err != nil {
			return nil, err
		}
		text, err := kyaml.String(&doc)
		if err != nil {
			return nil, err
		}
		var v any
		if err := yaml.Unmarshal([]byte(text), &v); err != nil {
			return nil, err
		}
		if v != nil {
			out = append(out, v)
		}
	}
}

// TestReportedCaseHarness: an expectation that does not hold is seen.
func TestReportedCaseHarness(t *testing.T) {
	t.Parallel()
	const irsa = `
apiVersion: helm-irsa.dev/v1alpha1
kind: ReleaseIdentity
cluster: {name: c, region: eu-west-3, accountID: "111122223333"}
serviceAccounts:
- {name: a, role: {name: a}, usedBy: [{field: {kind: ConfigMap, name: m, path: data.k}}]}
`
	const in = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata:\n  k: x\n  t: '{\"p\": {\"a.b\": 1}}'\n  e: YTogMQ==\n"
	for expected, ok := range map[string]bool{
		"docs +1\nConfigMap/m data.k = a\n":                      true,
		"docs +1\nConfigMap/m data.k = b\n":                      false,
		"docs +1\nConfigMap/n data.k = a\n":                      false,
		"docs +0\n":                                              false,
		"docs +1\nrc 1\n":                                        false,
		"docs +1\nall ConfigMap/m data.k = b\n":                  false,
		"docs +1\ntext ConfigMap/m data.t p.a\\.b = 1\n":         true,
		"docs +1\ntext ConfigMap/m data.t p.a\\.b = 2\n":         false,
		"docs +1\ntext64 ConfigMap/m data.e a = 1\n":             true,
		"docs +1\ntext64 ConfigMap/m data.e a = 2\n":             false,
		"docs +1\njson ConfigMap/m data.t\n":                     true,
		"docs +1\njson ConfigMap/m data.k\n":                     false,
		"docs +1\nmatch k: a\nnomatch k: x\n":                    true,
		"docs +1\nmatch k: x\n":                                  false,
		"docs +1\nnomatch k: a\n":                                false,
		"docs +1\nConfigMap/m metadata.labels.0 = <nil>\n":       true,
		"docs +1\nServiceAccount/a imagePullSecrets.0 = <nil>\n": true,
	} {
		folder := t.TempDir()
		for name, text := range map[string]string{"irsa.yaml": irsa, "input.yaml": in, "expected.txt": "namespace n\n" + expected} {
			if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := runReportedCase(folder); (err == nil) != ok {
			t.Errorf("%q: %v", expected, err)
		}
	}
}

// TestHostileStreams: each stream of hostile/ in $IRSA_RENDER_CASES gets a service account, and
// its Deployment moves to it; a second time changes nothing.
func TestHostileStreams(t *testing.T) {
	t.Parallel()
	found, err := filepath.Glob(filepath.Join(casesFolder(t), "hostile", "*.yaml"))
	if err != nil || len(found) == 0 {
		t.Fatalf("IRSA_RENDER_CASES has no hostile/*.yaml (%v)", err)
	}
	const irsa = `
apiVersion: helm-irsa.dev/v1alpha1
kind: ReleaseIdentity
cluster: {name: c, region: eu-west-3, accountID: "111122223333"}
serviceAccounts:
- {name: app, role: {name: app}, usedBy: [{workload: {kind: Deployment, name: "*"}}]}
`
	for _, path := range found {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			in, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			out, err := renderOnce([]byte(irsa), in, "ns1")
			if err != nil {
				t.Fatal(err)
			}
			again, err := renderOnce([]byte(irsa), out, "ns1")
			if err != nil || !bytes.Equal(again, out) {
				t.Errorf("rendered again: %v\n%s\nonce:\n%s", err, again, out)
			}
			objects, err := valuesOf(out)
			if err != nil {
				t.Fatal(err)
			}
			moved, made := 0, 0
			for _, o := range objects {
				switch follow(o, "kind") {
				case "Deployment":
					if follow(o, "spec", "template", "spec", "serviceAccountName") == "app" {
						moved++
					}
				case "ServiceAccount", "ServiceAccountList":
					made++
				}
			}
			if moved != 1 || made != 1 {
				t.Errorf("%d Deployments moved, %d service accounts:\n%s", moved, made, out)
			}
		})
	}
}
