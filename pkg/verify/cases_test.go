package verify_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

// failure is one case of a collection of real failures: IRSA_FAILURES names the file.
// Nothing of it is kept here.
type failure struct {
	ID             string    `yaml:"id"`
	Symptom        string    `yaml:"symptom"`
	TrustPolicy    string    `yaml:"trustPolicy"`
	ServiceAccount string    `yaml:"serviceAccount"`
	Workload       string    `yaml:"workload"`
	OIDCProvider   yaml.Node `yaml:"oidcProvider"`
	Cluster        struct{ Issuer, Region, Account, Version string }
	CauseClass     string `yaml:"causeClass"`
	InputFidelity  string `yaml:"inputFidelity"`
}

// failures are the cases; the test is skipped where they are not at hand.
func failures(t *testing.T) []failure {
	t.Helper()
	path := os.Getenv("IRSA_FAILURES")
	if path == "" {
		t.Skip("IRSA_FAILURES is not set: the collection of real failures was skipped")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all struct{ Cases []failure }
	if err := yaml.Unmarshal(data, &all); err != nil || len(all.Cases) == 0 {
		t.Fatalf("%d cases: %v", len(all.Cases), err)
	}
	return all.Cases
}

// TestFailures prints how many of the cases have the right code first, anywhere, or not
// at all. Cases whose code is not one of ours, or that have no inputs, count apart.
func TestFailures(t *testing.T) {
	t.Parallel()
	cases := failures(t)
	for _, annotate := range []bool{false, true} {
		t.Run(fmt.Sprintf("annotated=%v", annotate), func(t *testing.T) { measure(t, cases, annotate) })
	}
}

// measure runs the cases. Where a case has a trust policy and a service account without a
// role, nobody says how they belong together: annotate puts the role on the service
// account.
func measure(t *testing.T, cases []failure, annotate bool) {
	var first, anywhere, none, apart int
	for _, c := range cases {
		if _, ours := verify.CodeOf(c.CauseClass); !ours || c.TrustPolicy+c.ServiceAccount+c.Workload == "" && c.OIDCProvider.IsZero() {
			apart++
			t.Logf("apart     %s: %s", c.CauseClass, c.ID)
			continue
		}
		report, err := c.run(annotate)
		if err != nil {
			t.Errorf("%s: %v", c.ID, err)
			continue
		}
		at := slices.IndexFunc(report.Findings, func(f verify.Finding) bool { return f.Code == c.CauseClass })
		var codes []string
		for _, f := range report.Findings {
			codes = append(codes, string(f.Severity)+" "+f.Code)
		}
		switch {
		case at == 0:
			first++
			if testing.Verbose() && os.Getenv("IRSA_FAILURES_SHOW") != "" {
				t.Logf("first     %s: %s\n%s\nFIX %s\n%v", c.CauseClass, c.ID, report.Findings[0].Message, report.Findings[0].Fix, codes)
			}
		case at > 0:
			anywhere++
			t.Logf("anywhere  %s (%s): %s: %v", c.CauseClass, c.InputFidelity, c.ID, codes)
		default:
			none++
			t.Logf("none      %s (%s): %s: %v", c.CauseClass, c.InputFidelity, c.ID, codes)
		}
	}
	t.Logf("%d cases: %d apart; of %d: right code first %d, anywhere %d, not at all %d", len(cases), apart, len(cases)-apart, first, anywhere, none)
	if first < len(cases)-apart {
		t.Errorf("want the right code first in all %d", len(cases)-apart)
	}
}

func (c failure) run(annotate bool) (*verify.Report, error) {
	manifests, snapshot, err := c.inputs(annotate)
	if err != nil {
		return nil, err
	}
	return judge(manifests, snapshot, "")
}

// judge has the package, or the program that HELM_IRSA_BIN names, judge files.
func judge(manifests, snapshot, namespace string) (*verify.Report, error) {
	if bin := os.Getenv("HELM_IRSA_BIN"); bin != "" {
		return throughBinary(bin, manifests, snapshot, namespace)
	}
	objects, err := manifest.Read("manifests.yaml", strings.NewReader(manifests))
	if err != nil {
		return nil, err
	}
	s, err := awsstate.Read("snapshot.yaml", strings.NewReader(snapshot))
	if err != nil {
		return nil, err
	}
	return verify.Verify(verify.Input{Objects: objects, Snapshot: s, Namespace: namespace}), nil
}

// throughBinary has the program judge the files, as `make verify-cases` wants it.
func throughBinary(bin, manifests, snapshot, namespace string) (*verify.Report, error) {
	dir, err := os.MkdirTemp("", "verify-cases")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	for name, text := range map[string]string{"manifests.yaml": manifests, "snapshot.yaml": snapshot} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	args := []string{"verify", "--manifests", "manifests.yaml", "--snapshot", "snapshot.yaml", "-o", "json"}
	if namespace != "" {
		args = append(args, "--namespace", namespace)
	}
	cmd := exec.Command(bin, args...)
	cmd.Dir = dir
	cmd.Env = []string{"HOME=" + dir}
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() == 1) {
		return nil, fmt.Errorf("running %s: %w", bin, err)
	}
	r := &verify.Report{}
	return r, json.Unmarshal(out, r)
}

// inputs makes files of a case: what it tells, and nothing else.
func (c failure) inputs(annotate bool) (manifests, snapshot string, err error) {
	snap := map[string]any{}
	if c.Cluster.Account != "" {
		snap["account"] = c.Cluster.Account
	}
	if c.Cluster.Region != "" {
		snap["region"] = c.Cluster.Region
	}
	cluster := map[string]any{}
	if c.Cluster.Issuer != "" {
		cluster["issuer"] = c.Cluster.Issuer
	}
	if c.Cluster.Version != "" {
		cluster["version"] = c.Cluster.Version
	}
	account, arn, err := c.account(annotate)
	if err != nil {
		return "", "", err
	}
	var provider struct {
		Issuer, Account, ARN string
		ClientIDs            []string `yaml:"clientIDs"`
	}
	if !c.OIDCProvider.IsZero() {
		list := []any{}
		if c.OIDCProvider.ShortTag() != "!!null" {
			if err := c.OIDCProvider.Decode(&provider); err != nil {
				return "", "", err
			}
			if provider.Issuer == "" {
				provider.Issuer = "https://oidc.eks.us-east-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"
				if c.Cluster.Issuer != "" {
					provider.Issuer = c.Cluster.Issuer
				} else {
					cluster["issuer"] = provider.Issuer
				}
			}
			if provider.ARN == "" {
				provider.ARN = trust.ProviderARN(orText(spec.PartitionOf(c.Cluster.Region), "aws"), orText(provider.Account, strings.Split(arn, ":")[4]), provider.Issuer)
			}
			entry := map[string]any{"Arn": provider.ARN, "Url": trust.ProviderName(provider.Issuer)}
			if provider.ClientIDs != nil {
				entry["ClientIDList"] = provider.ClientIDs
			}
			list = append(list, entry)
		}
		snap["OpenIDConnectProviders"] = list
	}
	snap["cluster"] = cluster

	if c.TrustPolicy != "" {
		snap["RoleDetailList"] = []any{map[string]any{"Arn": arn, "RoleName": arn[strings.LastIndexByte(arn, '/')+1:], "AssumeRolePolicyDocument": c.TrustPolicy}}
	}
	if len(account) > 0 {
		text, err := yaml.Marshal(account)
		if err != nil {
			return "", "", err
		}
		manifests = string(text) + "---\n"
	}
	out, err := yaml.Marshal(snap)
	return manifests + c.Workload, string(out), err
}

// account is the case's service account and the ARN of its role, which gets a name where
// the case has none. Its AWS account is that of the provider, if it says one.
func (c failure) account(annotate bool) (map[string]any, string, error) {
	account := map[string]any{}
	if err := yaml.Unmarshal([]byte(c.ServiceAccount), &account); err != nil {
		return nil, "", err
	}
	var provider struct{ Account string }
	_ = c.OIDCProvider.Decode(&provider) // what is wrong with it is said later
	arn := "arn:aws:iam::" + orText(provider.Account, orText(c.Cluster.Account, "111122223333")) + ":role/the-role"
	if meta, ok := account["metadata"].(map[string]any); ok {
		annotations, _ := meta["annotations"].(map[string]any)
		if own, ok := annotations["eks.amazonaws.com/role-arn"].(string); ok && strings.Count(own, ":") == 5 {
			return account, own, nil
		} else if annotate && c.TrustPolicy != "" {
			meta["annotations"] = map[string]any{"eks.amazonaws.com/role-arn": arn}
		}
	}
	return account, arn, nil
}

func orText(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
