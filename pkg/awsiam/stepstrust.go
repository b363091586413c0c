package awsiam

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// writeTrust makes the statements of an owner in a role's trust exactly these, and
// loses none of anybody else's who does the same at the same time.
//
// IAM replaces a trust policy as a whole and takes no condition on what it was
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html),
// so of two who read, merge and write at once, one would be lost. Each tag of a role,
// though, is written by itself. So each release has a tag of its own on the role:
//
//  1. It sets its tag to "writing", and only then reads the trust, merges and writes.
//  2. It reads again until its statements are there, and writes again where they are not.
//  3. It sets its tag to "done" where others have tags, and waits until none of those
//     says "writing" in the same answer that has its own statements in the trust. Then
//     it takes its tag off.
//
// Whoever writes after that answer set its tag after it too, and so has read a trust
// with these statements in it. A tag that stays at "writing" is of a process that was
// killed; after a while it is not waited for. The guarantee is as good as IAM's reads
// are fresh, and no better.
//
// Who is about to delete the role sets its tag to "leaving", and looks for others only
// then (leaveRole): either it sees their statements, or they see its tag before they end.
//
// What else is in the trust, and what ours was, must be what the plan showed: see trustSeen.
// Only statements of releases that share the role may have come or gone.
type writeTrust struct {
	role, arn  string
	owner      Owner
	statements []trust.Statement
	// says, without and keeps are as trustEdit has them.
	says    trust.Mark
	without []Owner
	keeps   bool
	// waits: a statement names a role that was made a moment ago, which IAM refuses as
	// a principal until it sees it.
	waits bool
}

const (
	stateWriting = "writing"
	stateDone    = "done"
	stateLeaving = "leaving"
	// othersTime is how long each release that says "writing" is waited for: longer than
	// the retries of a call that is throttled all the time may lie between its reading
	// and its writing.
	othersTime = time.Minute
)

func writingKey(o Owner) string { return tagWriting + o.trust().ID() }

func (a writeTrust) run(ctx context.Context, x *executor) error {
	seen, err := x.basis.whole.trustSeen(x.client.account, a.role)
	if err != nil {
		return fault("", "merging into the trust of role %s: %v", a.role, err)
	}
	if err := a.mark(ctx, x, stateWriting); err != nil {
		return a.unlessGone(err)
	}
	state, others := stateWriting, newOthers(x, a.owner)
	for attempt := 1; ; attempt++ {
		doc, tags, err := a.read(ctx, x)
		if err != nil {
			return a.unlessGone(err)
		}
		after, err := a.merged(doc)
		if err != nil {
			return fault("", "merging into the trust of role %s: %v", a.role, err)
		}
		waits := others.wait(tags)
		switch {
		case after.Text() != doc.Text():
			if state == stateDone { // lost to a writer who had read before
				if err := a.mark(ctx, x, stateWriting); err != nil {
					return a.unlessGone(err)
				}
				state = stateWriting
				continue // read again, now that the others can see it
			}
			if seen.differs(doc, tags) {
				err := meanwhile("writing the trust of role "+a.role, "the trust of role %s changed", a.role)
				return errors.Join(err, a.unmark(ctx, x))
			}
			if err := a.write(ctx, x, after); err != nil {
				return a.unlessGone(err)
			}
		case !waits && len(a.statements) > 0 && others.leaving(tags):
			err := fault("run that again to its end, then this", "role %s is being deleted by another release, which did not come to the end", a.role)
			return errors.Join(err, a.unmark(ctx, x))
		case !waits:
			return a.unmark(ctx, x)
		case state == stateWriting:
			if err := a.mark(ctx, x, stateDone); err != nil {
				return a.unlessGone(err)
			}
			state = stateDone
		}
		if attempt > 1 {
			if err := x.Session.opts.Sleep(ctx, Backoff(min(attempt, 4))); err != nil {
				return err
			}
		}
	}
}

// merged is a trust as the step leaves it.
func (a writeTrust) merged(doc trust.Document) (trust.Document, error) {
	return mergeTrust(doc, a.edit())
}

// unlessGone: who takes statements out has nothing to do where there is no role.
func (a writeTrust) unlessGone(err error) error {
	if len(a.statements) == 0 && isMissing(err) {
		return nil
	}
	return err
}

// mark sets our tag. A role that gets statements may have been made a moment ago.
func (a writeTrust) mark(ctx context.Context, x *executor, state string) error {
	return x.visible(ctx, len(a.statements) > 0, func() error {
		return tagRole{a.role, a.arn, map[string]string{writingKey(a.owner): state}, nil}.run(ctx, x)
	})
}

func (a writeTrust) unmark(ctx context.Context, x *executor) error {
	return tagRole{a.role, a.arn, nil, []string{writingKey(a.owner)}}.run(ctx, x)
}

// read gives the trust and the tags in one answer.
func (a writeTrust) read(ctx context.Context, x *executor) (trust.Document, map[string]string, error) {
	var role *types.Role
	err := x.visible(ctx, len(a.statements) > 0, func() (err error) {
		role, err = getRole(ctx, x, a.role, a.arn)
		return err
	})
	if err != nil {
		return trust.Document{}, nil, err
	}
	if err := x.sameRole("writing the trust of role "+a.role, role); err != nil {
		return trust.Document{}, nil, errors.Join(err, a.unmark(ctx, x))
	}
	doc, err := trust.Parse(aws.ToString(role.AssumeRolePolicyDocument))
	if err != nil {
		return doc, nil, fault("", "reading the trust of role %s: %v", a.role, err)
	}
	return doc, tagMap(role.Tags), nil
}

func (a writeTrust) write(ctx context.Context, x *executor, doc trust.Document) error {
	about := subject{"writing the trust of role " + a.role, x.client.account, a.arn}
	if len(doc.Statements()) == 0 {
		return errors.Join(fault("run the same command again: others left the role meanwhile", "%s: no statement would be left", about.doing), a.unmark(ctx, x))
	}
	put := func() error {
		_, err := x.client.iam.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: &a.role, PolicyDocument: aws.String(doc.Text())})
		return err
	}
	var codes []string
	if len(a.statements) > 0 {
		codes = append(codes, "NoSuchEntity")
	}
	if a.waits {
		codes = append(codes, "MalformedPolicyDocument")
	}
	return explain(x.Session.settle(ctx, put, codes...), about)
}

// others are the other releases that have a tag on a role.
type others struct {
	now  func() time.Time
	ours string
	// until is how long each is waited for, by its tag.
	until map[string]time.Time
}

func newOthers(x *executor, o Owner) *others {
	return &others{x.Session.opts.Now, writingKey(o), map[string]time.Time{}}
}

// wait reports whether one of them is writing or leaving, and not for so long that it
// must have been killed.
func (o *others) wait(tags map[string]string) bool {
	waits, now := false, o.now()
	for k, v := range tags {
		if !strings.HasPrefix(k, tagWriting) || k == o.ours {
			continue
		}
		if v == stateDone {
			delete(o.until, k)
			continue
		}
		if o.until[k].IsZero() {
			o.until[k] = now.Add(othersTime)
		}
		waits = waits || !now.After(o.until[k])
	}
	return waits
}

// leaving reports whether one of them deletes the role.
func (o *others) leaving(tags map[string]string) bool {
	for k, v := range tags {
		if strings.HasPrefix(k, tagWriting) && k != o.ours && v == stateLeaving {
			return true
		}
	}
	return false
}

// leaveRole makes sure that nobody else has come to use a role that is about to be
// deleted, and that whoever comes from now on sees that it is.
type leaveRole struct {
	role, arn string
	owner     Owner
}

func (a leaveRole) run(ctx context.Context, x *executor) error {
	w := writeTrust{role: a.role, arn: a.arn, owner: a.owner}
	if err := w.mark(ctx, x, stateLeaving); err != nil {
		return w.unlessGone(err)
	}
	others := newOthers(x, a.owner)
	for attempt := 1; ; attempt++ {
		doc, tags, err := w.read(ctx, x)
		if err != nil {
			return w.unlessGone(err)
		}
		rest, err := w.merged(doc)
		if err != nil {
			return fault("", "taking our statements out of the trust of role %s: %v", a.role, err)
		}
		if len(rest.Statements()) > 0 {
			err := fault("run the same command again: the role will stay", "role %s came to be used by others meanwhile, so it is not deleted", a.role)
			return errors.Join(err, w.unmark(ctx, x))
		}
		if !others.wait(tags) {
			return nil
		}
		if err := x.Session.opts.Sleep(ctx, Backoff(min(attempt, 4))); err != nil {
			return err
		}
	}
}
