package awsiam

import (
	"fmt"
	"slices"
	"strings"
)

// association judges an association with our tags. What proves them is its role: see
// associationLeftovers.
func (j *leftoverJudge) association(in NamedCluster, a *seenAssociation) {
	o, named := ownerOf(a.Tags)
	if !named {
		return
	}
	name := a.Namespace + "/" + a.ServiceAccount
	l := Leftover{Type: TypeAssociation, Name: name, ARN: a.ARN, Account: in.Account, Created: a.Created, association: a, in: in}
	j.add(l, o, func() verdict {
		role := j.roleOf(a.RoleARN)
		of := j.release(o)
		seen := j.proof.Clusters[in.Key]
		switch {
		case a.Tags[tagAdopted] != "":
			return stays(Adopted, "it was there before helm-irsa; helm irsa destroy releases it")
		case role == nil || !o.keeps(role):
			return stays(Unproven, "its role does not prove its tags")
		case !isGone(of):
			return of
		case seen == nil:
			v, _ := j.cluster(in)
			return v
		case slices.ContainsFunc(seen.Accounts, func(s SeenAccount) bool { return s.Namespace == a.Namespace && s.Name == a.ServiceAccount }):
			return stays(InUse, "service account %s is in cluster %s", name, in)
		case seen.Pods[name]:
			return stays(InUse, "pods of cluster %s run as service account %s, which is gone", in, name)
		}
		if v := j.recent(a.Created, lastUse(role)); v != (verdict{}) { // its pods use the role
			return v
		}
		return of
	}())
}

// roleOf is the role of an ARN, where its AWS account was read.
func (j *leftoverJudge) roleOf(arn string) *seenRole {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || j.inv.seen.Accounts[parts[4]] == nil {
		return nil
	}
	role := j.inv.seen.Accounts[parts[4]].role(nameOfARN(arn))
	if role == nil || role.ARN != arn {
		return nil
	}
	return role
}

// policy judges a policy with our tags. It goes where its release does and nothing has it that
// stays.
func (j *leftoverJudge) policy(a *seenAccount, p *seenPolicy) {
	o, named := ownerOf(p.Tags)
	if !named {
		return
	}
	l := Leftover{Type: TypePolicy, Name: p.Name, ARN: p.ARN, Account: a.ID, Created: p.defaultVersion().created(), policy: p}
	j.add(l, o, func() verdict {
		switch {
		case p.Tags[tagAdopted] != "":
			return stays(Adopted, "it was there before helm-irsa; helm irsa destroy releases it")
		case !o.made(p):
			return stays(Unproven, "its description does not say that it was made for this release")
		}
		of := j.release(o)
		if !isGone(of) {
			return of
		}
		if by := j.usersOf(a, p); by != "" {
			return stays(Shared, "something that stays has it: %s", by)
		}
		// Of a policy AWS tells no use, and it is only as old as what it is on: that was judged.
		if v := j.younger(l.Created, j.proof.OlderThan, "written"); v != (verdict{}) {
			return v
		}
		return of
	}())
}

// usersOf says in words what has a policy and stays; empty where nothing does.
func (j *leftoverJudge) usersOf(a *seenAccount, p *seenPolicy) string {
	attached, bounds := p.Attached, p.Boundaries
	for _, name := range sortedKeys(a.Roles) {
		role := a.Roles[name]
		on, bound := slices.Contains(role.Attached, p.ARN), role.Boundary == p.ARN
		if !on && !bound {
			continue
		}
		if !j.going[role.ARN] {
			return "role " + role.Name
		}
		if on {
			attached--
		}
		if bound {
			bounds--
		}
	}
	switch {
	case attached > 0:
		return fmt.Sprintf("%d users or groups", attached)
	case bounds > 0:
		return fmt.Sprintf("%d permissions boundaries", bounds)
	}
	return ""
}

// provider judges an OIDC provider with our tags. It belongs to all releases of its cluster, so it
// goes only where the user says that the issuer is gone for good, and no role that stays trusts it.
func (j *leftoverJudge) provider(a *seenAccount, p *seenProvider) {
	o, named := ownerOf(p.Tags)
	if !named {
		return
	}
	name := nameOfProvider(p.ARN)
	l := Leftover{Type: TypeProvider, Name: name, ARN: p.ARN, Account: a.ID, Created: p.Created, provider: p}
	o.Namespace, o.Release = "", "" // whichever release was first made it
	j.add(l, o, func() verdict {
		cluster := j.inv.clusterOf(name)
		if p.Tags[tagAdopted] != "" {
			return stays(Adopted, "it was there before helm-irsa; helm irsa destroy --oidc-provider releases it")
		}
		if cluster == nil || !j.proof.Gone[cluster.Key] {
			return stays(InUse, "an OIDC provider is its cluster's; where that is gone for good: --cluster-gone https://%s", name)
		}
		for _, key := range sortedKeys(a.Roles) {
			role := a.Roles[key]
			if doc, err := role.Trust(); (err != nil || namesProvider(doc, p.ARN)) && !j.going[role.ARN] {
				return stays(Shared, "role %s, which stays, trusts it", role.Name)
			}
		}
		if v := j.younger(p.Created, j.proof.OlderThan, "made"); v != (verdict{}) {
			return v
		}
		return verdict{ClusterGone, "the cluster of issuer https://" + name + " is gone"}
	}())
}
