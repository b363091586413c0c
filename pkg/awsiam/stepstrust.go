package awsiam

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

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
type writeTrust struct {
	role, arn  string
	owner      Owner
	statements []trust.Statement
	// without are further owners whose statements go.
	without []Owner
	// waits: a statement names a role that was made a moment ago, which IAM refuses as
	// a principal until it sees it.
	waits bool
}

const (
	stateWriting = "writing"
	stateDone    = "done"
	// othersTime is how long a release that says "writing" is waited for.
	othersTime = 30 * time.Second
)

func writingKey(o Owner) string { return tagWriting + o.trust().ID() }

func (a writeTrust) run(ctx context.Context, x *executor) error {
	if err := a.mark(ctx, x, stateWriting); err != nil {
		return err
	}
	state, end := stateWriting, x.opts.Now().Add(othersTime)
	for attempt := 1; ; attempt++ {
		doc, tags, err := a.read(ctx, x)
		if err != nil {
			return err
		}
		after, err := mergeTrust(doc, a.owner, a.statements, a.without)
		if err != nil {
			return fault("", "merging into the trust of role %s: %v", a.role, err)
		}
		others := writers(tags, writingKey(a.owner))
		switch {
		case after.Text() != doc.Text():
			if state == stateDone { // lost to a writer who had read before
				if err := a.mark(ctx, x, stateWriting); err != nil {
					return err
				}
				state = stateWriting
				continue // read again, now that the others can see it
			}
			if err := a.write(ctx, x, after); err != nil {
				return err
			}
		case !slices.Contains(others, stateWriting) || x.opts.Now().After(end):
			return tagRole{a.role, a.arn, nil, []string{writingKey(a.owner)}}.run(ctx, x)
		case state == stateWriting:
			if err := a.mark(ctx, x, stateDone); err != nil {
				return err
			}
			state = stateDone
		}
		if attempt > 1 {
			if err := x.opts.Sleep(ctx, Backoff(min(attempt, 4))); err != nil {
				return err
			}
		}
	}
}

// mark sets our tag. The role may have been made a moment ago.
func (a writeTrust) mark(ctx context.Context, x *executor, state string) error {
	return x.settle(ctx, func() error {
		return tagRole{a.role, a.arn, map[string]string{writingKey(a.owner): state}, nil}.run(ctx, x)
	}, "NoSuchEntity")
}

// read gives the trust and the tags in one answer.
func (a writeTrust) read(ctx context.Context, x *executor) (trust.Document, map[string]string, error) {
	role, err := getRole(ctx, x, a.role, a.arn)
	if err != nil {
		return trust.Document{}, nil, err
	}
	doc, err := trust.Parse(aws.ToString(role.AssumeRolePolicyDocument))
	if err != nil {
		return doc, nil, fault("", "reading the trust of role %s: %v", a.role, err)
	}
	return doc, tagMap(role.Tags), nil
}

func (a writeTrust) write(ctx context.Context, x *executor, doc trust.Document) error {
	about := subject{"writing the trust of role " + a.role, x.account, a.arn}
	if len(doc.Statements()) == 0 {
		return fault("apply the release that keeps the role, or delete the role by hand", "%s: no statement would be left", about.doing)
	}
	put := func() error {
		_, err := x.iam.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: &a.role, PolicyDocument: aws.String(doc.Text())})
		return err
	}
	codes := []string{"NoSuchEntity"}
	if a.waits {
		codes = append(codes, "MalformedPolicyDocument")
	}
	return explain(x.settle(ctx, put, codes...), about)
}

// writers are the states of the other releases that have a tag on the role.
func writers(tags map[string]string, ours string) []string {
	var out []string
	for k, v := range tags {
		if strings.HasPrefix(k, tagWriting) && k != ours {
			out = append(out, v)
		}
	}
	return out
}
