package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// ours: irsa.yaml has the account, and a release is looked at. Then helm irsa makes what is
// wrong right: what is done by hand is undone by the next upgrade, or keeps it from working
// (https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts).
func ours(c *chain) bool { return c.a.entry != nil && c.in.Release != "" }

// oursInAWS: the role is this release's own, and the one that the chain is about. One that
// irsa.yaml names by its ARN is somebody else's.
func oursInAWS(c *chain) bool {
	if !ours(c) || c.a.entry.Role.ARN != "" {
		return false
	}
	want := wanted(c)
	return want == "" || want == c.roleARN
}

// wanted is the role that irsa.yaml gives the account; empty where it gives none, or where
// its ARN is not known.
func wanted(c *chain) string {
	if c.a.entry == nil {
		return ""
	}
	if arn, err := c.in.File.RoleARN(*c.a.entry, c.namespace); err == nil {
		return arn
	}
	filled := c.in.File.InCluster(c.snapshot.Account, c.snapshot.Region) // what the file leaves to be asked of AWS
	filled.Cluster.Name = orForm(filled.Cluster.Name, c.snapshot.Cluster.Name)
	arn, err := filled.RoleARN(*c.a.entry, c.namespace)
	if err != nil {
		return ""
	}
	return arn
}

// nameless: irsa.yaml gives the account a role that it does not name.
func nameless(c *chain) bool {
	return c.a.entry != nil && c.a.object() != nil && !c.podIdentity && c.status[LinkAnnotation].Status != OK && manifest.Text(c.a.annotations(), roleKey) == ""
}

// apply is the command for what is in AWS.
func apply(w *facts) string {
	out := safe.Type("helm", "irsa", "apply")
	if w.in.Release != "" {
		out.Value(safe.Release, w.in.Release)
	}
	return out.Maybe("-n", safe.Namespace, w.in.Namespace).String()
}

// upgrade is the command for what is in the cluster.
func upgrade(w *facts) string {
	return safe.Type("helm", "irsa", "upgrade").Value(safe.Release, w.in.Release).With("CHART").Maybe("-n", safe.Namespace, w.in.Namespace).String()
}

// upgradeAnew is upgrade, and the commands that make the pods anew where that does not.
func upgradeAnew(c *chain) string {
	lines := []string{upgrade(c.facts)}
	if c.a.entry == nil || !c.a.entry.Rollout {
		lines = rollouts(c, lines)
	}
	return strings.Join(lines, "\n")
}

// inFile is a change of the account's entry in irsa.yaml.
func inFile(c *chain, line string) string {
	return fmt.Sprintf("%s   # irsa.yaml, at serviceAccounts: %s", line, asYAML(orName(c.a.name)))
}

// byUpgrade are the codes of what an upgrade with irsa.yaml writes anew.
var byUpgrade = []string{"annotation-missing", "annotation-malformed", "annotation-wrong-key", "annotation-on-pod-not-serviceaccount", "chart-annotation-not-rendered",
	"role-arn-malformed", "role-arn-is-policy-arn", "annotation-removed-by-controller"}

// byApply are the codes of what apply writes anew: its own statement of the trust policy,
// and the provider.
var byApply = []string{"sub-service-account-name-mismatch", "sub-namespace-mismatch", "sub-wildcard-in-string-equals", "aud-key-used-for-sub", "aud-value-wrong",
	"condition-key-malformed", "trust-condition-not-met", "multi-issuer-conditions-anded", "trust-no-web-identity-statement", "trust-principal-aws-instead-of-federated", "federated-not-an-arn",
	"federated-provider-arn-typo", "federated-account-mismatch", "issuer-region-mismatch", "issuer-mismatch", "oidc-provider-missing", "oidc-provider-audience-wrong"}

// settings are those annotations that token of irsa.yaml writes, and the line that does.
var settings = []struct{ annotation, line string }{
	{"eks.amazonaws.com/token-expiration=", "token: {expirationSeconds: 86400}"},
	{regionalKey + "=", "token: {stsRegionalEndpoints: true}"},
	{audienceKey + "-", "token: {audience: " + defaultAudience + "}"},
}

// repairs gives findings the repair that goes through irsa.yaml, where that is how the
// account is kept.
func repairs(c *chain) {
	for i, f := range c.findings {
		if c.astray && (f.Link == LinkTrust || f.Link == LinkPermissions || f.Link == LinkProvider) && f.Under == "" {
			c.findings[i].Under = "annotation-missing" // they are of the role that it should not have
			continue
		}
		if fix := repair(c, f); fix != "" {
			c.findings[i].Fix = fix
		}
	}
}

// repair is the repair through irsa.yaml; empty where there is none.
func repair(c *chain, f Finding) string {
	if !ours(c) {
		return ""
	}
	if strings.HasPrefix(f.Fix, "kubectl annotate") {
		for _, s := range settings {
			if strings.Contains(f.Fix, s.annotation) {
				return inFile(c, s.line) + "\n" + upgradeAnew(c)
			}
		}
	}
	switch {
	case f.Subject == c.a.String() && slices.Contains(byUpgrade, f.Code) && writesRole(f.Fix):
		return upgradeAnew(c)
	case f.Code == "session-duration-too-long" && oursInAWS(c) && strings.HasPrefix(f.Fix, "aws iam update-role"):
		seconds := f.Fix[strings.LastIndexByte(f.Fix, ' ')+1:]
		return inFile(c, "role: {maxSessionDuration: "+seconds+"s}") + "\n" + apply(c.facts)
	case slices.Contains(byApply, f.Code) && oursInAWS(c) && applyLetsIn(c) && !strings.HasPrefix(f.Fix, "remove"):
		return apply(c.facts)
	}
	return ""
}

// writesRole: the repair would write the role's annotation, by hand or by an entry that
// irsa.yaml has already.
func writesRole(fix string) bool {
	return strings.HasPrefix(fix, "kubectl annotate") || strings.HasPrefix(fix, safe.NoCommand) || strings.HasPrefix(fix, "serviceAccounts:") || strings.HasPrefix(fix, roleKey)
}

// applyLetsIn: the trust that irsa.yaml asks for is one for the tokens that the account's
// pods get.
func applyLetsIn(c *chain) bool {
	t, issuer := c.a.entry.Role.Trust, c.in.File.Cluster.Issuer
	return len(t.Subjects) == 0 && (t.Audience == "" || t.Audience == c.audience) &&
		(issuer == "" || strings.TrimPrefix(issuer, "https://") == c.issuer.name) && !c.podIdentity
}

// makeAccount is the entry of irsa.yaml that makes an account which is missing.
func makeAccount(c *chain) string {
	e := c.a.entry
	switch {
	case e != nil && e.Create == "never":
		return inFile(c, "create: auto") + ", which has never: else make the account where it is made\n" + upgrade(c.facts)
	case ours(c):
		return upgrade(c.facts)
	case e != nil || c.in.File == nil:
		return fmt.Sprintf("serviceAccounts:                # irsa.yaml\n- name: %s\n  create: always", asYAML(c.a.name))
	}
	role := "{name: NAME}   # and its policies"
	switch arn, err := spec.ParseRoleARN(known(c)); {
	case err == nil && (c.roles[arn.String()] == nil || c.roles[arn.String()].Tags[tagNamespace] != ""): // helm irsa made it, or is to
		role = fmt.Sprintf("{name: %s, path: %s}   # and its policies", asYAML(arn.Name), asYAML(arn.Path))
	case err == nil:
		role = fmt.Sprintf("{arn: %q}", arn)
	}
	out := fmt.Sprintf("serviceAccounts:                # irsa.yaml: add it again, with the role that it had\n- name: %s\n  role: %s", asYAML(c.a.name), role)
	if len(c.a.pods) == 0 {
		return out
	}
	by := author(c.facts, c.a.pods[0])
	return out + fmt.Sprintf("\n  usedBy: [{workload: {kind: %s, name: %s}}]\n# or, where it went on purpose: serviceAccountName: NAME, of an account that exists, in %s of %s",
		asYAML(orForm(by.from.Kind, "Deployment")), asYAML(orForm(by.from.Name, "NAME")), safe.Text(orForm(by.path, "the pod spec")), safe.Text(by.String()))
}

// known is the role of an account that irsa.yaml has not; empty where nothing names it.
func known(c *chain) string {
	if c.roleARN == "" && c.a.presumed != nil {
		return c.a.presumed.ARN
	}
	return c.roleARN
}

// The tags by which a role of helm-irsa says whose it is
// (pkg/awsiam/owner.go).
const (
	tagNamespace = "helm-irsa.dev/namespace"
	tagRelease   = "helm-irsa.dev/release"
)

// others: the role's tags or its trust say that it is of another namespace or release.
func others(c *chain, r *awsstate.Role) bool {
	tagged := func(tag, own string) bool { return r.Tags[tag] != "" && own != "" && r.Tags[tag] != own }
	if tagged(tagNamespace, orForm(c.in.Namespace, c.a.namespace)) || tagged(tagRelease, c.in.Release) {
		return true
	}
	subjects := subjectsIn(c.facts, r)
	return len(subjects.list) > 0 && c.a.namespace != "" && !subjects.open && !subjects.namespaces[c.a.namespace]
}

// lackedPolicies are the policies that irsa.yaml gives the role and that it has not.
func lackedPolicies(c *chain) []string {
	e := c.a.entry
	if e == nil || e.Role.ARN != "" || c.astray {
		return nil
	}
	if c.podIdentity && c.a.association.RoleARN != c.roleARN { // it is the target role's turn
		return nil
	}
	want := slices.Clone(e.Role.PolicyARNs)
	for _, name := range e.Role.Policies {
		if i := policyNamed(c.facts, name); i >= 0 {
			want = append(want, fmt.Sprintf("arn:%s:iam::%s:policy%s%s", c.parsed.Partition, c.parsed.AccountID, c.in.File.Policies[i].Path, name))
		}
	}
	want = slices.DeleteFunc(want, func(arn string) bool { return slices.Contains(c.role.Attached.List, arn) })
	for _, name := range manifest.SortedKeys(e.Role.InlinePolicies) {
		if !slices.ContainsFunc(c.role.Inline.List, func(d awsstate.NamedDocument) bool { return d.Name == name }) {
			want = append(want, "inline policy "+name)
		}
	}
	return want
}
