package awsiam

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// wanting builds what is desired and collects what is wrong on the way.
type wanting struct {
	file    *spec.File
	release Release
	facts   Facts
	leaving bool
	out     *desired
	faults  []spec.Fault
	// used are the AWS accounts that a policy of the file is needed in, by its name.
	used map[string]map[string]bool
	// tokens are the AWS accounts and audiences of the roles that trust tokens.
	arns   map[string]bool // of the roles that the file makes
	tokens []struct{ account, audience string }
	// pods are the service accounts that get a role by EKS Pod Identity.
	pods []podUse
}

// fault notes what is wrong at a place; file is the one of several that it is in.
func (w *wanting) fault(at place, field, hint, format string, args ...any) {
	line, column := at.line, at.column
	w.faults = append(w.faults, spec.Fault{
		File: at.file, Line: max(line, 1), Column: max(column, 1), Field: field, Message: fmt.Sprintf(format, args...), Hint: hint,
	})
}

// place is where something stands: a line and column of one of the files.
type place struct {
	file         string
	line, column int
}

// placeIn is where what stands at a column of a document's JSON was read from.
func (w *wanting) placeIn(doc spec.Document, column int) place {
	var at place
	at.file, at.line, at.column = doc.Position(column)
	return at
}

// serviceAccounts wants the roles and associations of the service accounts.
func (w *wanting) serviceAccounts() {
	w.used = map[string]map[string]bool{}
	if err := w.file.CheckRoleNames(w.release.Namespace); err != nil {
		w.addErr(err)
	}
	w.arns = map[string]bool{}
	for i := range w.file.ServiceAccounts {
		a := w.account(i)
		arn := a.sa.Role.ARN
		if arn == "" {
			if name, err := w.file.RoleName(a.sa, a.namespace); err == nil {
				arn = a.arnOf(name)
				w.arns[arn] = true
			}
		}
		if a.sa.UsesPodIdentity() && arn != "" && a.namespace != "" {
			w.pods = append(w.pods, podUse{a.sa, a.namespace, arn})
		}
	}
	for i := range w.file.ServiceAccounts {
		w.account(i).want()
	}
}

func (w *wanting) account(i int) *wantingAccount {
	sa := w.file.ServiceAccounts[i]
	return &wantingAccount{wanting: w, sa: sa, at: fmt.Sprintf("serviceAccounts[%d]", i), namespace: sa.NamespaceIn(w.release.Namespace)}
}

func (w *wanting) addErr(err error) {
	var list *spec.FaultList
	if errors.As(err, &list) {
		w.faults = append(w.faults, list.Faults...)
		return
	}
	w.fault(place{}, "", "", "%v", err)
}

// wantingAccount is one entry of serviceAccounts.
type wantingAccount struct {
	wanting   *wanting
	sa        spec.ServiceAccount
	namespace string
	at        string // serviceAccounts[0]
}

func (a *wantingAccount) problem(field, hint, format string, args ...any) {
	a.wanting.fault(place{a.sa.File, a.sa.Line, a.sa.Column}, a.at+"."+field, hint, format, args...)
}

func (a *wantingAccount) want() {
	if a.namespace == "" {
		a.problem("namespace", "add -n NAMESPACE, or write it there", "the namespace of service account %s is not known", a.sa.Name)
		return
	}
	arn, name := a.sa.Role.ARN, ""
	if arn != "" {
		a.wanting.out.Given = append(a.wanting.out.Given, arn)
	} else {
		var ok bool
		if arn, name, ok = a.roleARN(); !ok {
			return
		}
		a.role(arn, name)
	}
	a.wanting.out.Identities = append(a.wanting.out.Identities, Identity{a.namespace, a.sa.Name, arn})
	if a.sa.UsesPodIdentity() {
		a.association(arn)
	}
}

// roleARN is the ARN that the role has or will have.
func (a *wantingAccount) roleARN() (arn, name string, ok bool) {
	name, err := a.wanting.file.RoleName(a.sa, a.namespace)
	if err != nil {
		a.problem("role", "", "%v", err)
		return "", "", false
	}
	return a.arnOf(name), name, true
}

func (a *wantingAccount) arnOf(name string) string {
	return spec.RoleARN{Partition: a.wanting.facts.Partition, AccountID: a.roleAccount(), Path: a.sa.Role.Path, Name: name}.String()
}

func (a *wantingAccount) roleAccount() string {
	if a.sa.Role.AccountID != "" {
		return a.sa.Role.AccountID
	}
	return a.wanting.facts.Account
}

func (a *wantingAccount) role(arn, name string) {
	r := a.sa.Role
	role := wantedRole{
		Account: a.roleAccount(), Name: name, Path: r.Path, ARN: arn, Description: r.Description, Boundary: r.PermissionsBoundary,
		MaxSession: int32(r.MaxSessionDuration.Seconds()), Tags: a.wanting.out.Owner.roleTags(arn, r.Tags), For: a.namespace + "/" + a.sa.Name,
		SharedWith: r.SharedWith, Derived: r.Name == "",
	}
	maps.Copy(role.Tags, consentTags(r.SharedWith))
	a.attachments(&role)
	if a.sa.Mode != spec.ModePodIdentity {
		a.wanting.tokens = append(a.wanting.tokens, struct{ account, audience string }{role.Account, r.Trust.Audience})
	}
	if !a.wanting.leaving {
		a.trust(&role)
		a.inline(&role)
	}
	a.wanting.out.Roles = append(a.wanting.out.Roles, role)
}

// trust builds the statements: one for each issuer, one for Pod Identity, further ones.
func (a *wantingAccount) trust(role *wantedRole) {
	t := trust.Trust{Audience: a.sa.Role.Trust.Audience, Subjects: a.sa.Role.Trust.Subjects}
	if len(t.Subjects) == 0 {
		t.Subjects = []string{spec.Subject(a.namespace, a.sa.Name)}
	}
	if a.sa.Mode != spec.ModePodIdentity {
		for _, issuer := range a.wanting.facts.Issuers {
			t.Issuers = append(t.Issuers, trust.Issuer{URL: issuer, ProviderARN: trust.ProviderARN(a.wanting.facts.Partition, role.Account, issuer)})
		}
	}
	if t.Pods = a.podsOf(role.ARN, t.Subjects); t.Pods == nil && a.sa.UsesPodIdentity() {
		return // why there can be no association is told there
	}
	first := t
	t.Sources = a.wanting.sourcesOf(role.ARN)
	if !a.mayEnter(role.Account) {
		return
	}
	for i, s := range a.sa.Role.Trust.Also {
		if !a.conditions(s.Conditions, fmt.Sprintf("%s.role.trust.also[%d].conditions", a.at, i)) {
			return
		}
		also := trust.Also{Principals: s.Principals, Actions: s.Actions, Conditions: string(s.Conditions.JSON())}
		t.Also = append(t.Also, also.WithSelf(role.ARN))
		if without, ok := a.withoutNew(also); ok {
			first.Also = append(first.Also, without)
		}
	}
	var err, firstErr error
	role.Trust, err = t.Statements()
	role.TrustFirst, firstErr = first.Statements()
	if err = errors.Join(err, firstErr); err != nil {
		a.problem("role.trust", "", "%s", strings.ReplaceAll(err.Error(), "\n", "; "))
		return
	}
	whole, err := trust.Merge(trust.Document{}, a.wanting.out.Owner.trust(), role.Trust)
	if err == nil {
		err = whole.Check()
	}
	if err != nil {
		a.problem("role.trust", "", "%v", err)
	}
}

// conditions reports what is wrong in the conditions of a further statement, with the
// place in irsa.yaml. They are looked at in a statement that has no other fault.
func (a *wantingAccount) conditions(doc spec.Document, field string) bool {
	if doc.IsZero() {
		return true
	}
	before := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Condition":`
	d, err := trust.Parse(before + string(doc.JSON()) + "}]}")
	if err == nil {
		err = d.Check()
	}
	var faults trust.Faults
	errors.As(err, &faults)
	for _, f := range faults {
		a.wanting.fault(a.wanting.placeIn(doc, f.Column-len(before)), field, "", "%s", f.Message)
	}
	return err == nil
}

// withoutNew is a further statement without the roles of this file, the role itself
// among them: they may not exist yet when the role is created.
func (a *wantingAccount) withoutNew(also trust.Also) (trust.Also, bool) {
	principals := map[string][]string{}
	for t, ids := range also.Principals {
		principals[t] = slices.Clone(ids)
		for i, id := range ids {
			if t == "AWS" && a.wanting.arns[id] {
				principals[t][i] = trust.Self
			}
		}
	}
	also.Principals = principals
	return also.WithoutSelf()
}

func (a *wantingAccount) attachments(role *wantedRole) {
	for _, name := range a.sa.Role.Policies {
		role.Attached = append(role.Attached, a.wanting.use(name, role.Account))
	}
	role.Attached = append(role.Attached, a.sa.Role.PolicyARNs...)
	if !a.wanting.leaving {
		for i, arn := range a.sa.Role.PolicyARNs {
			a.ofPartition(fmt.Sprintf("role.policyARNs[%d]", i), arn)
		}
		a.ofPartition("role.permissionsBoundary", a.sa.Role.PermissionsBoundary)
	}
	slices.Sort(role.Attached)
	role.Attached = slices.Compact(role.Attached)
}

// use notes that a policy of the file is needed in an AWS account, and gives its ARN there.
func (w *wanting) use(name, account string) string {
	for _, p := range w.file.Policies {
		if p.Name == name {
			if w.used[name] == nil {
				w.used[name] = map[string]bool{}
			}
			w.used[name][account] = true
			return w.policyARN(p, account)
		}
	}
	return "" // spec has refused a name that is not there
}

func (w *wanting) policyARN(p spec.Policy, account string) string {
	return fmt.Sprintf("arn:%s:iam::%s:policy%s%s", w.facts.Partition, account, p.Path, p.Name)
}

func (a *wantingAccount) inline(role *wantedRole) {
	for _, name := range sortedKeys(a.sa.Role.InlinePolicies) {
		doc := a.sa.Role.InlinePolicies[name]
		if d, ok := a.wanting.permissions(doc, a.at+".role.inlinePolicies."+name); ok {
			if role.Inline == nil {
				role.Inline = map[string]trust.Document{}
			}
			role.Inline[name] = d
		}
	}
	a.targets(role)
}

// permissions reads a policy document. What is wrong in it is reported with the place
// in irsa.yaml or in the policy's own file.
func (w *wanting) permissions(doc spec.Document, field string) (trust.Document, bool) {
	d, err := trust.ParsePermissions(string(doc.JSON()))
	if err == nil {
		err = d.CheckPermissions()
	}
	if err == nil && !w.leaving {
		err = w.elsewhere(d)
	}
	if err == nil {
		return d, true
	}
	var faults trust.Faults
	if !errors.As(err, &faults) {
		w.fault(place{}, field, "", "%v", err)
	}
	for _, f := range faults {
		at, message := w.placeIn(doc, f.Column), f.Message
		if at.file != "" && at.file != w.file.Path && !slices.Contains(w.file.Paths, at.file) { // a policy's own
			message = fmt.Sprintf("%s:%d:%d: %s", at.file, at.line, at.column, message)
			at = place{}
		}
		w.fault(at, field, "", "%s", message)
	}
	return d, false
}

// elsewhere finds resources of another partition than the cluster's: IAM keeps them, and no
// request is about them
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html, "partition").
func (w *wanting) elsewhere(d trust.Document) error {
	var out trust.Faults
	for _, s := range d.Statements() {
		resources, _ := s.Resources()
		for _, r := range resources {
			partition := partitionOfARN(r)
			if partition == "" || partition == w.facts.Partition || strings.ContainsAny(partition, "*?$") {
				continue
			}
			before, _, _ := strings.Cut(d.Text(), r) // escapes hide none of the characters that ARNs are made of
			out = append(out, trust.Fault{Line: 1, Column: utf8.RuneCountInString(before) + 1, Message: fmt.Sprintf("resource %s is of partition %s, and the cluster of %s: no request would be about it", r, partition, w.facts.Partition)})
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// ofPartition reports a policy or boundary that is named by an ARN of another partition.
func (a *wantingAccount) ofPartition(field, arn string) {
	if partition := partitionOfARN(arn); arn != "" && partition != a.wanting.facts.Partition {
		a.problem(field, "name one of partition "+a.wanting.facts.Partition, "%s is of partition %s, and the role would be of %s", arn, partition, a.wanting.facts.Partition)
	}
}
