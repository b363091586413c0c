package adopt_test

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/pkg/adopt"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/catalog"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
	"github.com/helm-irsa/helm-irsa/test/howtos"
)

// TestMain takes the user's own settings of AWS out of the way.
func TestMain(m *testing.M) {
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "AWS_") {
			os.Unsetenv(name)
		}
	}
	os.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	os.Exit(m.Run())
}

// made is what a how-to ends with, made by somebody else: the same roles, policies and
// associations, without anything by which helm irsa knows its own.
type made struct {
	howtos.HowTo
	wanted *awsstate.Wanted
	file   *spec.File
}

// allMade are the how-tos, and the example of EKS Pod Identity.
func allMade(t *testing.T) []made {
	t.Helper()
	all := howtos.All()
	all = append(all, howtos.HowTo{
		Name: "pod identity", Example: "pod-identity", Release: "shop", Namespace: "shop", Region: "eu-west-3", Cluster: "prod_cluster",
		Issuer: "https://oidc.eks.eu-west-3.amazonaws.com/id/E9", Others: []string{howtos.Away},
	})
	var out []made
	for _, h := range all {
		var expanded *spec.File
		_, err := spec.Load(filepath.Join("../..", h.File()), func(f *spec.File) (faults []spec.Fault) {
			expanded, faults = catalog.Expand(f, catalog.Target{})
			return faults
		})
		if err != nil {
			t.Fatal(err)
		}
		c := &expanded.Cluster
		c.AccountID, c.Region, c.Issuer = cmp.Or(c.AccountID, howtos.Home), cmp.Or(c.Region, h.Region), cmp.Or(c.Issuer, h.Issuer)
		w, err := awsiam.Wanted(awsiam.Release{File: expanded, Namespace: h.Namespace, Name: h.Release}, awsiam.FactsOf(expanded))
		if err != nil {
			t.Fatal(h.Name, err)
		}
		h.Cluster, h.Issuer = c.Name, c.Issuer
		out = append(out, made{h, byOthers(t, w), expanded})
	}
	return out
}

// byOthers takes off what is helm irsa's: tags, marks in descriptions, Sids.
func byOthers(t *testing.T, w *awsstate.Wanted) *awsstate.Wanted {
	t.Helper()
	out := *w
	tags := func(all map[string]string) map[string]string {
		own := map[string]string{}
		for k, v := range all {
			if !strings.HasPrefix(k, spec.TagPrefix) {
				own[k] = v
			}
		}
		return own
	}
	out.Policies, out.Roles, out.Associations = slices.Clone(w.Policies), slices.Clone(w.Roles), slices.Clone(w.Associations)
	for i := range out.Policies {
		p := &out.Policies[i]
		p.Tags, p.Description = tags(p.Tags), awsstate.OwnWords(p.Description)
	}
	for i := range out.Roles {
		r := &out.Roles[i]
		r.Tags, r.Trust, r.TrustFirst = tags(r.Tags), nameless(t, r.Trust), nameless(t, r.TrustFirst)
	}
	for i := range out.Associations {
		out.Associations[i].Tags = tags(out.Associations[i].Tags)
	}
	return &out
}

func nameless(t *testing.T, d trust.Document) trust.Document {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal([]byte(d.Text()), &doc); err != nil {
		t.Fatal(err)
	}
	for _, s := range doc["Statement"].([]any) {
		delete(s.(map[string]any), "Sid")
	}
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	out, err := trust.Parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// world is AWS with what was made.
type world struct {
	url, profiles string
	keys          map[string]string
	made
}

const awayProfile = "shared-data"

// onLocal makes it on a local AWS.
func onLocal(t *testing.T, m made) *world {
	t.Helper()
	server, err := localaws.New(localaws.Options{Account: howtos.Home})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := server.AddRole(howtos.NodeRole); err != nil {
		t.Fatal(err)
	}
	server.AddCluster(localaws.Cluster{Account: howtos.Home, Region: m.Region, Name: m.Cluster, Version: "1.33", Issuer: m.Issuer})
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	w := &world{url: server.URL(), keys: map[string]string{}, made: m}
	for _, id := range []string{howtos.Home, howtos.Away} {
		w.keys[id] = "TESTTEST" + id
		server.AddCredential(w.keys[id], localaws.Credential{Account: id})
	}
	w.profiles = filepath.Join(t.TempDir(), "config")
	text := "[default]\nregion = " + m.Region + "\naws_access_key_id = " + w.keys[howtos.Home] + "\naws_secret_access_key = x\n[profile " + awayProfile + "]\nregion = " + m.Region + "\naws_access_key_id = " + w.keys[howtos.Away] + "\naws_secret_access_key = x\n"
	if err := os.WriteFile(w.profiles, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	w.make(t)
	return w
}

// options are those of the user, who has profiles.
func (w *world) options() []func(*config.LoadOptions) error {
	return []func(*config.LoadOptions) error{
		config.WithRegion(w.Region), config.WithBaseEndpoint(w.url), config.WithSharedConfigFiles([]string{w.profiles}), config.WithSharedCredentialsFiles([]string{}),
	}
}

func (w *world) config(t *testing.T, account string) aws.Config {
	t.Helper()
	cfg, err := config.LoadDefaultConfig(t.Context(), append(w.options(), config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(w.keys[account], "x", "")))...)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func iamTags(tags map[string]string) []iamtypes.Tag {
	var out []iamtypes.Tag
	for k, v := range tags {
		out = append(out, iamtypes.Tag{Key: aws.String(k), Value: aws.String(v)})
	}
	return out
}

// make makes all of it, in the order in which AWS takes it.
func (w *world) make(t *testing.T) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	clients := map[string]*iam.Client{}
	in := func(account string) *iam.Client {
		if clients[account] == nil {
			clients[account] = iam.NewFromConfig(w.config(t, account))
		}
		return clients[account]
	}
	for _, p := range w.wanted.Providers {
		_, err := in(p.Account).CreateOpenIDConnectProvider(t.Context(), &iam.CreateOpenIDConnectProviderInput{Url: &p.Issuer, ClientIDList: p.Audiences, ThumbprintList: []string{"9e99a48a9960b14926bb7f3b02e22da2b0ab7280"}})
		must(err)
	}
	for _, p := range w.wanted.Policies {
		text, about := p.Document.Text(), aws.String(p.Description)
		if p.Description == "" {
			about = nil
		}
		_, err := in(p.Account).CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: &p.Name, Path: &p.Path, Description: about, PolicyDocument: &text, Tags: iamTags(p.Tags)})
		must(err)
	}
	for _, r := range w.wanted.Roles {
		first := r.TrustFirst.Text()
		input := &iam.CreateRoleInput{RoleName: &r.Name, Path: &r.Path, AssumeRolePolicyDocument: &first, MaxSessionDuration: &r.MaxSession, Tags: iamTags(r.Tags)}
		if r.Description != "" {
			input.Description = &r.Description
		}
		if r.Boundary != "" {
			input.PermissionsBoundary = &r.Boundary
		}
		_, err := in(r.Account).CreateRole(t.Context(), input)
		must(err)
	}
	for _, r := range w.wanted.Roles {
		text := r.Trust.Text()
		_, err := in(r.Account).UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: &r.Name, PolicyDocument: &text})
		must(err)
		for _, arn := range r.Attached {
			_, err := in(r.Account).AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: &r.Name, PolicyArn: &arn})
			must(err)
		}
		for name, doc := range r.Inline {
			text := doc.Text()
			_, err := in(r.Account).PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: &r.Name, PolicyName: &name, PolicyDocument: &text})
			must(err)
		}
	}
	for _, n := range w.wanted.NodeRoles {
		for _, arn := range n.Attached {
			_, err := in(n.Account).AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: &n.Role, PolicyArn: &arn})
			must(err)
		}
	}
	for _, a := range w.wanted.Associations {
		input := &eks.CreatePodIdentityAssociationInput{ClusterName: &a.Cluster, Namespace: &a.Namespace, ServiceAccount: &a.ServiceAccount, RoleArn: &a.RoleARN, Tags: a.Tags, DisableSessionTags: &a.DisableSessionTags}
		if a.TargetRoleARN != "" {
			input.TargetRoleArn = &a.TargetRoleARN
		}
		if a.Policy != "" {
			input.Policy = &a.Policy
		}
		_, err := eks.NewFromConfig(w.config(t, w.wanted.Account)).CreatePodIdentityAssociation(t.Context(), input)
		must(err)
	}
}

// open opens AWS for an irsa.yaml.
func (w *world) open(t *testing.T, file *spec.File, adoptions []string) *awsiam.Session {
	t.Helper()
	s, err := awsiam.Open(t.Context(), awsiam.Release{File: file, Namespace: w.Namespace, Name: w.Release, Adopt: adoptions}, awsiam.Options{Load: w.options()})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// snapshot is what `helm irsa snapshot` reads, for an irsa.yaml that names the roles.
func (w *world) snapshot(t *testing.T) *awsstate.State {
	t.Helper()
	taken, err := w.open(t, w.file, nil).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(taken.Unread) > 0 {
		t.Fatal(taken.Unread)
	}
	return taken.State
}

// adoptsOnly: the plan of what was imported changes tags and our own statements, and nothing
// else; and once it is applied, there is nothing to do.
func (w *world) adoptsOnly(t *testing.T, f adopt.File) {
	t.Helper()
	plan, err := w.open(t, f.Spec, f.Adopt).Plan(t.Context())
	if err != nil {
		t.Fatalf("%v\n%s", err, f.Text)
	}
	if len(plan.Changes) == 0 && len(w.wanted.Roles)+len(w.wanted.Policies) > 0 {
		t.Errorf("nothing is adopted:\n%s", f.Text)
	}
	for _, c := range plan.Changes {
		for line := range strings.Lines(c.Diff) {
			if strings.HasPrefix(line, "+tag ") || c.Type == awsiam.TypeTrust && !strings.HasPrefix(line, "-") {
				continue
			}
			t.Errorf("%s %s %s: %s", c.Action, c.Type, c.Name, line)
		}
		if c.Action != awsiam.Update {
			t.Errorf("it would %s %s %s", c.Action, c.Type, c.Name)
		}
		if c.Type == awsiam.TypeTrust {
			w.letsNobodyIn(t, c)
		}
	}
	for _, warning := range plan.Warnings {
		if strings.Contains(warning, "loses") || strings.Contains(warning, "lets in") {
			t.Errorf("the plan warns: %s", warning)
		}
	}
	if t.Failed() {
		t.Logf("%s", f.Text)
		return
	}
	s := w.open(t, f.Spec, f.Adopt)
	if plan, err = s.Plan(t.Context()); err == nil {
		err = s.Apply(t.Context(), plan, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	if plan, err = w.open(t, f.Spec, f.Adopt).Plan(t.Context()); err != nil || !plan.Empty() {
		t.Errorf("after apply there is still something to do: %v %+v", err, plan)
	}
}

// letsNobodyIn: the statements that are added say what is said already.
func (w *world) letsNobodyIn(t *testing.T, c awsiam.Change) {
	t.Helper()
	i := slices.IndexFunc(w.wanted.Roles, func(r awsstate.WantedRole) bool { return r.ARN == c.ARN })
	if i < 0 {
		t.Errorf("role %s is nobody's", c.ARN)
	}
}
