package adopt_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/adopt"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

const strangeIssuer = "oidc.eks.eu-west-3.amazonaws.com/id/STRANGE"

// lets is a trust policy as people write it by hand: one statement with its conditions.
func lets(issuer string, conditions object) string {
	text, _ := json.Marshal(object{"Version": "2012-10-17", "Statement": []any{object{
		"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
		"Principal": object{"Federated": "arn:aws:iam::" + home + ":oidc-provider/" + issuer}, "Condition": conditions,
	}}})
	return string(text)
}

// exactly asks for one subject and the audience.
func exactly(issuer, subject string) object {
	return object{"StringEquals": object{issuer + ":sub": subject, issuer + ":aud": spec.DefaultAudience}}
}

// stateRole is a role of a state; more are further members of the resource.
func stateRole(name, trust string, values object) object {
	all := object{"arn": "arn:aws:iam::" + home + ":role/" + name, "name": name, "path": "/", "assume_role_policy": trust, "max_session_duration": 3600}
	for k, v := range values {
		all[k] = v
	}
	return object{"address": "aws_iam_role." + strings.ReplaceAll(name, "-", "_"), "mode": "managed", "type": "aws_iam_role", "name": name, "values": all}
}

func stateCluster(name, account, region, issuer string) object {
	return object{"address": "aws_eks_cluster." + name, "mode": "managed", "type": "aws_eks_cluster", "name": name, "values": object{
		"name": name, "arn": "arn:aws:eks:" + region + ":" + account + ":cluster/" + name, "identity": []any{object{"oidc": []any{object{"issuer": "https://" + issuer}}}},
	}}
}

// built is what a state of these resources becomes.
func built(t *testing.T, o adopt.Options, change func(*adopt.Source), resources ...any) (*adopt.Result, error) {
	t.Helper()
	text, err := json.Marshal(object{"format_version": "1.0", "values": object{"root_module": object{"resources": resources}}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := adopt.Terraform("state.json", text)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(s)
	}
	r, err := adopt.Build(s, o)
	if err == nil {
		for _, f := range r.Files { // as helm irsa validate does
			if err := awsiam.Check(awsiam.Release{File: f.Spec, Name: f.Release, Namespace: f.Namespace}); err != nil {
				t.Errorf("what was written is not valid: %v\n%s", err, f.Text)
			}
		}
	}
	return r, err
}

func noted(notes []adopt.Note, about, part string) bool {
	return slices.ContainsFunc(notes, func(n adopt.Note) bool { return n.About == about && strings.Contains(n.Text, part) })
}

// TestNamesThatNobodyTakes: a trust policy or a tag may hold any text. What Kubernetes does not take
// is left out with a note, becomes no folder, and keeps nothing else from being taken.
func TestNamesThatNobodyTakes(t *testing.T) {
	t.Parallel()
	for _, names := range []string{"shop:`id`", "../../etc:web", "shop:My_App", ":web", "shop:", "shop:a\x1b[31m", "a/b:web", "Shop:web"} {
		r, err := built(t, adopt.Options{}, nil,
			stateRole("strange", lets(strangeIssuer, exactly(strangeIssuer, spec.SubjectPrefix+names)), nil),
			stateRole("web", lets(strangeIssuer, exactly(strangeIssuer, spec.SubjectPrefix+"shop:web")), nil))
		if err != nil {
			t.Errorf("%q: %v", names, err)
			continue
		}
		if len(r.Files) != 1 || r.Files[0].Namespace != "shop" || len(r.Files[0].Spec.ServiceAccounts) != 1 {
			t.Errorf("%q: %d files: %+v", names, len(r.Files), r.Files)
		}
		if !noted(r.Notes, "role strange", "which is no name that Kubernetes takes") {
			t.Errorf("%q: noted is %q", names, r.Notes)
		}
	}
	r, err := built(t, adopt.Options{}, nil, stateRole("web", lets(strangeIssuer, exactly(strangeIssuer, spec.SubjectPrefix+"shop:web")),
		object{"tags": object{spec.TagRelease: "../web", spec.TagNamespace: "../../etc"}}))
	if err != nil || len(r.Files) != 1 || r.Files[0].Namespace != "shop" || r.Files[0].Release != "" {
		t.Errorf("of tags: %+v, %v", r, err)
	}
}

// TestTrustsOfOtherConditions: a role is taken by whomever it lets in, and not only by statements in
// the form that irsa.yaml writes. One that names nobody is noted.
func TestTrustsOfOtherConditions(t *testing.T) {
	t.Parallel()
	sub, aud := strangeIssuer+":sub", strangeIssuer+":aud"
	for name, conditions := range map[string]object{
		"no audience":    {"StringEquals": object{sub: spec.SubjectPrefix + "shop:web"}},
		"any value":      {"ForAnyValue:StringLike": object{sub: spec.SubjectPrefix + "shop:web"}, "StringEquals": object{aud: spec.DefaultAudience}},
		"whatever case":  {"StringEqualsIgnoreCase": object{sub: spec.SubjectPrefix + "shop:web"}, "StringEquals": object{aud: spec.DefaultAudience}},
		"an address":     {"StringEquals": object{sub: spec.SubjectPrefix + "shop:web", aud: spec.DefaultAudience}, "IpAddress": object{"aws:SourceIp": "192.0.2.0/24"}},
		"two audiences":  {"StringEquals": object{sub: spec.SubjectPrefix + "shop:web", aud: []any{spec.DefaultAudience, "other"}}},
		"several shapes": {"StringEquals": object{sub: []any{spec.SubjectPrefix + "shop:web"}}},
	} {
		r, err := built(t, adopt.Options{}, nil, stateRole("web", lets(strangeIssuer, conditions), nil))
		if err != nil || len(r.Files) != 1 {
			t.Errorf("%s: %+v, %v", name, r, err)
			continue
		}
		sa := r.Files[0].Spec.ServiceAccounts[0]
		if sa.Name != "web" || sa.Role.Name != "web" || len(sa.Role.Trust.Also) != 1 || r.Files[0].Spec.Cluster.Issuer != "https://"+strangeIssuer {
			t.Errorf("%s: %s", name, r.Files[0].Text)
		}
		if !noted(r.Files[0].Notes, "role web", "a plan adds irsa.yaml's") {
			t.Errorf("%s: noted is %q", name, r.Files[0].Notes)
		}
	}
	_, err := built(t, adopt.Options{}, nil, stateCluster("prod", home, "eu-west-3", strangeIssuer),
		stateRole("open", lets(strangeIssuer, object{"StringEquals": object{aud: spec.DefaultAudience}}), nil))
	none, ok := err.(*adopt.NothingError)
	if !ok || !noted(none.Left, "role open", "names no service account: it is left out; name one: --service-account NAME=open") {
		t.Errorf("of one that names nobody: %v", err)
	}
}

// TestDeposed: what is replaced and waits to be destroyed is not what there is.
func TestDeposed(t *testing.T) {
	t.Parallel()
	trust := lets(strangeIssuer, exactly(strangeIssuer, spec.SubjectPrefix+"shop:web"))
	old := stateRole("a-web", trust, nil)
	old["deposed_key"] = "00000001"
	r, err := built(t, adopt.Options{}, nil, stateRole("web", trust, nil), old)
	if err != nil || len(r.Notes) > 0 || r.Files[0].Spec.ServiceAccounts[0].Role.Name != "web" {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestTextsStandForThemselves: nothing that AWS has is a placeholder of irsa.yaml.
func TestTextsStandForThemselves(t *testing.T) {
	t.Parallel()
	const strange = "uses ${release.name}, $${cluster.name} and ${aws:username}"
	policy := object{"address": "aws_iam_role_policy.p", "mode": "managed", "type": "aws_iam_role_policy", "name": "p", "values": object{
		"role": "web", "name": "p",
		"policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:username}/\u0024{cluster.name}\"/*"}]}`,
	}}
	r, err := built(t, adopt.Options{Release: "shop"}, nil, policy,
		stateRole("web", lets(strangeIssuer, exactly(strangeIssuer, spec.SubjectPrefix+"shop:web")), object{"description": strange, "tags": object{"cost": "100"}}))
	if err != nil {
		t.Fatal(err)
	}
	// As each command reads it, which knows all that placeholders stand for.
	path := filepath.Join(t.TempDir(), "irsa.yaml")
	if err := os.WriteFile(path, r.Files[0].Text, 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := spec.LoadFiles([]string{path}, spec.Options{Known: func(c spec.Cluster) (spec.Known, error) {
		c.Name = "prod"
		return spec.Known{Release: "shop", Namespace: "shop", Cluster: c}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	role := file.ServiceAccounts[0].Role
	if role.Description != strange {
		t.Errorf("the description became %q", role.Description)
	}
	if got := string(role.InlinePolicies["p"].JSON()); !strings.Contains(got, `b/${aws:username}/${cluster.name}\"/*`) {
		t.Errorf("the document became %s", got)
	}
}

// TestOldDocuments: AWS keeps documents that irsa.yaml does not take. A role with one is used as it
// is: a plan that adopted it would delete the policy.
func TestOldDocuments(t *testing.T) {
	t.Parallel()
	for _, version := range []string{``, `"Version":"2008-10-17",`} {
		document := fmt.Sprintf(`{%s"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`, version)
		r, err := built(t, adopt.Options{}, nil,
			stateRole("web", lets(strangeIssuer, exactly(strangeIssuer, spec.SubjectPrefix+"shop:web")), object{"inline_policy": []any{object{"name": "old", "policy": document}}}),
			stateRole("jobs", lets(strangeIssuer, exactly(strangeIssuer, spec.SubjectPrefix+"shop:jobs")), nil),
			object{"address": "aws_iam_policy.p", "mode": "managed", "type": "aws_iam_policy", "name": "p", "values": object{"arn": "arn:aws:iam::" + home + ":policy/p", "name": "p", "path": "/", "policy": document}},
			object{"address": "aws_iam_role_policy_attachment.p", "mode": "managed", "type": "aws_iam_role_policy_attachment", "name": "p", "values": object{"role": "jobs", "policy_arn": "arn:aws:iam::" + home + ":policy/p"}})
		if err != nil {
			t.Errorf("%s: %v", version, err)
			continue
		}
		f := r.Files[0]
		if !slices.Equal(f.Adopt, []string{"role/jobs"}) || f.Spec.ServiceAccounts[1].Role.ARN != "arn:aws:iam::"+home+":role/web" || len(f.Spec.ServiceAccounts[0].Role.PolicyARNs) != 1 {
			t.Errorf("%s: adopted are %q:\n%s", version, f.Adopt, f.Text)
		}
		if !noted(f.Notes, "role web", "irsa.yaml does not take its inline policy old") || !noted(f.Notes, "policy p", "it stays under policyARNs") {
			t.Errorf("%s: noted is %q", version, f.Notes)
		}
	}
}

// TestOneOfSeveralClusters: by the name or the issuer of one, all that is told of it is taken.
func TestOneOfSeveralClusters(t *testing.T) {
	t.Parallel()
	const other = "oidc.eks.us-east-1.amazonaws.com/id/OTHER"
	resources := []any{
		stateCluster("prod", home, "eu-west-3", strangeIssuer), stateCluster("dev", away, "us-east-1", other),
		stateRole("web", lets(strangeIssuer, exactly(strangeIssuer, spec.SubjectPrefix+"shop:web")), nil),
		stateRole("web-dev", lets(other, exactly(other, spec.SubjectPrefix+"shop:web")), nil),
	}
	if _, err := built(t, adopt.Options{}, nil, resources...); err == nil || !strings.Contains(err.Error(), "roles for several clusters") {
		t.Errorf("without a choice: %v", err)
	}
	want := spec.Cluster{Name: "dev", Region: "us-east-1", AccountID: away, Issuer: "https://" + other}
	for _, said := range []spec.Cluster{{Name: want.Name}, {Issuer: want.Issuer}, {Name: want.Name, Issuer: want.Issuer}} {
		r, err := built(t, adopt.Options{}, func(s *adopt.Source) { s.Cluster = said }, resources...)
		if err != nil {
			t.Errorf("%+v: %v", said, err)
			continue
		}
		got := r.Files[0].Spec.Cluster
		if got.Name != want.Name || got.Region != want.Region || got.AccountID != want.AccountID || got.Issuer != want.Issuer {
			t.Errorf("%+v: the cluster became %+v", said, got)
		}
	}
}

// TestTargetRole: what a plan would give a role beside what it has is said.
func TestTargetRole(t *testing.T) {
	t.Parallel()
	const target = "arn:aws:iam::" + away + ":role/target"
	role := stateRole("web", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]}`, nil)
	r, err := built(t, adopt.Options{}, nil, role, stateCluster("prod", home, "eu-west-3", strangeIssuer),
		object{"address": "aws_eks_pod_identity_association.a", "mode": "managed", "type": "aws_eks_pod_identity_association", "name": "a", "values": object{
			"cluster_name": "prod", "namespace": "shop", "service_account": "web", "role_arn": "arn:aws:iam::" + home + ":role/web", "target_role_arn": target,
		}})
	if err != nil || !noted(r.Files[0].Notes, "role web", "a plan adds the inline policy helm-irsa-target-roles to it, which lets it assume "+target) {
		t.Errorf("%+v, %v", r, err)
	}
}
