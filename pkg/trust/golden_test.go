package trust_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/golden"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const goldenFolder = "../../testdata/golden/trust"

// goldenCase is a folder with
//
//	trust.json     the policy
//	request.json   what is asked, with why (what the case shows) and doc (the page that has the rule),
//	               and either a token or a request
//	decision.json  what comes out, and how it is told
type goldenCase struct {
	*golden.Case
	ask goldenRequest
}

type goldenRequest struct {
	Why     string         `json:"why"`
	Doc     string         `json:"doc"`
	Token   *trust.Token   `json:"token,omitempty"`
	Request *trust.Request `json:"request,omitempty"`
}

type goldenDecision struct {
	Explain  []string       `json:"explain"`
	Decision trust.Decision `json:"decision"`
}

var goldenFiles = []string{"trust.json", "request.json", "decision.json"}

func TestGolden(t *testing.T) {
	t.Parallel()
	cases, err := readCases(goldenFolder, *update)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			got := c.decide(t)
			if *update {
				if err := os.WriteFile(filepath.Join(c.Dir, "decision.json"), got, 0o644); err != nil {
					t.Error(err)
				}
				return
			}
			if want := c.Files["decision.json"]; !bytes.Equal(got, want) {
				t.Errorf("decision.json is\n%s\nwant\n%s\n(go test ./pkg/trust -run TestGolden -update rewrites it)", got, want)
			}
		})
	}
}

func (c goldenCase) decide(t *testing.T) []byte {
	t.Helper()
	d := parse(t, string(c.Files["trust.json"]))
	request := c.ask.Request
	if c.ask.Token != nil {
		r := trust.WebIdentity(*c.ask.Token)
		request = &r
	}
	decision := trust.Evaluate(d, *request)
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(goldenDecision{decision.Explain(), decision}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// readCases reads a folder of cases. A decision that is about to be rewritten may be
// missing.
func readCases(folder string, rewriting bool) ([]goldenCase, error) {
	return golden.Read(folder, func(read *golden.Case) (goldenCase, error) {
		c := goldenCase{Case: read}
		return c, c.read(rewriting)
	})
}

func (c *goldenCase) read(rewriting bool) error {
	for name := range c.Files {
		if !slices.Contains(goldenFiles, name) {
			return fmt.Errorf("%s is no file of a case", name)
		}
	}
	for _, name := range goldenFiles {
		if !c.Has(name) && !(rewriting && name == "decision.json") {
			return fmt.Errorf("%s is missing", name)
		}
	}
	dec := json.NewDecoder(bytes.NewReader(c.Files["request.json"]))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c.ask); err != nil {
		return fmt.Errorf("request.json: %w", err)
	}
	switch {
	case c.ask.Why == "" || c.ask.Doc == "":
		return errors.New("request.json does not say why and doc")
	case (c.ask.Token == nil) == (c.ask.Request == nil):
		return errors.New("request.json: want one of token and request")
	}
	return nil
}

// TestGoldenHarness: the harness does not pass on nothing and on half a case.
func TestGoldenHarness(t *testing.T) {
	t.Parallel()
	whole := map[string]string{"trust.json": allowAll, "request.json": `{"why":"w","doc":"d","token":{}}`, "decision.json": "{}"}
	for name, tt := range map[string]struct {
		change    map[string]string // an empty text drops the file
		none      bool
		rewriting bool
		ok        bool
	}{
		"whole":                     {ok: true},
		"no case":                   {none: true},
		"no case, rewriting":        {none: true, rewriting: true},
		"no policy":                 {change: map[string]string{"trust.json": ""}},
		"no policy, rewriting":      {change: map[string]string{"trust.json": ""}, rewriting: true},
		"no request":                {change: map[string]string{"request.json": ""}},
		"no decision":               {change: map[string]string{"decision.json": ""}},
		"no decision, rewriting":    {change: map[string]string{"decision.json": ""}, rewriting: true, ok: true},
		"another file":              {change: map[string]string{"decison.json": "{}"}},
		"no reason":                 {change: map[string]string{"request.json": `{"doc":"d","token":{}}`}},
		"neither token nor request": {change: map[string]string{"request.json": `{"why":"w","doc":"d"}`}},
		"unknown field":             {change: map[string]string{"request.json": `{"why":"w","doc":"d","token":{},"x":1}`}},
	} {
		folder := t.TempDir()
		if !tt.none {
			if err := golden.Write(filepath.Join(folder, "case"), whole, tt.change); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := readCases(folder, tt.rewriting); (err == nil) != tt.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := readCases(filepath.Join(t.TempDir(), "none"), false); err == nil {
		t.Error("a folder that is not there is no error")
	}
}
