package verify

import (
	"fmt"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
	"github.com/helm-irsa/helm-irsa/pkg/verify/hints"
)

// checkTrust asks the role's trust policy for the pods' token, or for EKS's request.
func checkTrust(c *chain, r *result) { triedTrust(c, r, judgeTrust(c, r)) }

// judgeTrust gives what the policy's answer depends on and nobody knows; empty where it is known.
func judgeTrust(c *chain, r *result) (undecided string) {
	switch {
	case c.roleARN == "":
		r.set(Unknown, "the role is not known")
	case !c.wellFormed:
		r.set(Unknown, "the role's ARN is not one")
	case !c.snapshot.Roles.Read:
		r.set(Unknown, "the roles were not looked at")
	case c.role == nil:
		roleMissing(c, r)
	case c.role.Trust == nil:
		r.set(Unknown, "the trust policy of "+c.roleARN+" was not looked at")
	case c.podIdentity:
		checkPodIdentityTrust(c, r)
	case unusable(c) != "":
		r.set(Unknown, "AWS cannot know the cluster's issuer: see there")
	default:
		checkSession(c, r)
		undecided = diagnose(&diagnosis{chain: c, subject: c.a.key}, r)
		presumedRegion(c, r)
	}
	return undecided
}

// presumedRegion: the issuer is known from the trust policy alone, and is of another
// region than the cluster.
func presumedRegion(c *chain, r *result) {
	m := eksIssuer.FindStringSubmatch(c.issuer.name)
	if c.issuer.known || m == nil || c.snapshot.Region == "" || m[1] == c.snapshot.Region || spec.PartitionOf(m[1]) != spec.PartitionOf(c.snapshot.Region) {
		return
	}
	right := strings.Replace(c.issuer.name, m[1], c.snapshot.Region, 1)
	r.add(found(codeIssuerRegionMismatch, c.holder.String(), fmt.Sprintf("the trust policy of %s has issuer %s; the cluster is in region %s", c.holder.String(), difference(c.issuer.name, right), c.snapshot.Region),
		byApply{c, run{safe.Type("aws", "eks", "describe-cluster").Flag("--name", safe.Cluster, c.snapshot.Cluster.Name).Flag("--region", safe.Region, c.snapshot.Region).
			With("--query", "cluster.identity.oidc.issuer").Note("put that into the provider's ARN and the condition keys")}}))
}

// roleMissing: AWS has no role of that ARN.
func roleMissing(c *chain, r *result) {
	if !readAccount(c.facts, c.parsed.AccountID) {
		r.set(Unknown, "AWS account "+c.parsed.AccountID+" was not read")
		inOwnAccount(c, r)
		return
	}
	message := fmt.Sprintf("AWS account %s has no role %s", c.parsed.AccountID, strings.TrimPrefix(c.parsed.Path+c.parsed.Name, "/"))
	own := c.a.entry != nil && c.a.entry.Role.ARN == ""
	fix := apply(c.facts)
	if !own {
		fix = run{createRole(c)}
	}
	if other, seen := meantRole(c); other != nil && !own {
		message, fix = message+seen, giveRole(c, other.ARN)
		if c.a.entry != nil {
			fix = several{inFile(c, fmt.Sprintf("role: {arn: %q}", other.ARN)), upgradeAnew(c)}
		}
	}
	r.add(found(codeRoleMissing, c.holder.String(), message, fix))
}

// giveRole is the command that gives the service account the role: by its association, where that
// is what counts, else by its annotation.
func giveRole(c *chain, arn string) repair {
	if c.a.association == nil {
		return annotate{of: c, arn: arn}
	}
	return run{safe.Type("aws", "eks", "update-pod-identity-association").Flag("--cluster-name", safe.Cluster, c.snapshot.Cluster.Name).
		Flag("--association-id", safe.Association, c.a.association.ID).Flag("--role-arn", safe.RoleARN, arn)}
}

// inOwnAccount: the role's AWS account was not read, and the cluster's own has a role of the
// same path and name that trusts the service account: the ARN may have the wrong AWS account.
func inOwnAccount(c *chain, r *result) {
	meant := c.parsed
	meant.AccountID = c.snapshot.Account
	role := c.roles[meant.String()]
	if role == nil || role.Trust == nil || !trusts(c, role) {
		return
	}
	r.add(found(codeRoleMissing, c.holder.String(), fmt.Sprintf("AWS account %s was not read; the cluster's, %s, has %s, which trusts %s", c.parsed.AccountID, meant.AccountID, role.ARN, c.a),
		giveRole(c, role.ARN)).as(Warning).because("A role is found by the AWS account in its ARN: STS refuses one that is not there, as one that may not be assumed."))
}

// trusts: the role's trust policy lets in the service account's token.
func trusts(c *chain, r *awsstate.Role) bool { return letsInto(c, r, c.audience) }

// tokenRequest is what STS is asked with a token of the subject, for a role.
func tokenRequest(c *chain, r *awsstate.Role, provider string, subject key) trust.Request {
	return trust.WebIdentity(trust.Token{
		Issuer: c.issuer.name, ProviderARN: provider, Subject: subject.subject(), Audiences: []string{c.audience},
	}).OfRole(r.ARN, r.Tags)
}

// meantRole finds the role that was meant: one of nearly that name, else one whose trust
// policy names the service account in full; never one that is of another namespace or release.
func meantRole(c *chain) (meant *awsstate.Role, seen string) {
	for _, r := range likeRoles(c.facts, c.parsed.Name, c.roleARN) {
		if others(c, r) {
			continue
		}
		longer := len(r.ARN) - len(c.roleARN)
		if strings.HasSuffix(r.ARN, "/"+c.parsed.Name) || max(longer, -longer) <= 2 && near(r.ARN, c.roleARN) {
			return r, "; it has " + difference(r.ARN, c.roleARN)
		}
	}
	if r := c.trusting[c.a.key]; r != nil && !others(c, r) {
		return r, fmt.Sprintf("; role %s trusts the service account", r.ARN)
	}
	return nil, ""
}

// createRole is the command that makes the role, for those who have no irsa.yaml.
func createRole(c *chain) *safe.Typed {
	out := safe.Type("aws", "iam", "create-role").Flag("--role-name", safe.RoleName, c.parsed.Name)
	if c.parsed.Path != "/" {
		out.Flag("--path", safe.IAMPath, c.parsed.Path)
	}
	out.Uses(safe.Issuer, c.issuer.name).Uses(safe.Audience, c.audience).Uses(safe.Namespace, c.a.namespace).Uses(safe.ServiceAccount, c.a.name)
	return out.Given("--assume-role-policy-document", fmt.Sprintf(`{"Version":"2012-10-17","Statement":[%s]}`, textOf(statement(&diagnosis{chain: c}).steps())))
}

// checkSession holds the session that is asked for against the role's longest.
func checkSession(c *chain, r *result) {
	if c.role.MaxSession == 0 {
		return
	}
	for _, p := range c.a.pods {
		for _, ct := range p.containers() {
			for _, name := range []string{"AWS_ROLE_DURATION_SECONDS", "AWS_ROLE_SESSION_DURATION", "AWS_ASSUME_ROLE_DURATION", "ASSUME_ROLE_DURATION_SECONDS"} {
				if v, ok := ct.env(name); ok {
					session(c, r, p.String()+", "+ct.label()+", "+name, v.value, p.from.Where)
				}
			}
		}
	}
	for _, h := range sessionHints(c) {
		if h.Kind == hints.Duration {
			session(c, r, h.from.String()+" at "+h.Path, h.Value, h.from.Where)
		}
		if h.Kind == hints.Profile {
			for _, p := range profiles(h.Value) {
				if v := p.fields["duration_seconds"]; v != "" && (p.fields["role_arn"] == c.roleARN || len(c.order) == 1) {
					session(c, r, h.from.String()+", profile "+p.name, v, h.from.Where)
				}
			}
		}
	}
}

func session(c *chain, r *result, where, value, at string) {
	seconds := parseSeconds(value)
	if seconds <= c.role.MaxSession {
		return
	}
	r.add(found(codeSessionDurationTooLong, c.holder.String(), fmt.Sprintf("%s asks for %d seconds; %s gives at most %d", where, seconds, c.holder.String(), c.role.MaxSession),
		longerSession{c, min(seconds, 43200)}).at(at))
}

// mine reports whether what is said on an object may be about this service account, which is the
// only one with a chain: the object has pods of the service account, or none of any.
func mine(c *chain, from *manifest.Object) bool {
	none := true
	for _, p := range c.index.podsFrom[from] {
		if p.account == c.a.key {
			return true
		}
		none = none && p.account == (key{})
	}
	return none
}
