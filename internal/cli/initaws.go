package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/draft"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// connector opens AWS.
type connector func(context.Context, awsiam.Release, awsiam.Options) (*awsiam.Session, error)

// readAWS reads what AWS has of the roles that were found, and the Pod Identity associations of
// the service accounts. What cannot be read is told; roles of kiam cannot do without.
func (w *world) readAWS(o *initOptions) error {
	kiam := slices.ContainsFunc(w.subjects, func(s *subject) bool { return s.hadKiam != "" && s.role == nil && !w.granted(o.grants, s) })
	if !kiam && !w.hasRoles() && w.cluster.name() == "" {
		return nil // nobody would know whose associations to ask for
	}
	state, err := o.awsState(w)
	if err != nil {
		if err := o.sys.context().Err(); err != nil {
			return err
		}
		o.sys.unread("what AWS has of this release", err)
		if kiam {
			return faults.Hinted(fmt.Errorf("the roles of kiam's annotations have to be read from AWS: %s", faults.FirstLine(err)),
				"give credentials that may read IAM; or new roles: --grant SERVICEACCOUNT=ENTRY, of helm irsa catalog")
		}
		return nil
	}
	for _, s := range w.subjects {
		if err := w.take(o, s, state); err != nil {
			return err
		}
	}
	return nil
}

// granted: one of the grants, as they were given, is for the service account.
func (w *world) granted(grants []string, s *subject) bool {
	return slices.ContainsFunc(grants, func(g string) bool {
		called, _, _ := strings.Cut(g, "=")
		return w.subject(called) == s
	})
}

// awsState is what AWS has of the roles that were found, in the AWS account of the credentials.
func (o *initOptions) awsState(w *world) (*awsstate.State, error) {
	ctx := o.sys.context()
	opened := func(d *draft.Draft) (*awsiam.Session, error) {
		d.Cluster = w.cluster.known
		text, err := d.YAML()
		if err != nil {
			return nil, err
		}
		file, err := spec.Parse("irsa.yaml", text)
		if err != nil {
			return nil, err
		}
		return o.connect(ctx, awsiam.Release{File: file, Name: o.options.Release, Namespace: w.chart.Namespace}, awsiam.Options{Trace: tracer(o.sys)})
	}
	s, err := opened(&draft.Draft{})
	if err != nil {
		return nil, withoutFile(err)
	}
	account, partition := s.Facts().Account, s.Facts().Partition
	if w.cluster.said.Name != "" { // no kubeconfig says it to the next command
		w.cluster.said.AccountID = cmp.Or(w.cluster.said.AccountID, account)
	}
	d := &draft.Draft{}
	for _, sub := range w.subjects {
		if sub.hadKiam != "" && !strings.HasPrefix(sub.hadKiam, "arn:") {
			// kiam and kube2iam join a bare name to a base ARN; a path may stand before it.
			sub.hadKiam = fmt.Sprintf("arn:%s:iam::%s:role/%s", partition, account, strings.TrimPrefix(sub.hadKiam, "/"))
		}
		arn := sub.hadKiam
		if sub.role != nil {
			arn = sub.role.ARN
		}
		// Of other AWS accounts nobody said how they are reached.
		if role, err := spec.ParseRoleARN(arn); err == nil && role.AccountID == account {
			d.ServiceAccounts = append(d.ServiceAccounts, draft.ServiceAccount{Name: sub.name, Namespace: sub.namespace, Role: draft.Role{ARN: arn}})
		}
	}
	if s, err = opened(d); err != nil {
		return nil, withoutFile(err)
	}
	taken, err := s.Snapshot(ctx)
	if err != nil {
		return nil, withoutFile(err)
	}
	for _, f := range taken.Unread {
		o.sys.unread("what AWS has of this release", f.WithoutFile())
	}
	return taken.State, nil
}

// take takes what AWS says of one service account.
func (w *world) take(o *initOptions, s *subject, state *awsstate.State) error {
	for _, a := range state.Associations.List {
		if a.Namespace != s.namespace || a.ServiceAccount != s.name || a.RoleARN == "" {
			continue
		}
		if madeFor(a.Tags, o.options.Release, w.chart.Namespace) {
			return known(s, "association", o.options.Release)
		}
		s.mode = spec.ModePodIdentity
		if s.role != nil && s.role.ARN == a.RoleARN {
			s.mode = spec.ModeBoth
		}
		s.role, s.from = &draft.Role{ARN: a.RoleARN}, "It has this role already, by a Pod Identity association."
		s.adopt = append(s.adopt, "association/"+s.namespace+"/"+s.name)
	}
	if s.role != nil {
		role := findRole(state, s.role.ARN)
		switch {
		case role != nil && madeFor(role.Tags, o.options.Release, w.chart.Namespace):
			return known(s, "role "+role.Name, o.options.Release)
		case role == nil && w.lacks(state, s.role.ARN):
			o.sys.unread(fmt.Sprintf("what role service account %s/%s is to have", s.namespace, s.name), fmt.Errorf("AWS has no role %s, which its annotation names", s.role.ARN))
			s.role = nil
		}
		return nil
	}
	if s.hadKiam == "" || w.granted(o.grants, s) {
		return nil
	}
	return w.takeKiam(s, state)
}

// lacks reports whether the role is surely not there.
func (w *world) lacks(state *awsstate.State, arn string) bool {
	role, err := spec.ParseRoleARN(arn)
	return err == nil && state.Roles.Read && role.AccountID == state.Account && (state.Accounts == nil || state.Accounts[role.AccountID].Roles)
}

// known is for what helm irsa made: an irsa.yaml that says less would take it away.
func known(s *subject, what, release string) error {
	return faults.Hinted(fmt.Errorf("service account %s/%s has its %s by an irsa.yaml of release %s already", s.namespace, s.name, what, release),
		"take that irsa.yaml, as from git; a new one would change or delete what it made")
}

func madeFor(tags map[string]string, release, namespace string) bool {
	return tags[spec.TagRelease] == release && tags[spec.TagNamespace] == namespace
}

func findRole(state *awsstate.State, arn string) *awsstate.Role {
	for i := range state.Roles.List {
		if state.Roles.List[i].ARN == arn {
			return &state.Roles.List[i]
		}
	}
	return nil
}

// takeKiam makes the role of kiam's annotation the service account's: with the policies that it
// has, since those that irsa.yaml does not list are detached.
func (w *world) takeKiam(s *subject, state *awsstate.State) error {
	again := "say what it gets: --grant " + safe.Word(s.called+"=ENTRY") + ", of helm irsa catalog"
	role := findRole(state, s.hadKiam)
	if role == nil || !role.Attached.Read || !role.Inline.Read {
		return faults.Hinted(fmt.Errorf("service account %s/%s: role %s of kiam's annotation cannot be read from AWS account %s", s.namespace, s.name, s.hadKiam, state.Account), "%s", again)
	}
	out := &draft.Role{Name: role.Name, Path: role.Path, Boundary: role.Boundary, PolicyARNs: role.Attached.List, Inline: map[string][]byte{}}
	if n := role.MaxSession; n != 0 && n != 3600 { // irsa.yaml's default
		out.MaxSession = fmt.Sprintf("%ds", n)
	}
	for _, p := range role.Inline.List {
		out.Inline[p.Name] = []byte(p.Document.Text())
	}
	s.role, s.kiam, s.from = out, true, "kiam gave it this role; its policies are those that it has."
	s.adopt = append(s.adopt, "role/"+role.Name)
	return nil
}
