package adopt

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// account is the AWS account that a resource is in, as far as the configuration of its provider
// says it: a plan does not know ARNs of what is not there yet. A state does not tell the provider.
func (t *tfReading) account(r *tfResource) string {
	if id := awsstate.AccountOf(t.text(r, "arn")); id != "" {
		return id
	}
	key := r.providerKey()
	if id := cmp.Or(readProvider(r.provider).account(), t.callers[key]); id != "" {
		return id
	}
	own := t.file.Configuration.Providers[homeProvider].Expressions
	if t.file.Planned == nil || aliased(key) && (r.provider == nil || reach(r.provider) != reach(own)) {
		return ""
	}
	return t.home
}

// homeProvider is the key of the provider for AWS without an alias, of the root module.
const homeProvider = "aws"

// providerKey is the key of a resource's provider in the configuration; empty where there is none.
func (r *tfResource) providerKey() string {
	if r.config == nil {
		return ""
	}
	return r.config.ProviderKey
}

// aliased reports whether a key is of a provider with an alias: aws.peer, or module.m:aws.peer.
func aliased(key string) bool {
	return strings.Contains(key[strings.LastIndexByte(key, ':')+1:], ".")
}

// reach is all that the configuration of a provider says of whose credentials it has
// (https://registry.terraform.io/providers/hashicorp/aws/latest/docs#argument-reference): two of which
// it is the same are in one AWS account, such as those that differ in their region.
func reach(expressions json.RawMessage) string {
	var all map[string]json.RawMessage
	_ = json.Unmarshal(expressions, &all) // what is of another form says nothing
	var out strings.Builder
	for _, name := range []string{"access_key", "assume_role", "assume_role_with_web_identity", "profile", "shared_config_files", "shared_credentials_files", "token"} {
		out.WriteString(name + "=" + string(all[name]) + ";")
	}
	return out.String()
}

// constant is an expression of the configuration whose value is written there.
type constant[T any] struct {
	Value T `json:"constant_value"`
}

// providerSays is what the configuration of a provider for AWS says.
type providerSays struct {
	Allowed constant[[]string] `json:"allowed_account_ids"`
	Assume  []struct {
		Role constant[string] `json:"role_arn"`
	} `json:"assume_role"`
	Profile constant[string] `json:"profile"`
	Region  constant[string] `json:"region"`
}

func readProvider(expressions json.RawMessage) providerSays {
	var p providerSays
	_ = json.Unmarshal(expressions, &p) // what is of another form says nothing
	return p
}

// account is the AWS account; empty where it is not said.
func (p providerSays) account() string {
	if len(p.Allowed.Value) == 1 {
		return p.Allowed.Value[0]
	}
	for _, a := range p.Assume {
		if id := awsstate.AccountOf(a.Role.Value); id != "" {
			return id
		}
	}
	return ""
}

// clusters reads what there is of EKS clusters. Of one there may be a resource and data.
func (t *tfReading) clusters() {
	for _, r := range t.each("aws_eks_cluster") {
		if c := t.cluster(r); c.Name != "" && !slices.ContainsFunc(t.out.Clusters, c.sameAs) {
			t.out.Clusters = append(t.out.Clusters, c.Cluster)
		}
	}
	if len(t.out.Clusters) != 1 { // which of several it is, associations and trust policies tell
		return
	}
	c := t.out.Clusters[0]
	t.out.State.Cluster.Name, t.out.State.Cluster.Issuer = c.Name, c.Issuer
	t.out.State.Region, t.out.State.Account = c.Region, c.AccountID
}

// tfCluster is what one resource says of a cluster.
type tfCluster struct{ spec.Cluster }

// sameAs reports whether another resource is of the cluster: as far as both are told, it is where
// this one is.
func (c tfCluster) sameAs(o spec.Cluster) bool {
	return c.Name == o.Name && (c.Region == "" || o.Region == "" || c.Region == o.Region && c.AccountID == o.AccountID)
}

func (t *tfReading) cluster(r *tfResource) (c tfCluster) {
	c.Name = t.text(r, "name")
	if parts := strings.SplitN(t.text(r, "arn"), ":", 6); len(parts) == 6 {
		c.Region, c.AccountID = parts[3], parts[4]
	}
	var identity []struct {
		OIDC []struct {
			Issuer string `json:"issuer"`
		} `json:"oidc"`
	}
	if json.Unmarshal(r.Values["identity"], &identity) == nil && len(identity) > 0 && len(identity[0].OIDC) > 0 {
		c.Issuer = identity[0].OIDC[0].Issuer
	}
	return c
}

// accounts reads how AWS accounts are reached, and which is the cluster's.
func (t *tfReading) accounts() {
	t.home = t.caller()
	for _, key := range slices.Sorted(maps.Keys(t.file.Configuration.Providers)) {
		how := readProvider(t.file.Configuration.Providers[key].Expressions)
		id := how.account()
		if key == homeProvider {
			t.home, t.out.State.Region = cmp.Or(t.home, id), cmp.Or(t.out.State.Region, how.Region.Value)
		}
		switch {
		case id == "":
		case len(how.Assume) > 0 && awsstate.AccountOf(how.Assume[0].Role.Value) == id:
			t.out.Access[id] = spec.AccountAccess{AssumeRoleARN: how.Assume[0].Role.Value}
		case how.Profile.Value != "":
			t.out.Access[id] = spec.AccountAccess{Profile: how.Profile.Value}
		}
	}
	t.out.State.Account = cmp.Or(t.out.State.Account, t.home)
}

// caller is the AWS account whose credentials the provider without an alias has. A state does not tell
// of which provider such data is: there it counts where all of it says the same.
func (t *tfReading) caller() string {
	t.callers = map[string]string{}
	var all []string
	for _, r := range t.each("aws_caller_identity") {
		id, key := t.text(r, "account_id"), r.providerKey()
		switch {
		case id == "":
		case key != "":
			t.callers[key] = id
		default:
			all = append(all, id)
		}
	}
	if all = unique(all); len(all) == 1 {
		return all[0]
	}
	return t.callers[homeProvider]
}

// providersAccount is the AWS account of the OIDC provider that a trust policy names: a role
// and the provider that it trusts are in one
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html).
func providersAccount(d trust.Document) string {
	for _, s := range d.Statements() {
		principals, _ := s.Principals()
		for _, p := range principals {
			if p.Type == "Federated" && strings.Contains(p.ID, ":oidc-provider/") {
				return awsstate.AccountOf(p.ID)
			}
		}
	}
	return ""
}

func (t *tfReading) partitionFor(d trust.Document) string {
	if p := spec.PartitionOf(t.out.State.Region); p != "" {
		return p
	}
	for _, s := range d.Statements() {
		principals, _ := s.Principals()
		for _, p := range principals {
			if parts := strings.SplitN(p.ID, ":", 3); len(parts) == 3 && parts[0] == "arn" {
				return parts[1]
			}
		}
	}
	return "aws"
}
