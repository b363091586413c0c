package adopt_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/adopt"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// resource is one of a state or a plan; more are further members of it.
func resource(kind, name string, values, more object) object {
	out := object{"address": kind + "." + name, "mode": "managed", "type": kind, "name": name, "values": values}
	for k, v := range more {
		out[k] = v
	}
	return out
}

func data(kind, name string, values object) object {
	return resource(kind, name, values, object{"address": "data." + kind + "." + name, "mode": "data"})
}

func with(r, more object) object {
	for k, v := range more {
		r[k] = v
	}
	return r
}

// forShop is the trust policy for service account shop/NAME.
func forShop(name string) string {
	return lets(strangeIssuer, exactly(strangeIssuer, spec.SubjectPrefix+"shop:"+name))
}

// readPlan reads a plan of these parts.
func readPlan(t *testing.T, members object) *adopt.Source {
	t.Helper()
	text, err := json.Marshal(with(object{"format_version": "1.2"}, members))
	if err != nil {
		t.Fatal(err)
	}
	s, err := adopt.Terraform("plan.json", text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func root(resources ...any) object { return object{"root_module": object{"resources": resources}} }

// TestSensitive: nothing that Terraform marks as sensitive is written, wherever it stands. Of tags the
// marks are on tags, and the values also in tags_all.
func TestSensitive(t *testing.T) {
	t.Parallel()
	const doc = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::hidden/*"}]}`
	for name, c := range map[string]struct{ values, marks object }{
		"inline_policy":       {object{"inline_policy": []any{object{"name": "p", "policy": doc}}}, object{"inline_policy": []any{object{"policy": true}}}},
		"managed_policy_arns": {object{"managed_policy_arns": []any{someArn + "Hidden"}}, object{"managed_policy_arns": []any{true}}},
		"tags":                {object{"tags": object{"team": "hidden"}, "tags_all": object{"team": "hidden"}}, object{"tags": object{"team": true}, "tags_all": object{}}},
	} {
		text, err := json.Marshal(object{"format_version": "1.0", "values": root(with(stateRole("web", forShop("web"), c.values), object{"sensitive_values": c.marks}))})
		if err != nil {
			t.Fatal(err)
		}
		_, err = adopt.Terraform("state.json", text)
		if err == nil || !strings.Contains(err.Error(), name+" is sensitive") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDataOfAPlan: data that was read for a plan is in the state before, and tells of the cluster and
// the AWS account as that of a state does.
func TestDataOfAPlan(t *testing.T) {
	t.Parallel()
	role := stateRole("web", forShop("web"), nil)
	delete(role["values"].(object), "arn")
	cluster := stateCluster("prod", home, "eu-west-3", strangeIssuer)
	cluster["mode"], cluster["address"] = "data", "data.aws_eks_cluster.prod"
	s := readPlan(t, object{
		"planned_values":   root(role),
		"prior_state":      object{"values": root(cluster, data("aws_caller_identity", "me", object{"account_id": home}), stateRole("gone", forShop("gone"), nil))},
		"resource_changes": []any{object{"address": "aws_iam_role.web", "type": "aws_iam_role", "change": object{"actions": []any{"create"}}}},
	})
	f := imported(t, s, adopt.Options{})
	if c := f.Spec.Cluster; c.Name != "prod" || c.AccountID != home || c.Region != "eu-west-3" || len(f.Spec.ServiceAccounts) != 1 {
		t.Errorf("%+v\n%s", c, f.Text)
	}
}

// TestSeveralCallers: whose credentials several providers have says nothing of the cluster's AWS
// account, where a state does not tell which provider is which.
func TestSeveralCallers(t *testing.T) {
	t.Parallel()
	r, err := built(t, adopt.Options{}, nil,
		data("aws_caller_identity", "audit", object{"account_id": away}), data("aws_caller_identity", "current", object{"account_id": home}), stateRole("web", forShop("web"), nil))
	if err != nil || r.Files[0].Spec.Cluster.AccountID != home {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestProviderOfAnotherAccount: what a provider with other credentials makes is in an AWS account of its
// own; where nothing says which that is, it is left out. Another region is no other AWS account.
func TestProviderOfAnotherAccount(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		provider object
		account  string
	}{
		"of a profile":       {object{"profile": object{"constant_value": "peer"}}, ""},
		"of a variable role": {object{"assume_role": []any{object{"role_arn": object{"references": []any{"var.role"}}}}}, ""},
		"of a role":          {object{"assume_role": []any{object{"role_arn": object{"constant_value": "arn:aws:iam::" + away + ":role/x"}}}}, away},
		"of another region":  {object{"region": object{"constant_value": "us-east-1"}}, home},
	} {
		role := stateRole("web", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]}`, nil)
		delete(role["values"].(object), "arn")
		s := readPlan(t, object{
			"planned_values": root(role), "prior_state": object{"values": root(data("aws_caller_identity", "me", object{"account_id": home}))},
			"configuration": object{
				"provider_config": object{"aws": object{"expressions": object{"region": object{"constant_value": "eu-west-3"}}}, "aws.peer": object{"expressions": c.provider}},
				"root_module": object{"resources": []any{
					object{"address": "aws_iam_role.web", "provider_config_key": "aws.peer"}, object{"address": "data.aws_caller_identity.me", "provider_config_key": "aws"},
				}},
			},
		})
		switch {
		case c.account == "" && (len(s.State.Roles.List) != 0 || !noted(s.Notes, "aws_iam_role.web", "in which AWS account it will be is known only after terraform apply")):
			t.Errorf("%s: %+v, %q", name, s.State.Roles.List, s.Notes)
		case c.account != "" && (len(s.State.Roles.List) != 1 || !strings.Contains(s.State.Roles.List[0].ARN, c.account)):
			t.Errorf("%s: %+v, %q", name, s.State.Roles.List, s.Notes)
		}
	}
}

// TestRolesOfOneName: of roles of one name in two AWS accounts, what is put on one is not put on the
// other. A state tells which is meant by what a resource depends on; where nothing tells, it is on none.
func TestRolesOfOneName(t *testing.T) {
	t.Parallel()
	there := with(stateRole("web", strings.ReplaceAll(forShop("far"), home, away), object{"arn": "arn:aws:iam::" + away + ":role/web"}), object{"address": `module.far["a.b[0]"].aws_iam_role.web[0]`})
	attachment := func(more object) object {
		return resource("aws_iam_role_policy_attachment", "a", object{"role": "web", "policy_arn": someArn + "AdministratorAccess"}, more)
	}
	attached := func(more object) (string, *adopt.Result) {
		r, err := built(t, adopt.Options{Namespace: "shop"}, func(s *adopt.Source) { s.Access[away] = spec.AccountAccess{Profile: "far"} },
			stateCluster("prod", home, "eu-west-3", strangeIssuer), data("aws_caller_identity", "me", object{"account_id": home}), stateRole("web", forShop("web"), nil), there, attachment(more))
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, sa := range r.Files[0].Spec.ServiceAccounts {
			if len(sa.Role.PolicyARNs) > 0 {
				out = append(out, sa.Name)
			}
		}
		return strings.Join(out, " "), r
	}
	if got, _ := attached(object{"depends_on": []any{"module.far.aws_iam_role.web"}}); got != "far" {
		t.Errorf("it is on the role of %q", got)
	}
	if got, r := attached(nil); got != "" || !noted(r.Notes, "aws_iam_role_policy_attachment.a", "there are several roles called web") {
		t.Errorf("it is on the role of %q: %q", got, r.Notes)
	}
}

// TestServiceAccountsOfTerraform: a service account that Terraform made is not made by the chart, whether
// an annotation names its role or not.
func TestServiceAccountsOfTerraform(t *testing.T) {
	t.Parallel()
	account := func(name string, annotations any) object {
		return resource("kubernetes_service_account_v1", name, object{"metadata": []any{object{"name": name, "namespace": "shop", "annotations": annotations}}}, nil)
	}
	r, err := built(t, adopt.Options{}, nil, stateCluster("prod", home, "eu-west-3", strangeIssuer), stateRole("web", forShop("web"), nil), account("web", nil), account("other", nil),
		stateRole("pods", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]}`, nil), account("pods", nil),
		resource("aws_eks_pod_identity_association", "pods", object{"cluster_name": "prod", "namespace": "shop", "service_account": "pods", "role_arn": "arn:aws:iam::" + home + ":role/pods"}, nil))
	if err != nil || len(r.Files) != 1 || len(r.Files[0].Spec.ServiceAccounts) != 2 {
		t.Fatalf("%+v, %v", r, err)
	}
	for _, sa := range r.Files[0].Spec.ServiceAccounts {
		if sa.Create != spec.CreateNever {
			t.Errorf("%s: create: %s", sa.Name, sa.Create)
		}
	}
}

// TestAnnotationsOfTerraform: a service account may also be a manifest, and its annotation a resource of
// its own: then somebody else makes it.
func TestAnnotationsOfTerraform(t *testing.T) {
	t.Parallel()
	annotations := object{spec.RoleAnnotation: "arn:aws:iam::" + home + ":role/web"}
	r, err := built(t, adopt.Options{}, nil, stateCluster("prod", home, "eu-west-3", strangeIssuer), stateRole("web", forShop("web"), nil),
		resource("kubernetes_manifest", "made", object{"manifest": object{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": object{"name": "made", "namespace": "shop", "annotations": annotations}}}, nil),
		resource("kubernetes_manifest", "other", object{"manifest": object{"apiVersion": "v1", "kind": "ConfigMap", "metadata": object{"name": "other", "namespace": "shop", "annotations": annotations}}}, nil),
		resource("kubernetes_annotations", "noted", object{"api_version": "v1", "kind": "ServiceAccount", "metadata": []any{object{"name": "noted", "namespace": "shop"}}, "annotations": annotations}, nil),
		resource("kubernetes_annotations", "pod", object{"api_version": "v1", "kind": "Deployment", "metadata": []any{object{"name": "pod", "namespace": "shop"}}, "annotations": annotations}, nil))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, sa := range r.Files[0].Spec.ServiceAccounts {
		got = append(got, sa.Name+" "+sa.Create)
	}
	if want := []string{"made never", "noted auto", "web auto"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q\n%s", got, want, r.Files[0].Text)
	}
}

// TestAddonsOfTerraform: the role of an EKS add-on is of no Helm release, as with eksctl; one that a service
// account of Terraform's has as well is taken.
func TestAddonsOfTerraform(t *testing.T) {
	t.Parallel()
	addon := func(name string, values object) object {
		return resource("aws_eks_addon", name, with(object{"addon_name": name, "cluster_name": "prod"}, values), nil)
	}
	arn := func(name string) string { return "arn:aws:iam::" + home + ":role/" + name }
	r, err := built(t, adopt.Options{}, nil, stateCluster("prod", home, "eu-west-3", strangeIssuer),
		stateRole("csi", forShop("csi"), nil), stateRole("cni", forShop("cni"), nil), stateRole("web", forShop("web"), nil), stateRole("both", forShop("both"), nil),
		addon("aws-ebs-csi-driver", object{"service_account_role_arn": arn("csi")}), addon("vpc-cni", object{"pod_identity_association": []any{object{"role_arn": arn("cni"), "service_account": "aws-node"}}}),
		addon("coredns", object{"service_account_role_arn": nil}), addon("both", object{"service_account_role_arn": arn("both")}),
		resource("kubernetes_service_account", "both", object{"metadata": []any{object{"name": "both", "namespace": "shop", "annotations": object{spec.RoleAnnotation: arn("both")}}}}, nil))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, sa := range r.Files[0].Spec.ServiceAccounts {
		got = append(got, sa.Name)
	}
	if !slices.Equal(got, []string{"both", "web"}) || !noted(r.Notes, "role csi", "EKS add-on aws-ebs-csi-driver") || !noted(r.Notes, "role cni", "EKS add-on vpc-cni") {
		t.Errorf("got %q, noted %q", got, r.Notes)
	}
}

// TestPartsGoAlong: with a role, what Terraform keeps on it by itself has to leave Terraform as well:
// where only the role does, Terraform takes the policies off the role once they leave its files.
func TestPartsGoAlong(t *testing.T) {
	t.Parallel()
	own := "arn:aws:iam::" + home + ":policy/"
	doc := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`
	policy := func(name string) object {
		return resource("aws_iam_policy", name, object{"arn": own + name, "name": name, "path": "/", "policy": doc}, nil)
	}
	r, err := built(t, adopt.Options{Namespace: "shop", Release: "web", NodeRoles: []string{"nodes"}}, nil, stateCluster("prod", home, "eu-west-3", strangeIssuer), stateRole("web", forShop("web"), nil), stateRole("other", "{}", nil),
		policy("own"), policy("wide"), policy("node"),
		resource("aws_iam_role_policy_attachment", "own", object{"role": "web", "policy_arn": own + "own"}, nil),
		resource("aws_iam_role_policy", "inline", object{"role": "web", "name": "inline", "policy": doc}, nil),
		resource("aws_iam_role_policies_exclusive", "all", object{"role_name": "web", "policy_names": []any{"inline"}}, nil),
		resource("aws_iam_role_policy_attachments_exclusive", "all", object{"role_name": "web", "policy_arns": []any{own + "own", own + "wide"}}, nil),
		resource("aws_iam_policy_attachment", "wide", object{"policy_arn": own + "wide", "roles": []any{"web"}, "users": []any{"bob"}}, nil),
		resource("aws_iam_role_policy_attachment", "node", object{"role": "nodes", "policy_arn": own + "node"}, nil),
		resource("aws_iam_role_policy_attachment", "else", object{"role": "elsewhere", "policy_arn": someArn + "ReadOnlyAccess"}, nil),
	)
	if err != nil || len(r.Files) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	f := r.Files[0]
	want := "aws_iam_policy.node aws_iam_policy.own aws_iam_policy.wide aws_iam_role.web aws_iam_role_policies_exclusive.all aws_iam_role_policy.inline " +
		"aws_iam_role_policy_attachment.node aws_iam_role_policy_attachment.own aws_iam_role_policy_attachments_exclusive.all"
	if got := strings.Join(f.Kept, " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if !noted(f.Notes, "aws_iam_policy_attachment.wide", "it has to stay in Terraform's files") {
		t.Errorf("noted is %q", f.Notes)
	}
}

// TestSameTextEachTime: of one source the same is written and noted, in the same order.
func TestSameTextEachTime(t *testing.T) {
	t.Parallel()
	var all []any
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		trust := strings.Replace(forShop(name), `"Statement":[`, `"Statement":[{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"},`, 1)
		all = append(all, stateRole(name, trust, object{"tags": object{"<1>": "x", "<2>": "x", "<3>": "x"}}))
	}
	first := ""
	for range 20 {
		r, err := built(t, adopt.Options{}, nil, all...)
		if err != nil {
			t.Fatal(err)
		}
		if text := string(r.Files[0].Text); first == "" {
			first = text
		} else if text != first {
			t.Fatalf("%s\n---and then\n%s", first, text)
		}
	}
}

// TestHalfAStatement: of a statement that irsa.yaml does not take, nothing is taken.
func TestHalfAStatement(t *testing.T) {
	t.Parallel()
	trust := strings.Replace(forShop("web"), `"Statement":[`, `"Statement":[{"Effect":"Allow","Principal":{"AWS":["999988887777","AROAEXAMPLEEXAMPLEID"]},"Action":"sts:AssumeRole"},`, 1)
	r, err := built(t, adopt.Options{}, nil, stateRole("web", trust, nil))
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Files[0].Spec.ServiceAccounts[0].Role.Trust; len(got.AllowPrincipals)+len(got.Also) > 0 {
		t.Errorf("%+v", got)
	}
}

// TestNotedOnce: a source that is built from again notes nothing twice.
func TestNotedOnce(t *testing.T) {
	t.Parallel()
	s := readPlan(t, object{"planned_values": root(stateRole("web", forShop("web"), nil), stateRole("odd", forShop("*"), nil))})
	for range 2 {
		r, err := adopt.Build(s, adopt.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(slices.DeleteFunc(slices.Clone(r.Notes), func(n adopt.Note) bool { return n.About != "role odd" })); n != 1 {
			t.Errorf("noted %d times: %q", n, r.Notes)
		}
	}
}

// TestNodesOfARelease: what helm irsa put on the role of the nodes for a release is found again by the
// tags of that role and the descriptions of policies, where the tags of policies are not told. What it
// put there for another, and what others did, is not the release's.
func TestNodesOfARelease(t *testing.T) {
	t.Parallel()
	const ec2 = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	own := trust.Owner{Cluster: home + "/eu-west-3/prod", Namespace: "shop", Release: "web"}.ID()
	other := trust.Owner{Cluster: home + "/eu-west-3/prod", Namespace: "shop", Release: "other"}.ID()
	doc, err := trust.ParsePermissions(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	trusted := func(text string) *trust.Document {
		d, err := trust.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return &d
	}
	policy := func(name, of string) awsstate.Policy {
		return awsstate.Policy{ARN: "arn:aws:iam::" + home + ":policy/" + name, Name: name, Path: "/", Document: &doc, Description: "(helm-irsa: shop/x of prod, " + of + ")"}
	}
	arn := func(name string) string { return "arn:aws:iam::" + home + ":policy/" + name }
	s := &adopt.Source{Name: "aws.json", Cluster: spec.Cluster{Name: "prod", Region: "eu-west-3", AccountID: home, Issuer: "https://" + strangeIssuer}, Kept: map[string]string{}, Access: map[string]spec.AccountAccess{}, State: awsstate.State{
		Policies: awsstate.Known[awsstate.Policy]{Read: true, List: []awsstate.Policy{policy("own", own), policy("others", other)}},
		Roles: awsstate.Known[awsstate.Role]{Read: true, List: []awsstate.Role{
			{ARN: "arn:aws:iam::" + home + ":role/web", Name: "web", Path: "/", Trust: trusted(forShop("web")), Attached: awsstate.Known[string]{Read: true}, Inline: awsstate.Known[awsstate.NamedDocument]{Read: true}},
			{ARN: "arn:aws:iam::" + home + ":role/nodes", Name: "nodes", Path: "/", Trust: trusted(ec2), Attached: awsstate.Known[string]{Read: true, List: []string{arn("own"), arn("others"), someArn + "A", someArn + "B", someArn + "C"}},
				Tags: map[string]string{spec.TagAttached + own + ".1": someArn + "A", spec.TagAttached + other + ".2": someArn + "B"}},
		}},
	}}
	f := imported(t, s, adopt.Options{Namespace: "shop", Release: "web"})
	node := f.Spec.NodeRole
	if node == nil || node.Name != "nodes" || !slices.Equal(node.Policies, []string{"own"}) || !slices.Equal(node.PolicyARNs, []string{someArn + "A"}) {
		t.Errorf("%+v\n%s", node, f.Text)
	}
	if !noted(f.Notes, "policy own", "add sharedWith") {
		t.Errorf("noted is %q", f.Notes)
	}
}

// TestTagsOfItsOwn: a tag that policies and providers have alike is a default, also where a role has
// another value; where a role does not have it, it is none, since irsa.yaml would give it that.
func TestTagsOfItsOwn(t *testing.T) {
	t.Parallel()
	own := "arn:aws:iam::" + home + ":policy/read"
	for _, c := range []struct {
		second object
		want   string
	}{{object{"team": "b"}, "a"}, {object{}, ""}} {
		r, err := built(t, adopt.Options{}, nil, stateCluster("prod", home, "eu-west-3", strangeIssuer),
			stateRole("web", forShop("web"), object{"tags": object{"team": "a"}}), stateRole("api", forShop("api"), object{"tags": c.second}),
			resource("aws_iam_policy", "read", object{"arn": own, "name": "read", "path": "/", "tags": object{"team": "a"}, "policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`}, nil),
			resource("aws_iam_role_policy_attachment", "read", object{"role": "web", "policy_arn": own}, nil))
		if err != nil {
			t.Fatal(err)
		}
		f := r.Files[0]
		if got := f.Spec.Defaults.Tags["team"]; got != c.want {
			t.Errorf("with %v the default is %q\n%s", c.second, got, f.Text)
		}
	}
}
