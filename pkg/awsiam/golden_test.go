package awsiam_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"sigs.k8s.io/yaml"

	"github.com/helm-irsa/helm-irsa/internal/golden"
	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const goldenFolder = "../../testdata/golden/awsiam"

// TestGolden plans and applies every case of testdata/golden/awsiam in a local AWS of
// its own. A case is a folder with
//
//	irsa.yaml    what is wanted; its first line is a comment that says what the case shows
//	before.yaml  what happens before, in order (optional): see goldenStep
//	args.yaml    release, namespace, adopt, destroy and so on (optional): see goldenArgs
//	*.yaml, *.json  other files that these name
//	plan.json    the plan, or
//	error.txt    what stops it, with hints
//	between.txt  the accounts after the first of the plan's two parts, where it has two
//	after.txt    the accounts once the plan is applied; of an error, there is none
//
// The same plan must come out of the same observation twice, and once it is applied,
// nothing may be left to do.
func TestGolden(t *testing.T) {
	t.Parallel()
	cases, err := readCases(goldenFolder, *update)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			got := c.run(t)
			for _, name := range goldenOutputs {
				c.compare(t, name, got[name])
			}
		})
	}
}

// goldenCase is one folder, read.
type goldenCase struct {
	*golden.Case
	args   goldenArgs
	before []goldenStep
}

// goldenArgs are a command's.
type goldenArgs struct {
	File      string   `json:"file"` // irsa.yaml where empty
	Release   *string  `json:"release"`
	Namespace string   `json:"namespace"`
	Adopt     []string `json:"adopt"`
	Destroy   bool     `json:"destroy"`
	Provider  bool     `json:"provider"` // --oidc-provider
	// Region is that of the environment, Key the access key; those of the account
	// 444455556666 are AKIA444455556666, and so on.
	Region string `json:"region"`
	Key    string `json:"key"`
	// Quotas of all accounts.
	Quotas localaws.Limits `json:"quotas"`
}

// goldenStep is one thing that happened before: a cluster that is there, an apply or
// destroy, an association of Pod Identity or a change of one, an instance profile that holds a
// role, or any call of IAM, by its operation, with its arguments and the account and region of the caller. Mappings among the arguments are
// written as JSON, but for Tags; texts stay byte for byte.
type goldenStep map[string]json.RawMessage

var goldenOutputs = []string{"plan.json", "error.txt", "between.txt", "after.txt"}

// readCases reads a folder of cases. Outputs that are about to be rewritten may be
// missing.
func readCases(folder string, rewriting bool) ([]*goldenCase, error) {
	return golden.Read(folder, func(read *golden.Case) (*goldenCase, error) {
		c := &goldenCase{Case: read}
		return c, c.read(rewriting)
	})
}

func (c *goldenCase) read(rewriting bool) error {
	if err := yaml.UnmarshalStrict(c.Files["args.yaml"], &c.args); err != nil {
		return fmt.Errorf("args.yaml: %w", err)
	}
	if err := yaml.UnmarshalStrict(c.Files["before.yaml"], &c.before); err != nil {
		return fmt.Errorf("before.yaml: %w", err)
	}
	switch {
	case !bytes.HasPrefix(c.Files["irsa.yaml"], []byte("# ")):
		return errors.New("irsa.yaml is missing, or its first line does not say what the case shows")
	case slices.ContainsFunc(c.before, func(s goldenStep) bool { return len(s) != 1 }):
		return errors.New("before.yaml: want one thing a step")
	case rewriting:
		return c.unused()
	case c.Has("plan.json") == c.Has("error.txt"):
		return errors.New("want one of plan.json and error.txt")
	case c.Has("plan.json") != c.Has("after.txt"):
		return errors.New("want after.txt beside plan.json, and beside nothing else")
	}
	return c.unused()
}

// unused finds files that nothing names.
func (c *goldenCase) unused() error {
	inputs := string(c.Files["irsa.yaml"]) + string(c.Files["before.yaml"]) + string(c.Files["args.yaml"])
	for name := range c.Files {
		known := name == "irsa.yaml" || name == "args.yaml" || name == "before.yaml" || slices.Contains(goldenOutputs, name)
		if !known && !strings.Contains(inputs, name) {
			return fmt.Errorf("%s is named by no other file", name)
		}
	}
	return nil
}

func (c *goldenCase) compare(t *testing.T, name string, got []byte) {
	t.Helper()
	want, path := c.Files[name], filepath.Join(c.Dir, name)
	switch {
	case bytes.Equal(got, want):
	case !*update:
		t.Errorf("%s is\n%s\nwant\n%s\n(go test ./pkg/awsiam -run TestGolden -update rewrites it)", name, got, want)
	case got == nil:
		if err := os.Remove(path); err != nil {
			t.Error(err)
		}
	default:
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Error(err)
		}
	}
}

// run gives the files that the case should have beside its inputs.
func (c *goldenCase) run(t *testing.T) map[string][]byte {
	w := newStage(t, c.args.Quotas)
	for i, step := range c.before {
		for name, text := range step {
			if err := w.before(c, name, text); err != nil {
				t.Fatalf("before.yaml, step %d, %s: %v", i+1, name, err)
			}
		}
	}
	w.between = nil
	p, err := w.command(c, c.args)
	if err != nil {
		return map[string][]byte{"error.txt": c.errorText(err)}
	}
	between := w.between
	again, err := w.command(c, c.args)
	if err != nil {
		t.Fatalf("the second plan: %v", err)
	}
	if !again.Empty() || len(again.Changes) > 0 {
		t.Errorf("the second plan is not empty:\n%s", planText(t, again))
	}
	return map[string][]byte{"plan.json": planText(t, p), "between.txt": between, "after.txt": w.dump()}
}

func planText(t *testing.T, p *awsiam.Plan) []byte {
	t.Helper()
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(p); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// errorText is an error, a line for each, with its hints.
func (c *goldenCase) errorText(err error) []byte {
	var out strings.Builder
	var walk func(error)
	walk = func(err error) {
		if many, ok := err.(interface{ Unwrap() []error }); ok {
			for _, one := range many.Unwrap() {
				walk(one)
			}
			return
		}
		fmt.Fprintln(&out, "error: "+strings.ReplaceAll(err.Error(), c.Dir+"/", ""))
		if hinted, ok := err.(interface{ Hint() string }); ok && hinted.Hint() != "" {
			fmt.Fprintln(&out, "hint: "+hinted.Hint())
		}
	}
	walk(err)
	return []byte(out.String())
}

// stage is a local AWS with profiles for several accounts, and a clock that goes on
// when somebody sleeps.
type stage struct {
	*world
	url    string
	config string
	clock  *fakeClock
	// between is what there was after the first part of a plan that had two.
	between []byte
}

func newStage(t *testing.T, quotas localaws.Limits) *stage {
	t.Helper()
	s, err := localaws.New(localaws.Options{Limits: quotas})
	if err != nil {
		t.Fatal(err)
	}
	s.AddCluster(localaws.Cluster{Region: region, Name: "prod_cluster", Version: "1.31", Issuer: issuer})
	w := &world{t, s, t.TempDir()}
	// Unlike localaws's own, it does not wait for connections that were never used.
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	for _, id := range []string{"444455556666", "777788889999"} {
		w.aws.AddCredential("AKIA"+id, localaws.Credential{Account: id})
	}
	path := filepath.Join(w.dir, "config")
	text := ""
	for profile, id := range map[string]string{"shared-iam": "444455556666", "other": "777788889999"} {
		text += fmt.Sprintf("[profile %s]\naws_access_key_id = AKIA%s\naws_secret_access_key = secret\n", profile, id)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return &stage{world: w, url: server.URL, config: path, clock: newFakeClock()}
}

// session opens one with the environment's usual settings: profiles from a file, and the
// credentials of the arguments, or of the default account, for whoever names no profile.
func (w *stage) session(c *goldenCase, a goldenArgs) (*awsiam.Session, error) {
	name := a.File
	if name == "" {
		name = "irsa.yaml"
	}
	f, err := spec.Load(filepath.Join(c.Dir, name))
	if err != nil {
		return nil, err
	}
	r := awsiam.Release{File: f, Namespace: a.Namespace, Name: "web", Adopt: a.Adopt}
	if a.Release != nil {
		r.Name = *a.Release
	}
	if r.Namespace == "" {
		r.Namespace = "apps"
	}
	if a.Key == "" {
		a.Key = "AKIATEST"
	}
	credentials := filepath.Join(w.TempDir(), "credentials")
	if err := os.WriteFile(credentials, []byte("[default]\naws_access_key_id = "+a.Key+"\naws_secret_access_key = secret\n"), 0o600); err != nil {
		return nil, err
	}
	o := awsiam.Options{
		Sleep: w.clock.sleep, Now: w.clock.now,
		Load: []func(*config.LoadOptions) error{
			config.WithBaseEndpoint(w.url),
			config.WithSharedConfigFiles([]string{w.config}), config.WithSharedCredentialsFiles([]string{credentials}),
		},
	}
	if a.Region != "" && f.Cluster.Region == "" {
		o.Load = append(o.Load, config.WithRegion(a.Region))
	}
	return awsiam.Open(context.Background(), r, o)
}

// command plans and applies.
func (w *stage) command(c *goldenCase, a goldenArgs) (*awsiam.Plan, error) {
	ctx := context.Background()
	s, err := w.session(c, a)
	if err != nil {
		return nil, err
	}
	var p *awsiam.Plan
	options := awsiam.DestroyOptions{Provider: a.Provider}
	if a.Destroy {
		p, err = s.PlanDestroy(ctx, options)
	} else {
		p, err = s.Plan(ctx)
	}
	if difference := s.LookTwice(ctx, a.Destroy, options); difference != "" {
		w.Error(difference)
	}
	if err != nil {
		return nil, err
	}
	if p.Empty() != (len(p.Changes) == 0) {
		w.Errorf("%d changes, and yet Empty is %v", len(p.Changes), p.Empty())
	}
	first, second := p.Split()
	if n := plus(first.Summary, second.Summary); n != p.Summary || len(first.Changes)+len(second.Changes) != len(p.Changes) {
		w.Errorf("the parts of the plan have %+v, it has %+v", n, p.Summary)
	}
	calls := len(w.aws.Calls())
	for _, part := range []*awsiam.Plan{first, second} {
		if err := s.Apply(ctx, part, nil); err != nil {
			w.Fatalf("apply: %v\nof the plan\n%s", err, planText(w.T, p))
		}
		if difference := s.Recorded(ctx, a.Destroy); difference != "" {
			w.Errorf("after a part of the plan: %s", difference)
		}
		if part == first {
			w.takesNothing(p, w.aws.Calls()[calls:])
		}
		if part == first && !first.Empty() && !second.Empty() {
			w.between = w.dump()
		}
	}
	if !a.Destroy {
		sameState(w.T, s, w.fresh(c, a))
	}
	return p, nil
}

func plus(a, b awsiam.Summary) awsiam.Summary {
	return awsiam.Summary{Create: a.Create + b.Create, Update: a.Update + b.Update, Delete: a.Delete + b.Delete}
}

// takesNothing: what pods may still use is there after the first part of a plan, unless the
// plan says that it cannot be. An association goes in it where the service account is to have a
// role by IRSA, for its new pods would not get that, and the plan says so of each.
func (w *stage) takesNothing(p *awsiam.Plan, calls []localaws.Call) {
	overruling := 0
	for _, text := range p.Warnings {
		if strings.Contains(text, "loses its Pod Identity association") && strings.Contains(text, "at once") {
			overruling++
		}
	}
	if slices.ContainsFunc(p.Warnings, func(s string) bool { return strings.Contains(s, "lose the role at once") }) {
		return
	}
	for _, c := range calls {
		switch c.Operation {
		case "DeletePodIdentityAssociation":
			if overruling--; overruling < 0 {
				w.Error("the first part of the plan deletes an association of which it does not say so")
			}
		case "DeleteRole", "DeletePolicy", "DeleteOpenIDConnectProvider":
			w.Errorf("the first part of the plan calls %s", c.Operation)
		}
	}
}

// before does one step of before.yaml.
func (w *stage) before(c *goldenCase, name string, text json.RawMessage) error {
	switch name {
	case "apply", "destroy":
		a := goldenArgs{Destroy: name == "destroy"}
		if err := yaml.UnmarshalStrict(text, &a); err != nil {
			return err
		}
		_, err := w.command(c, a)
		return err
	case "cluster":
		var cluster localaws.Cluster
		if err := yaml.UnmarshalStrict(text, &cluster); err != nil {
			return err
		}
		w.aws.AddCluster(cluster)
		return nil
	case "clustersGone":
		return w.dropClusters()
	case "instanceProfile":
		var profile struct{ Name, Role string }
		if err := yaml.UnmarshalStrict(text, &profile); err != nil {
			return err
		}
		return w.aws.AddInstanceProfile("", profile.Name, profile.Role)
	case "association", "updateAssociation":
		return w.associate(text, name == "updateAssociation")
	}
	return w.call(name, text)
}

// fakeClock is a clock that only sleeping moves.
type fakeClock struct {
	at chan time.Time // of one element, as a lock
}

func newFakeClock() *fakeClock {
	c := &fakeClock{make(chan time.Time, 1)}
	c.at <- time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return c
}

func (c *fakeClock) now() time.Time {
	t := <-c.at
	c.at <- t
	return t
}

func (c *fakeClock) sleep(ctx context.Context, d time.Duration) error {
	c.at <- (<-c.at).Add(d)
	return ctx.Err()
}

// TestGoldenHarness: the harness does not pass on nothing and on half a case.
func TestGoldenHarness(t *testing.T) {
	t.Parallel()
	whole := map[string]string{"irsa.yaml": "# shows\n", "plan.json": "{}", "after.txt": "x"}
	for name, tt := range map[string]struct {
		change    map[string]string // an empty text drops the file
		none      bool
		rewriting bool
		ok        bool
	}{
		"whole":                  {ok: true},
		"no case":                {none: true},
		"no case, rewriting":     {none: true, rewriting: true},
		"no irsa.yaml":           {change: map[string]string{"irsa.yaml": ""}},
		"no reason":              {change: map[string]string{"irsa.yaml": "kind: X\n"}, rewriting: true},
		"no plan":                {change: map[string]string{"plan.json": ""}},
		"no plan, rewriting":     {change: map[string]string{"plan.json": "", "after.txt": ""}, rewriting: true, ok: true},
		"no dump":                {change: map[string]string{"after.txt": ""}},
		"plan and error":         {change: map[string]string{"error.txt": "x"}},
		"error":                  {change: map[string]string{"error.txt": "x", "plan.json": "", "after.txt": ""}, ok: true},
		"another file":           {change: map[string]string{"plan.jsno": "{}"}},
		"unknown argument":       {change: map[string]string{"args.yaml": "relaese: x\n"}},
		"two things in a step":   {change: map[string]string{"before.yaml": "- {apply: {}, CreateRole: {}}\n"}},
		"a file that is named":   {change: map[string]string{"before.yaml": "- apply: {file: earlier.yaml}\n", "earlier.yaml": "x"}, ok: true},
		"steps that are no list": {change: map[string]string{"before.yaml": "apply: {}\n"}},
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
