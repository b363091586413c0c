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

// ours: irsa.yaml has the service account, and a release is looked at. Then helm irsa makes
// what is wrong right: what is done by hand is undone by the next upgrade, or keeps it from working
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

// oursIs: the role is that one.
func oursIs(c *chain, h holder) bool { return oursInAWS(c) && h.roleARN == c.roleARN }

// wanted is the role that irsa.yaml gives the service account; empty where it gives none, or
// where its ARN is not known.
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

// nameless: irsa.yaml gives the service account a role that it does not name.
func nameless(c *chain) bool {
	return c.a.entry != nil && c.a.object() != nil && !c.podIdentity && c.naming.status != OK && manifest.Text(c.a.annotations(), roleKey) == ""
}

// apply is the command for what is in AWS.
func apply(w *facts) repair { return run{applyCommand(w)} }

func applyCommand(w *facts) *safe.Typed {
	return safe.Irsa("apply", w.in.Release, w.in.Namespace, w.in.Typed)
}

// upgrade is the command for what is in the cluster.
func upgrade(w *facts) repair {
	return run{upgradeCommand(w)}
}

func upgradeCommand(w *facts) *safe.Typed {
	return safe.Type("helm", "irsa", "upgrade").Value(safe.Release, w.in.Release).With("CHART").Maybe("-n", safe.Namespace, w.in.Namespace).FromHelm(w.in.Typed)
}

// upgradeAnew is upgrade, and the commands that make the pods anew where that does not.
func upgradeAnew(c *chain) repair {
	out := several{upgrade(c.facts)}
	if c.a.entry == nil || !c.a.entry.Rollout {
		out = append(out, rollouts(c)...)
	}
	return out
}

// inFile is a change of the service account's entry in irsa.yaml.
func inFile(c *chain, line string) repair {
	return edit(fmt.Sprintf("%s   # irsa.yaml, at serviceAccounts: %s", line, asYAML(orName(c.a.name))))
}

// applyLetsIn: the trust that irsa.yaml asks for is one for the tokens that the service
// account's pods get.
func applyLetsIn(c *chain) bool {
	t, issuer := c.a.entry.Role.Trust, c.in.File.Cluster.Issuer
	return len(t.Subjects) == 0 && (t.Audience == "" || t.Audience == c.audience) &&
		(issuer == "" || strings.TrimPrefix(issuer, "https://") == c.issuer.name) && !c.podIdentity
}

// makeServiceAccount is the entry of irsa.yaml that makes a service account which is missing.
func makeServiceAccount(c *chain) repair {
	e := c.a.entry
	switch {
	case e != nil && e.Create == spec.CreateNever:
		return several{edit(fmt.Sprintf("create: %s   # irsa.yaml, at serviceAccounts: %s, which has %s: else make the service account where it is made", spec.CreateAuto, asYAML(orName(c.a.name)), e.Create)), upgrade(c.facts)}
	case ours(c):
		return upgrade(c.facts)
	case e != nil || c.in.File == nil:
		return edit(fmt.Sprintf("serviceAccounts:                # irsa.yaml\n- name: %s\n  create: %s", asYAML(c.a.name), spec.CreateAlways))
	}
	role := "{name: NAME}   # and its policies"
	switch arn, err := spec.ParseRoleARN(roleOnceGiven(c)); {
	case err == nil && (c.roles[arn.String()] == nil || c.roles[arn.String()].Tags[spec.TagNamespace] != ""): // helm irsa made it, or is to
		role = fmt.Sprintf("{name: %s, path: %s}   # and its policies", asYAML(arn.Name), asYAML(arn.Path))
	case err == nil:
		role = fmt.Sprintf("{arn: %q}", arn)
	}
	out := fmt.Sprintf("serviceAccounts:                # irsa.yaml: add it again, with the role that it had\n- name: %s\n  role: %s", asYAML(c.a.name), role)
	if len(c.a.pods) == 0 {
		return edit(out)
	}
	by := author(c.facts, c.a.pods[0])
	return edit(out + fmt.Sprintf("\n  usedBy: [{workload: {kind: %s, name: %s}}]\n# or, where it went on purpose: serviceAccountName: NAME, of a service account that exists, in %s of %s",
		asYAML(orForm(by.from.Kind, "Deployment")), asYAML(orForm(by.from.Name, "NAME")), safe.Text(orForm(by.path, "the pod spec")), safe.Text(by.String())))
}

// roleOnceGiven is the role of a service account that irsa.yaml has not; empty where nothing
// names it.
func roleOnceGiven(c *chain) string {
	if c.roleARN == "" && c.a.presumed != nil {
		return c.a.presumed.ARN
	}
	return c.roleARN
}

// others: the role's tags or its trust say that it is of another namespace or release.
func others(c *chain, r *awsstate.Role) bool {
	tagged := func(tag, own string) bool { return r.Tags[tag] != "" && own != "" && r.Tags[tag] != own }
	if tagged(spec.TagNamespace, orForm(c.in.Namespace, c.a.namespace)) || tagged(spec.TagRelease, c.in.Release) {
		return true
	}
	subjects := subjectsIn(c.facts, r)
	return len(subjects.list) > 0 && c.a.namespace != "" && !subjects.open && !subjects.namespaces[c.a.namespace]
}

// lackedPolicies are the policies that irsa.yaml gives the role and that it has not.
func lackedPolicies(c *chain, h holder) []string {
	e := c.a.entry
	if e == nil || e.Role.ARN != "" || c.naming.astray {
		return nil
	}
	if c.podIdentity && c.association.RoleARN != h.roleARN { // it is the target role's turn
		return nil
	}
	want := slices.Clone(e.Role.PolicyARNs)
	for _, name := range e.Role.Policies {
		if i := policyNamed(c.facts, name); i >= 0 {
			want = append(want, fmt.Sprintf("arn:%s:iam::%s:policy%s%s", h.parsed.Partition, h.parsed.AccountID, c.in.File.Policies[i].Path, name))
		}
	}
	want = slices.DeleteFunc(want, func(arn string) bool { return slices.Contains(h.role.Attached.List, arn) })
	for _, name := range manifest.SortedKeys(e.Role.InlinePolicies) {
		if !slices.ContainsFunc(h.role.Inline.List, func(d awsstate.NamedDocument) bool { return d.Name == name }) {
			want = append(want, "inline policy "+name)
		}
	}
	return want
}
