package awsiam

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/helm-irsa/helm-irsa/internal/whichcluster"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// Restoring makes again what a Backup holds. What is there by then is left as it is where it is the
// same, or a beginning of the same that an interruption left; where it is another thing of that
// name, nothing at all is written.

// Restore is what is to be made of a Backup.
type Restore struct {
	// Changes are what is made, Same how many things are there already.
	Changes []Change
	Same    int
	// Warnings say who gets in by it that could not, and what is as good as administrator: a file
	// can be written by anybody.
	Warnings []string
	steps    []planned
	seen     *observation
}

// Empty says that all is there.
func (r *Restore) Empty() bool { return len(r.steps) == 0 }

// PlanRestore compares a Backup with AWS. It writes nothing. The error is Faults where something
// stands in the way.
func (f *Fleet) PlanRestore(ctx context.Context, b *Backup) (*Restore, error) {
	p := &restorePlanner{f: f, b: b, out: &Restore{seen: newObserved()}}
	if err := p.read(ctx); err != nil {
		return nil, err
	}
	for _, policy := range b.Policies {
		p.policy(policy)
	}
	for _, provider := range b.Providers {
		p.provider(provider)
	}
	for _, role := range b.Roles {
		p.role(role)
	}
	for _, a := range b.Associations {
		p.association(a)
	}
	return p.out, p.faults.err()
}

// Restore makes what is missing: what needs nothing first, then roles, then what is on them. It may
// be run again after any interruption.
func (f *Fleet) Restore(ctx context.Context, r *Restore, progress Progress) error {
	return f.carryOut(ctx, r.seen, r.steps, progress)
}

// restorePlanner compares; read is all that it asks of AWS.
type restorePlanner struct {
	f      *Fleet
	b      *Backup
	out    *Restore
	faults Faults
	// associations are those of the clusters that the Backup names.
	associations map[ClusterKey][]seenAssociation
}

// accounts are the AWS accounts that the Backup has something of.
func (b *Backup) accounts() []string {
	ids := map[string]bool{}
	for _, r := range b.Roles {
		ids[r.Account] = true
	}
	for _, p := range b.Policies {
		ids[p.Account] = true
	}
	for _, p := range b.Providers {
		ids[p.Account] = true
	}
	for _, a := range b.Associations {
		ids[a.Account] = true
	}
	return sortedKeys(ids)
}

// in is the cluster of an association.
func (a BackupAssociation) in() NamedCluster {
	return NamedCluster{
		Key: ClusterKey{Scope: a.Account + "/" + a.Region, Name: a.Cluster},
		ID:  whichcluster.ID{Name: a.Cluster, Region: a.Region, Account: a.Account},
	}
}

func (p *restorePlanner) read(ctx context.Context) error {
	var jobs []func() error
	for _, id := range p.b.accounts() {
		if !slices.Contains(p.f.accounts, id) {
			p.faults.add("name a profile of it: --aws-profile NAME", "there are no credentials for AWS account %s", id)
			continue
		}
		c, err := p.f.s.in(ctx, id)
		if err != nil {
			return err
		}
		a := newObservedAccount(id)
		p.out.seen.Accounts[id] = a
		jobs = append(jobs, func() error { return c.readDetails(ctx, a, false) }, func() error { return c.listRoles(ctx, "/", a) })
		for _, provider := range p.b.Providers {
			if provider.Account == id {
				jobs = append(jobs, func() error {
					return c.readProvider(ctx, wantedProvider{ARN: provider.ARN, Issuer: provider.Issuer}, a)
				})
			}
		}
	}
	if len(p.faults) > 0 {
		return p.faults
	}
	if err := p.f.s.run(ctx, jobs); err != nil {
		return err
	}
	return p.readMore(ctx)
}

// readMore reads what the first answers lack: tags of policies, policies of others, associations.
func (p *restorePlanner) readMore(ctx context.Context) error {
	var jobs []func() error
	for _, a := range p.out.seen.Accounts {
		a.setSettings()
	}
	for _, want := range p.b.Policies {
		if seen := p.out.seen.Accounts[want.Account].policyByARN(want.ARN); seen != nil {
			c, err := p.f.s.in(ctx, want.Account)
			if err != nil {
				return err
			}
			jobs = append(jobs, func() error { return c.readPolicy(ctx, seen) })
		}
	}
	asked := map[string]bool{}
	for _, r := range p.b.Roles {
		c, err := p.f.s.in(ctx, r.Account)
		if err != nil {
			return err
		}
		for _, arn := range append(slices.Clone(r.Attached), r.Boundary) {
			if arn == "" || asked[arn] || p.restores(arn) || p.out.seen.Accounts[r.Account].policyByARN(arn) != nil {
				continue
			}
			asked[arn] = true
			jobs = append(jobs, func() error { return c.readForeign(ctx, arn, p.out.seen) })
		}
	}
	if err := p.f.s.run(ctx, jobs); err != nil {
		return err
	}
	p.associations = map[ClusterKey][]seenAssociation{}
	for _, a := range p.b.Associations {
		in := a.in()
		if _, known := p.associations[in.Key]; known {
			continue
		}
		found, err := p.f.readAssociations(ctx, in)
		if err != nil {
			return err
		}
		p.associations[in.Key] = found
	}
	return nil
}

func (p *restorePlanner) restores(arn string) bool {
	return slices.ContainsFunc(p.b.Policies, func(b BackupPolicy) bool { return b.ARN == arn })
}

// add plans to make something.
func (p *restorePlanner) add(c Change, steps ...step) {
	p.out.Changes = append(p.out.Changes, c)
	for _, st := range steps {
		p.out.steps = append(p.out.steps, planned{step: st})
	}
}

// conflict is a thing of that name that is another.
func (p *restorePlanner) conflict(what, name, account string, differences []string) {
	p.faults.add("", "%s %s is there in AWS account %s, and is another one: %s; rename or delete it, or take it out of the restore file", what, name, account, strings.Join(differences, ", "))
}

func (p *restorePlanner) policy(want BackupPolicy) {
	seen := p.out.seen.Accounts[want.Account].policy(want.Name)
	if seen == nil {
		p.add(Change{Action: Create, Type: TypePolicy, Name: want.Name, ARN: want.ARN, Account: want.Account}, step{stageBase, want.Account, restorePolicy{want}})
		p.policyWords(want)
		return
	}
	if d := want.differs(seen); d != nil {
		p.conflict("policy", want.Name, want.Account, d)
		return
	}
	p.out.Same++
}

func (want BackupPolicy) differs(seen *seenPolicy) []string {
	return differences(
		difference{"its ARN", seen.ARN == want.ARN},
		difference{"its description", seen.Description == want.Text},
		difference{"its tags", maps.Equal(seen.Tags, want.Tags)},
		difference{"its document", sameDocument(seen.document, want.Document)},
	)
}

// difference is something that two things have, and whether it is the same.
type difference struct {
	what string
	same bool
}

func differences(all ...difference) []string {
	var out []string
	for _, d := range all {
		if !d.same {
			out = append(out, d.what+" differs")
		}
	}
	return out
}

// sameDocument compares documents as JSON: IAM may give one with other spaces than it was given.
func sameDocument(a, b string) bool {
	x, err := compact(decoded(a))
	y, err2 := compact(decoded(b))
	return err == nil && err2 == nil && x == y
}

func compact(text string) (string, error) {
	var v any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return "", err
	}
	out, err := json.Marshal(v)
	return string(out), err
}

func (p *restorePlanner) provider(want BackupProvider) {
	name := nameOfProvider(want.ARN)
	seen := p.out.seen.Accounts[want.Account].Providers[want.ARN]
	if seen == nil {
		p.add(Change{Action: Create, Type: TypeProvider, Name: name, ARN: want.ARN, Account: want.Account},
			step{stageBase, want.Account, restoreProvider{want}})
		p.warn("AWS account %s takes tokens of issuer %s from now on", want.Account, want.Issuer)
		return
	}
	if d := want.differs(seen); d != nil {
		p.conflict("OIDC provider", name, want.Account, d)
		return
	}
	p.out.Same++
}

// differs leaves out thumbprints: IAM may get others itself
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html).
func (want BackupProvider) differs(seen *seenProvider) []string {
	return differences(
		difference{"its audiences", sameSet(seen.Audiences, want.Audiences)},
		difference{"its tags", maps.Equal(seen.Tags, want.Tags)},
	)
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func (p *restorePlanner) role(want BackupRole) {
	for _, arn := range append(slices.Clone(want.Attached), want.Boundary) {
		if exists, asked := p.out.seen.Foreign[arn]; asked && !exists {
			p.faults.add("make that policy first, or take it out of the restore file", "policy %s, which role %s had, does not exist any more", arn, want.Name)
			return
		}
	}
	seen := p.out.seen.Accounts[want.Account].role(want.Name)
	change := Change{Action: Create, Type: TypeRole, Name: want.Name, ARN: want.ARN, Account: want.Account}
	begun := restoreRole{want, p.firstTrust(want)}
	if seen == nil {
		p.add(change, append([]step{{stageRoles, want.Account, begun}}, want.rest(nil, begun)...)...)
		p.roleWords(want)
		return
	}
	if d := begun.differs(seen); d != nil {
		p.conflict("role", want.Name, want.Account, d)
		return
	}
	if steps := want.rest(seen, begun); len(steps) > 0 { // as an interruption leaves it
		change.Action = Update
		p.add(change, steps...)
		return
	}
	p.out.Same++
}

// rest are the steps behind the creation of a role, those that seen does not have done.
func (want BackupRole) rest(seen *seenRole, begun restoreRole) []step {
	var steps []step
	for _, arn := range want.Attached {
		if seen == nil || !slices.Contains(seen.Attached, arn) {
			steps = append(steps, step{stageAttach, want.Account, attach{role: want.Name, roleARN: want.ARN, policy: arn, made: true}})
		}
	}
	for _, name := range sortedKeys(want.Inline) {
		if seen == nil || seen.inline[name] == "" {
			steps = append(steps, step{stageAttach, want.Account, restoreInline{want, name}})
		}
	}
	if seen == nil && begun.first != want.Trust || seen != nil && !sameDocument(seen.trust, want.Trust) {
		steps = append(steps, step{stageTrust, want.Account, restoreTrust{want}})
	}
	return steps
}

// firstTrust is the trust policy that a role is made with: IAM refuses one that names a role which
// does not exist, and so those statements come once all roles are there.
func (p *restorePlanner) firstTrust(want BackupRole) string {
	var doc map[string]json.RawMessage
	var statements []json.RawMessage
	if json.Unmarshal([]byte(want.Trust), &doc) != nil || json.Unmarshal(doc["Statement"], &statements) != nil {
		return want.Trust
	}
	kept := slices.DeleteFunc(slices.Clone(statements), func(s json.RawMessage) bool {
		return slices.ContainsFunc(p.b.Roles, func(r BackupRole) bool { return strings.Contains(string(s), `"`+r.ARN+`"`) })
	})
	if len(kept) == len(statements) || len(kept) == 0 {
		return want.Trust
	}
	doc["Statement"], _ = json.Marshal(kept) // it was read from JSON
	out, err := json.Marshal(doc)
	if err != nil {
		return want.Trust
	}
	return string(out)
}

func (p *restorePlanner) association(want BackupAssociation) {
	name := want.Namespace + "/" + want.ServiceAccount
	for _, a := range p.associations[want.in().Key] {
		if a.Namespace != want.Namespace || a.ServiceAccount != want.ServiceAccount {
			continue
		}
		if d := want.differs(&a); d != nil {
			p.conflict("the Pod Identity association of service account", name, want.Account, d)
		} else {
			p.out.Same++
		}
		return
	}
	p.add(Change{Action: Create, Type: TypeAssociation, Name: name, Account: want.Account}, step{stageAssociations, want.Account, restoreAssociation{want}})
	target := ""
	if want.TargetRoleARN != "" {
		target = ", and with it target role " + want.TargetRoleARN
	}
	p.warn("service account %s of cluster %s gets role %s by EKS Pod Identity%s", name, want.Cluster, want.RoleARN, target)
}

func (want BackupAssociation) settings() associationSettings {
	return associationSettings{TargetRoleARN: want.TargetRoleARN, NoTags: want.NoTags, Policy: want.Policy}
}

func (want BackupAssociation) differs(seen *seenAssociation) []string {
	return differences(
		difference{"its role", seen.RoleARN == want.RoleARN},
		difference{"its settings", seen.same(want.settings())},
		difference{"its tags", maps.Equal(seen.Tags, want.Tags)},
	)
}

// restoreInput is what CreateRole is called with.
func (want BackupRole) input(first string) *iam.CreateRoleInput {
	in := &iam.CreateRoleInput{
		RoleName: &want.Name, Path: new(cmp.Or(want.Path, "/")), AssumeRolePolicyDocument: &first, Tags: tagList(want.Tags),
	}
	if want.MaxSession > 0 {
		in.MaxSessionDuration = &want.MaxSession
	}
	if want.Text != "" {
		in.Description = &want.Text
	}
	if want.Boundary != "" {
		in.PermissionsBoundary = &want.Boundary
	}
	return in
}

// alike reports whether two trust policies let the same in by the same words.
func alike(a, b string) bool {
	x, err := trust.Parse(a)
	y, err2 := trust.Parse(b)
	return err == nil && err2 == nil && trust.Equal(x, y)
}

func (a restoreRole) differs(seen *seenRole) []string {
	want := a.want
	out := differences(
		difference{"its ARN", seen.ARN == want.ARN},
		difference{"its trust policy", sameDocument(seen.trust, want.Trust) || alike(seen.trust, a.first)},
		difference{"its tags", maps.Equal(seen.Tags, want.Tags)},
		difference{"its permissions boundary", seen.Boundary == want.Boundary},
		difference{"its description", !seen.Settings || seen.Description == want.Text},
		difference{"its longest session", !seen.Settings || want.MaxSession == 0 || seen.MaxSession == want.MaxSession},
	)
	for _, arn := range missing(want.Attached, seen.Attached) {
		out = append(out, fmt.Sprintf("it also has policy %s", arn))
	}
	for _, name := range sortedKeys(seen.inline) {
		if !sameDocument(seen.inline[name], want.Inline[name]) {
			out = append(out, fmt.Sprintf("its inline policy %s differs", name))
		}
	}
	return out
}
