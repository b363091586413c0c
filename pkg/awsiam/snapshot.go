package awsiam

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// Snapshot is what verifying needs to know of AWS, in the form of one file. A key that
// is absent was not looked at. One that is present is complete: what it lacks is missing in
// AWS.
//
// Of an AWS account that could not be read the lists tell nothing; of which of several they have
// all, the key "accounts" says.
//
// So RoleDetailList has every role of every AWS account that irsa.yaml has a role in, and
// OpenIDConnectProviders every provider. But only what matters to the release is looked
// into, so that the file stays small and tells nothing of others:
//
//   - All is told of roles that the file names, that the release owns, that an
//     association of the release has, as its role or its target role, and of the nodes'
//     roles. Of others with a trust that lets tokens or EKS Pod Identity in, their trust;
//     of the rest, their names.
//   - Clients, thumbprints and tags are told of the providers of the file's issuers, and of
//     those that the trust of a role of the first kind names.
//   - Policies has those that a role of the first kind has, attached or as its boundary,
//     AWS's own as well: each with its default version only.
//   - podIdentityAssociations has all of the cluster; the role is told of those in the
//     release's namespaces.
//
// What is not told of an object is absent from it, and so it was not looked at either.
// There are no secrets in it: no values of the environment, no tokens, no keys.
type Snapshot struct {
	*awsstate.State
	// Unread are the reasons why keys are absent, or less is told than above.
	Unread []*Fault
}

// Snapshot reads what there is. It writes nothing. What the credentials may not read is
// left out, and named in Unread; all else that goes wrong is the error.
func (s *Session) Snapshot(ctx context.Context) (*Snapshot, error) {
	d, err := want(s.release, s.facts, true)
	if err != nil {
		return nil, err
	}
	c := newCompletion(s, d, newObserved())
	c.allProviders = true
	if err := c.run(ctx); err != nil {
		return nil, err
	}
	return &Snapshot{State: c.state(), Unread: c.unread}, nil
}

// State is what verify needs to know of AWS: of what Plan, PlanDestroy or Pending has read
// and Apply has written since, with what is missing to it read now. With Options.WillVerify
// that is nothing, as a rule. It is Snapshot but for providers: where all that the release
// needs are there, those that nobody here names are left out.
//
// Unread are the reasons why something could not be read.
func (s *Session) State(ctx context.Context) (state *awsstate.State, unread []*Fault, err error) {
	if s.read == nil {
		d, err := want(s.release, s.facts, true)
		if err != nil {
			return nil, nil, err
		}
		s.read = &reading{d, newObserved()}
	}
	c := newCompletion(s, s.read.want, s.read.seen)
	if err := c.run(ctx); err != nil {
		return nil, nil, err
	}
	return c.state(), c.unread, nil
}

// reading is what was read of AWS last, and written since.
type reading struct {
	want *desired
	seen *observation
}

// keep keeps a copy of what was read: a plan is made from it, and must not change.
func keep(s *Session, d *desired, o *observation) {
	if s.read != nil { // of the cluster as a whole nothing was read again
		o = o.withMore(s.read.seen)
	} else {
		o = o.clone()
	}
	s.read = &reading{d, o}
}

// completion reads what an observation lacks for a state.
type completion struct {
	s    *Session
	want *desired
	seen *observation
	// allProviders: all OIDC providers are listed, whether somebody needs them or not.
	allProviders bool
	cluster      awsstate.Cluster
	// issuers are those of the file, without https://.
	issuers map[string]bool
	// full are the ARNs of roles that all is told of, beside the nodes' and the release's.
	full map[string]bool
	// accounts are the AWS accounts that are told of; those without are not complete.
	accounts []string
	without  map[string]*accountGaps

	mu     sync.Mutex // guards unread and without
	unread []*Fault
}

// accountGaps say what of an AWS account could not be read.
type accountGaps struct{ policies, providers bool }

func newCompletion(s *Session, d *desired, o *observation) *completion {
	return &completion{s: s, want: d, seen: o, issuers: map[string]bool{}, full: map[string]bool{}, without: map[string]*accountGaps{}}
}

func (c *completion) run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{c.readCluster, c.readNodes, c.readAssociations, c.readAccounts} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// denied notes what may not be read and reports true, or gives other errors back.
func (c *completion) denied(err error) (bool, error) {
	if !isCode(err, "AccessDenied", "AccessDeniedException", "UnauthorizedOperation") {
		return false, err
	}
	c.note(err)
	return true, nil
}

func (c *completion) note(err error) {
	f := &Fault{Message: err.Error(), cause: err}
	if known, ok := err.(*Fault); ok {
		f.bare = known.bare
	}
	if hinted, ok := err.(interface{ Hint() string }); ok {
		f.hint = strings.Replace(hinted.Hint(), "helm irsa permissions prints", "helm irsa permissions --verify prints", 1)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.ContainsFunc(c.unread, func(had *Fault) bool { return had.Message == f.Message }) {
		c.unread = append(c.unread, f)
	}
}

// reaches reports whether irsa.yaml says how an AWS account is reached.
func (c *completion) reaches(id string) bool {
	_, said := c.s.release.File.Accounts[id]
	return said
}

// needed are the AWS accounts that the file has roles in, and those of target roles where
// they can be reached.
func (c *completion) needed() ([]string, error) {
	ids := map[string]bool{c.s.facts.Account: true}
	for _, identity := range c.want.Identities {
		c.full[identity.RoleARN] = true
		role, err := spec.ParseRoleARN(identity.RoleARN)
		if err != nil {
			return nil, err
		}
		ids[role.AccountID] = true
	}
	for _, a := range c.described() {
		c.full[a.RoleARN], c.full[a.TargetRoleARN] = true, true
		if role, err := spec.ParseRoleARN(a.TargetRoleARN); err == nil && c.reaches(role.AccountID) {
			ids[role.AccountID] = true
		}
	}
	return sortedKeys(ids), nil
}

// described are the associations in the release's namespaces.
func (c *completion) described() []seenAssociation {
	var out []seenAssociation
	namespaces := c.want.namespaces()
	for _, a := range slices.Concat(c.seen.Associations, c.seen.Others) {
		if namespaces[a.Namespace] {
			out = append(out, a)
		}
	}
	return out
}
