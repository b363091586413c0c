package awsiam_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// clock is a time that passes only where somebody waits. It begins now, since the SDK
// itself holds the end of a session's credentials against the real time.
type clock struct {
	mu    sync.Mutex
	now   time.Time
	waits []time.Duration
}

// The walks leave much behind and keep little.
func init() { debug.SetGCPercent(400) }

func newClock() *clock { return &clock{now: time.Now()} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	c.waits = append(c.waits, d)
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.advance(d)
	return ctx.Err()
}

// direct hands a request to the local AWS without a network: the walks make a hundred
// thousand calls. What a test does at a call, it does in before and after.
type direct struct {
	aws           *localaws.Server
	before, after func(*http.Request) error
}

func (d *direct) Do(r *http.Request) (answer *http.Response, err error) {
	if d.before != nil {
		if err := d.before(r); err != nil {
			return nil, err
		}
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			answer, err = nil, io.ErrUnexpectedEOF
		default:
			panic(p)
		}
		if canceled := r.Context().Err(); canceled != nil {
			answer, err = nil, canceled
		}
	}()
	to := httptest.NewRecorder()
	served := r.Clone(r.Context())
	if served.Body == nil {
		served.Body = http.NoBody
	}
	d.aws.ServeHTTP(to, served)
	if d.after != nil {
		if err := d.after(r); err != nil {
			return nil, err
		}
	}
	return to.Result(), nil
}

// cloud is a local AWS without a network, and a clock.
type cloud struct {
	aws   *localaws.Server
	clock *clock
	dir   string
}

func newCloud(t testing.TB, o localaws.Options) *cloud {
	t.Helper()
	c := &cloud{clock: newClock(), dir: t.TempDir()}
	o.Clock = c.clock.Now
	o.Sleep = c.clock.advance
	var err error
	if c.aws, err = localaws.New(o); err != nil {
		t.Fatal(err)
	}
	c.aws.AddCluster(localaws.Cluster{Region: region, Name: "prod_cluster", Version: "1.31", Issuer: issuer})
	return c
}

// load reads an irsa.yaml; the usual head is put before one without.
func load(t testing.TB, body string) *spec.File {
	t.Helper()
	w := &world{dir: t.TempDir()}
	if tt, ok := t.(*testing.T); ok {
		w.T = tt
	}
	return w.file(body)
}

// process is one run of the program: Open, Plan, Apply.
type process struct {
	release awsiam.Release
	destroy *awsiam.DestroyOptions // a plan that removes; nil for one that makes
	options awsiam.Options
	http    *direct
	// split: the plan is done in its two parts.
	split bool
}

func (c *cloud) process(r awsiam.Release, destroy *awsiam.DestroyOptions) *process {
	if r.Namespace == "" {
		r.Namespace = "apps"
	}
	p := &process{release: r, destroy: destroy, http: &direct{aws: c.aws}}
	p.options = awsiam.Options{
		Parallel: 1, Now: c.clock.Now, Sleep: c.clock.Sleep,
		RetryDelay: func(attempt int) time.Duration { c.clock.advance(awsiam.Backoff(attempt)); return 0 },
		Load: []func(*config.LoadOptions) error{
			config.WithBaseEndpoint("http://localaws.invalid"), config.WithHTTPClient(p.http),
			config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("AKIATEST", "secret", "")),
		},
	}
	return p
}

func (p *process) plan(ctx context.Context) (*awsiam.Session, *awsiam.Plan, error) {
	s, err := awsiam.Open(ctx, p.release, p.options)
	if err != nil {
		return nil, nil, err
	}
	var plan *awsiam.Plan
	if p.destroy != nil {
		plan, err = s.PlanDestroy(ctx, *p.destroy)
	} else {
		plan, err = s.Plan(ctx)
	}
	return s, plan, err
}

func (p *process) run(ctx context.Context) error {
	s, plan, err := p.plan(ctx)
	if err != nil {
		return err
	}
	if !p.split {
		return s.Apply(ctx, plan, nil)
	}
	first, second := plan.Split()
	if err := s.Apply(ctx, first, nil); err != nil {
		return err
	}
	return s.Apply(ctx, second, nil)
}

// empty fails unless there is nothing to plan any more.
func (p *process) empty() error {
	_, plan, err := p.plan(context.Background())
	if err != nil {
		return fmt.Errorf("a further plan: %w", err)
	}
	if !plan.Empty() || len(plan.Changes) > 0 {
		return fmt.Errorf("a further plan is not empty: %+v", plan.Changes)
	}
	return nil
}

// snapshot is all that AWS knows.
func (c *cloud) snapshot(t testing.TB) []byte {
	path := filepath.Join(c.dir, "state.json")
	if err := c.aws.Save(path); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// restored is an AWS of its own that knows what a snapshot says.
func restored(t testing.TB, dir string, snapshot []byte) *cloud {
	c := &cloud{clock: newClock(), dir: dir}
	var err error
	if c.aws, err = localaws.New(localaws.Options{Clock: c.clock.Now, Sleep: c.clock.advance}); err != nil {
		t.Fatal(err)
	}
	if err := c.reload(snapshot); err != nil {
		t.Fatal(err)
	}
	return c
}

// reload makes AWS know what a snapshot says, and nothing else.
func (c *cloud) reload(snapshot []byte) error {
	path := filepath.Join(c.dir, "state.json")
	if err := os.WriteFile(path, snapshot, 0o600); err != nil {
		return err
	}
	return c.aws.Load(path)
}

// look says what counts when two states are compared.
type look struct {
	versions bool // also how many versions a policy has
	ownTags  bool // of tags, those that say whose it is alone
}

// canonical is a snapshot in the form in which two are compared: without IDs, times and
// credentials, and of a policy's versions only the document of the default one.
func canonical(t testing.TB, snapshot []byte, l look) string {
	var all struct{ Accounts map[string]map[string]any }
	if err := json.Unmarshal(snapshot, &all); err != nil {
		t.Fatal(err)
	}
	for id, account := range all.Accounts {
		for _, policy := range asMap(account["Policies"]) {
			p := asMap(policy)
			for _, v := range asList(p["Versions"]) {
				if v := asMap(v); v["Default"] == true {
					p["Document"] = v["Document"]
				}
			}
			if l.versions {
				p["Versions"] = len(asList(p["Versions"]))
			} else {
				delete(p, "Versions")
			}
		}
		for _, cluster := range asMap(account["Clusters"]) {
			named := map[string]any{}
			for _, a := range asMap(asMap(cluster)["Associations"]) {
				a := asMap(a)
				named[fmt.Sprint(a["Namespace"], "/", a["ServiceAccount"])] = a
			}
			asMap(cluster)["Associations"] = named
		}
		all.Accounts[id] = asMap(l.stripped(account))
	}
	var out bytes.Buffer
	to := json.NewEncoder(&out)
	to.SetEscapeHTML(false)
	to.SetIndent("", " ")
	if err := to.Encode(all.Accounts); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func asMap(v any) map[string]any { m, _ := v.(map[string]any); return m }
func asList(v any) []any         { l, _ := v.([]any); return l }

// stripped leaves out what differs from run to run, and sorts what has no order.
func (l look) stripped(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if slices.Contains([]string{"ID", "Created", "Updated", "Modified", "Visible", "Request", "Next"}, key) {
				delete(v, key)
				continue
			}
			v[key] = l.stripped(value)
			if tags := asList(v[key]); l.ownTags && key == "Tags" && tags != nil {
				v[key] = slices.DeleteFunc(tags, func(tag any) bool {
					name, ours := strings.CutPrefix(fmt.Sprint(asMap(tag)["Key"]), "helm-irsa.dev/")
					return !ours || strings.HasPrefix(name, "attached.")
				})
			}
			if tags := asList(v[key]); slices.Contains([]string{"Tags", "Attached", "ClientIDs"}, key) {
				slices.SortFunc(tags, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
				if len(tags) == 0 && asMap(v[key]) == nil {
					delete(v, key)
				}
			}
		}
	case []any:
		for i := range v {
			v[i] = l.stripped(v[i])
		}
	}
	return v
}

// difference is the lines that one text has and the other lacks.
func difference(a, b string) string {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	var out []string
	for _, line := range as {
		if !slices.Contains(bs, line) {
			out = append(out, "-"+line)
		}
	}
	for _, line := range bs {
		if !slices.Contains(as, line) {
			out = append(out, "+"+line)
		}
	}
	for i := range min(len(as), len(bs)) {
		if len(out) == 0 && as[i] != bs[i] {
			return fmt.Sprintf("in another order from line %d on:\n-%s\n+%s", i+1, strings.Join(as[i:min(i+8, len(as))], "\n"), strings.Join(bs[i:min(i+8, len(bs))], "\n"))
		}
	}
	return strings.Join(out, "\n")
}

// sideBySide runs f for 0 to n-1, as many at once as there are processors, and gives it
// a folder of its worker's own.
func sideBySide(t testing.TB, n int, f func(i int, dir string)) {
	next, wait := make(chan int), sync.WaitGroup{}
	for range runtime.GOMAXPROCS(0) {
		dir := t.TempDir()
		wait.Go(func() {
			for i := range next {
				f(i, dir)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wait.Wait()
}

// writes are the calls of a log that change something.
func writes(calls []localaws.Call) []localaws.Call {
	return slices.DeleteFunc(slices.Clone(calls), func(c localaws.Call) bool {
		return c.Service == "sts" || slices.ContainsFunc([]string{"Get", "List", "Describe"}, func(verb string) bool { return strings.HasPrefix(c.Operation, verb) })
	})
}

// hintOf is what an error says to do.
func hintOf(err error) string {
	var f *awsiam.Fault
	if errors.As(err, &f) {
		return f.Hint()
	}
	return ""
}
