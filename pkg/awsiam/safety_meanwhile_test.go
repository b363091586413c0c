package awsiam_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// Two people at once: one has a plan on the screen, and the other does something. What is
// applied is what was planned, or nothing.

const (
	mineBefore = `
policies:
- name: Mine
  document: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/BEFORE"}]}
serviceAccounts:
- name: app
  mode: both
  role:
    name: app-role
    description: before
    policies: [Mine]
    policyARNs: ["arn:aws:iam::aws:policy/AmazonSQSFullAccess"]
    inlinePolicies: {extra: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:BEFORE", Resource: "*"}]}}
- name: other
  role: {name: other-role}
`
	mineAfter = `
policies:
- name: Mine
  document: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/AFTER"}]}
serviceAccounts:
- name: app
  mode: both
  podIdentity: {targetRoleARN: "arn:aws:iam::444455556666:role/target", disableSessionTags: true}
  role:
    name: app-role
    description: after
    policies: [Mine]
    policyARNs: ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]
    inlinePolicies: {extra: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:AFTER", Resource: "*"}]}}
    trust: {subjects: ["system:serviceaccount:apps:app", "system:serviceaccount:apps:added"]}
- name: other
  mode: podIdentity
  role: {name: other-role}
`
	roleARN   = "arn:aws:iam::" + account + ":role/helm-irsa/app-role"
	policyARN = "arn:aws:iam::" + account + ":policy/helm-irsa/Mine"
	adminARN  = "arn:aws:iam::aws:policy/AdministratorAccess"
	allowAll  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
)

// hand is somebody else with credentials. What AWS refuses is not done: between the calls
// of another, a thing may be there already, or gone.
type hand struct {
	c *cloud
	t testing.TB
	// made is the state that the first release of the file leads to.
	made savedAccount
}

func (h *hand) iam(operation string, args ...string) (done bool) {
	form := url.Values{"Action": {operation}, "Version": {"2010-05-08"}}
	for _, arg := range args {
		key, value, _ := strings.Cut(arg, "=")
		form.Set(key, value)
	}
	r, err := http.NewRequest(http.MethodPost, "http://localaws.invalid/", strings.NewReader(form.Encode()))
	if err != nil {
		h.t.Fatal(err)
	}
	return h.send(r, "us-east-1/iam")
}

func (h *hand) send(r *http.Request, scope string) (done bool) {
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAHAND/20260101/"+scope+"/aws4_request")
	answer, err := (&direct{aws: h.c.aws}).Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	return answer.StatusCode < 300
}

// associate gives the service account another role through EKS.
func (h *hand) associate(role string) {
	body := fmt.Sprintf(`{"namespace":"apps","serviceAccount":"app","roleArn":%q}`, role)
	r, err := http.NewRequest(http.MethodPost, "http://localaws.invalid/clusters/prod_cluster/pod-identity-associations", strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	h.send(r, region+"/eks")
}

// tags are arguments of a call that gives the tags of what was made.
func tagArgs(tags []savedTag) []string {
	var out []string
	for i, t := range tags {
		out = append(out, fmt.Sprintf("Tags.member.%d.Key=%s", i+1, t.Key), fmt.Sprintf("Tags.member.%d.Value=%s", i+1, t.Value))
	}
	return out
}

// role makes the role with the tags and, but for the change, the trust that the release makes.
func (h *hand) role(change func(trust string) string) (done bool) {
	made := h.made.Roles["app-role"]
	return h.iam("CreateRole", append(tagArgs(made.Tags), "RoleName=app-role", "Path=/helm-irsa/", "Description="+made.Description, "AssumeRolePolicyDocument="+change(made.Trust))...)
}

// statement adds one to the role's trust.
func (h *hand) statement() {
	if r, there := h.now(h.t).Roles["app-role"]; there {
		h.iam("UpdateAssumeRolePolicy", "RoleName=app-role", "PolicyDocument="+withTheirs(r.Trust))
	}
}

// noRole deletes the role with all that is on it.
func (h *hand) noRole() {
	for arn := range h.now(h.t).Policies {
		h.iam("DetachRolePolicy", "RoleName=app-role", "PolicyArn="+arn)
	}
	for _, name := range []string{"AmazonSQSFullAccess", "AmazonS3ReadOnlyAccess", "AdministratorAccess"} {
		h.iam("DetachRolePolicy", "RoleName=app-role", "PolicyArn=arn:aws:iam::aws:policy/"+name)
	}
	h.iam("DeleteRolePolicy", "RoleName=app-role", "PolicyName=extra")
	h.iam("DeleteRole", "RoleName=app-role")
	h.c.clock.advance(2 * time.Second)
}

func (h *hand) now(t testing.TB) savedAccount {
	var state struct{ Accounts map[string]savedAccount }
	if err := json.Unmarshal(h.c.snapshot(t), &state); err != nil {
		t.Fatal(err)
	}
	return state.Accounts[account]
}

func asItWas(trust string) string { return trust }

// act is what the other does while the first waits.
type act struct {
	name string
	// made says that the first release is there, and the plan updates it; leaves, that the
	// plan removes it.
	made, leaves bool
	do           func(*hand)
	// stops is what the error says; empty where the plan may go on.
	stops string
	// then is what the next run says, where that stops as well; one of several, with | between.
	then string
	// stays says what was done to the other's things, which came before the first made that
	// call; empty where that was before all of them.
	stays func(now savedAccount, at string) error
}

func nothingOn(trustHas string) func(savedAccount, string) error {
	return func(a savedAccount, _ string) error {
		r := a.Roles["app-role"]
		if strings.Contains(r.Trust, trustHas) && len(r.Attached)+len(r.Inline) > 0 {
			return fmt.Errorf("the other's role got %v %v", r.Attached, slices.Collect(maps.Keys(r.Inline)))
		}
		return nil
	}
}

var acts = []act{
	{name: "a role by hand", do: func(h *hand) {
		h.iam("CreateRole", "RoleName=app-role", "Path=/helm-irsa/", "AssumeRolePolicyDocument="+ec2Trust)
	}, stops: "role app-role came to be", then: "was not made by helm-irsa", stays: nothingOn("ec2.amazonaws.com")},
	{name: "a role with our tags and statement, and one more", do: func(h *hand) { h.role(withTheirs) },
		stops: "role app-role came to be", stays: nothingOn("ec2.amazonaws.com")},
	{name: "a role with our tags and statement, and a policy", do: func(h *hand) {
		if h.role(asItWas) {
			h.iam("AttachRolePolicy", "RoleName=app-role", "PolicyArn="+adminARN)
		}
	}, stops: "role app-role came to be", stays: func(a savedAccount, _ string) error {
		if r := a.Roles["app-role"]; slices.Contains(r.Attached, adminARN) && len(r.Attached)+len(r.Inline) > 1 {
			return fmt.Errorf("the other's role got %v", r.Attached)
		}
		return nil
	}},
	{name: "a role that is the same to the letter", do: func(h *hand) { h.role(asItWas) }},
	{name: "a policy by hand", do: func(h *hand) {
		h.iam("CreatePolicy", "PolicyName=Mine", "Path=/helm-irsa/", "PolicyDocument="+allowAll)
	}, stops: "policy Mine came to be", then: "was not made by helm-irsa"},
	{name: "a policy with our tags", do: func(h *hand) {
		h.iam("CreatePolicy", append(tagArgs(h.made.Policies[policyARN].Tags), "PolicyName=Mine", "Path=/helm-irsa/", "PolicyDocument="+allowAll)...)
	}, stops: "policy Mine came to be", then: "nothing proves that it was made for it"},
	{name: "a policy that is the same to the letter, and another version", do: func(h *hand) {
		made := h.made.Policies[policyARN]
		if h.iam("CreatePolicy", append(tagArgs(made.Tags), "PolicyName=Mine", "Path=/helm-irsa/", "PolicyDocument="+made.Versions[0].Document)...) {
			h.iam("CreatePolicyVersion", "PolicyArn="+policyARN, "PolicyDocument="+allowAll)
		}
	}, stops: "policy Mine came to be"},
	{name: "a provider without the audience", do: func(h *hand) {
		h.iam("CreateOpenIDConnectProvider", "Url="+issuer, "ClientIDList.member.1=other")
	}, stops: "OIDC provider oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE came to be", then: "lacks the audience"},
	{name: "a provider with the audience", do: func(h *hand) {
		h.iam("CreateOpenIDConnectProvider", "Url="+issuer, "ClientIDList.member.1=sts.amazonaws.com")
	}},
	{name: "an association", do: func(h *hand) {
		h.iam("CreateRole", "RoleName=theirs", "AssumeRolePolicyDocument="+podsTrust)
		h.associate("arn:aws:iam::" + account + ":role/theirs")
	}, stops: "the Pod Identity association of service account apps/app came to be", then: "which this release did not make"},

	{name: "a statement", made: true, do: (*hand).statement, stops: "the trust of role app-role changed", stays: func(a savedAccount, at string) error {
		// IAM takes no condition on what it replaces, so what comes right before that is lost.
		if !strings.Contains(a.Roles["app-role"].Trust, "ec2.amazonaws.com") && at != "UpdateAssumeRolePolicy" {
			return errors.New("the other's statement is gone")
		}
		return nil
	}},
	{name: "our statement changed", made: true, do: func(h *hand) {
		h.iam("UpdateAssumeRolePolicy", "RoleName=app-role", "PolicyDocument="+strings.ReplaceAll(h.made.Roles["app-role"].Trust, "apps:app", "apps:*"))
	}, stops: "the trust of role app-role changed"},
	{name: "a version", made: true, do: func(h *hand) {
		h.iam("CreatePolicyVersion", "PolicyArn="+policyARN, "PolicyDocument="+allowAll, "SetAsDefault=true")
	}, stops: "policy Mine changed"},
	{name: "an attachment", made: true, do: func(h *hand) {
		h.iam("AttachRolePolicy", "RoleName=app-role", "PolicyArn="+adminARN)
	}, stops: "policy attachment app-role/AdministratorAccess would be deleted now"},
	{name: "a detachment", made: true, do: func(h *hand) {
		h.iam("DetachRolePolicy", "RoleName=app-role", "PolicyArn="+policyARN)
	}, stops: "policy attachment app-role/Mine would be created now"},
	{name: "an inline policy", made: true, do: func(h *hand) {
		h.iam("PutRolePolicy", "RoleName=app-role", "PolicyName=more", "PolicyDocument="+allowAll)
	}, stops: "inline policy app-role/more would be deleted now"},
	{name: "an inline policy changed", made: true, do: func(h *hand) {
		h.iam("PutRolePolicy", "RoleName=app-role", "PolicyName=extra", "PolicyDocument="+allowAll)
	}, stops: "inline policy extra of role app-role changed"},
	{name: "a boundary", made: true, do: func(h *hand) {
		h.iam("PutRolePermissionsBoundary", "RoleName=app-role", "PermissionsBoundary="+adminARN)
	}, stops: "the permissions boundary of role app-role changed"},
	{name: "the longest session", made: true, do: func(h *hand) {
		h.iam("UpdateRole", "RoleName=app-role", "Description=before", "MaxSessionDuration=7200")
	}, stops: "the settings of role app-role changed"},
	{name: "whose it is", made: true, do: func(h *hand) {
		h.iam("TagRole", "RoleName=app-role", "Tags.member.1.Key=helm-irsa.dev/release", "Tags.member.1.Value=theirs")
	}, stops: "the tags of role app-role changed", then: "kept by nobody (its tags name release apps/theirs"},
	{name: "a tag of their own", made: true, do: func(h *hand) {
		h.iam("TagRole", "RoleName=app-role", "Tags.member.1.Key=bill", "Tags.member.1.Value=them")
	}},
	{name: "the role deleted", made: true, do: (*hand).noRole, stops: "role app-role was deleted"},
	{name: "the role made again", made: true, do: func(h *hand) { h.noRole(); h.role(asItWas) },
		stops: "role app-role was deleted and made again"},
	{name: "the role made again by hand", made: true, do: func(h *hand) {
		h.noRole()
		h.iam("CreateRole", "RoleName=app-role", "Path=/helm-irsa/", "AssumeRolePolicyDocument="+ec2Trust)
	}, stops: "role app-role was deleted and made again", then: "was not made by helm-irsa|kept by nobody (it has no tags"},

	{name: "leaving, a statement", made: true, leaves: true, do: (*hand).statement, stops: "the trust of role app-role changed"},
	{name: "leaving, an attachment", made: true, leaves: true, do: func(h *hand) {
		h.iam("AttachRolePolicy", "RoleName=app-role", "PolicyArn="+adminARN)
	}, stops: "role app-role would be deleted now"},
	{name: "leaving, a version", made: true, leaves: true, do: func(h *hand) {
		h.iam("CreatePolicyVersion", "PolicyArn="+policyARN, "PolicyDocument="+allowAll, "SetAsDefault=true")
	}, stops: "policy Mine changed"},
	{name: "leaving, the policy made again", made: true, leaves: true, do: func(h *hand) {
		h.noRole()
		h.iam("DeletePolicy", "PolicyArn="+policyARN)
		h.iam("CreatePolicy", "PolicyName=Mine", "Path=/helm-irsa/", "PolicyDocument="+allowAll)
	}, stops: "policy Mine was deleted and made again", stays: func(a savedAccount, at string) error {
		if _, there := a.Policies[policyARN]; !there && at != "DeletePolicy" {
			return errors.New("the other's policy is gone")
		}
		return nil
	}},
	{name: "leaving, the role made again by hand", made: true, leaves: true, do: func(h *hand) {
		h.noRole()
		h.iam("CreateRole", "RoleName=app-role", "Path=/helm-irsa/", "AssumeRolePolicyDocument="+ec2Trust)
	}, stops: "role app-role was deleted and made again", stays: func(a savedAccount, at string) error {
		if _, there := a.Roles["app-role"]; !there && at != "DeleteRole" {
			return errors.New("the other's role is gone")
		}
		return nil
	}},
	{name: "leaving, the role deleted", made: true, leaves: true, do: (*hand).noRole},
}

// begin gives the AWS that a plan is made for.
func (a *act) begin(t testing.TB) (from []byte, made savedAccount) {
	c := newCloud(t, localaws.Options{})
	empty := c.snapshot(t)
	if err := c.process(released(load(t, mineBefore)), nil).run(context.Background()); err != nil {
		t.Fatal(err)
	}
	from = c.snapshot(t)
	made = (&hand{c: c}).now(t)
	if !a.made {
		from = empty
	}
	return from, made
}

func (a *act) process(t testing.TB, c *cloud) *process {
	switch {
	case a.leaves:
		return c.process(released(load(t, mineBefore)), &awsiam.DestroyOptions{})
	case a.made:
		return c.process(released(load(t, mineAfter)), nil)
	}
	return c.process(released(load(t, mineBefore)), nil)
}

// TestMeanwhile lets one plan, the other act, and then the first apply: it stops before its
// first write, says what changed, and the next run ends well or says what is in the way.
func TestMeanwhile(t *testing.T) {
	t.Parallel()
	for _, a := range acts {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			from, made := a.begin(t)
			c := restored(t, t.TempDir(), from)
			s, plan, err := a.process(t, c).plan(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			a.do(&hand{c, t, made})
			before := canonical(t, c.snapshot(t), look{})
			c.aws.ResetCalls()
			err = s.Apply(context.Background(), plan, nil)
			if a.stops == "" {
				if err != nil {
					t.Fatalf("it stopped, although nothing of the plan changed: %v", err)
				}
			} else {
				var found *awsiam.Meanwhile
				if !errors.As(err, &found) || !strings.Contains(err.Error(), a.stops) || !strings.Contains(found.Hint(), "run the same command again") {
					t.Fatalf("the error is %v, want one with %q", err, a.stops)
				}
				if after := canonical(t, c.snapshot(t), look{}); after != before {
					t.Errorf("something was written:\n%s", difference(before, after))
				}
				if n := len(writes(c.aws.Calls())); n > 0 {
					t.Errorf("%d calls that write", n)
				}
			}
			if err := a.after(t, c, ""); err != nil {
				t.Error(err)
			}
		})
	}
}

// after holds what became of the other's things, and that the next run ends well, or says
// what is in the way.
func (a *act) after(t testing.TB, c *cloud, at string) error {
	if a.stays != nil {
		if err := a.stays((&hand{c: c}).now(t), at); err != nil {
			return err
		}
	}
	err := a.process(t, c).run(context.Background())
	switch {
	case err != nil && a.then != "" && slices.ContainsFunc(strings.Split(a.then, "|"), func(words string) bool { return strings.Contains(err.Error(), words) }):
	case err != nil:
		return fmt.Errorf("run again: %w", err)
	default:
		if err := a.process(t, c).empty(); err != nil {
			return err
		}
	}
	if a.stays != nil && a.leaves {
		return a.stays((&hand{c: c}).now(t), at)
	}
	return nil
}

// TestTheSameMeanwhile: two people have the same plan on the screen, and both say yes. The second
// finds all done, whatever it is, and that is no error.
func TestTheSameMeanwhile(t *testing.T) {
	t.Parallel()
	cases := phaseCases(t)
	for name, texts := range guardCases() {
		cases["guards: "+name] = texts
	}
	for name, texts := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before, after := released(fileOf(t, texts[0])), released(fileOf(t, texts[1]))
			c := newCloud(t, localaws.Options{})
			if err := c.process(before, nil).run(context.Background()); err != nil {
				t.Fatal(err)
			}
			s, plan, err := c.process(after, nil).plan(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if err := c.process(after, nil).run(context.Background()); err != nil {
				t.Fatal(err)
			}
			was := len(c.aws.Calls())
			if err := s.Apply(context.Background(), plan, nil); err != nil {
				t.Errorf("the second: %v", err)
			}
			if written := writes(c.aws.Calls()[was:]); len(written) > 0 {
				t.Errorf("the second wrote: %+v", written)
			}
		})
	}
}
