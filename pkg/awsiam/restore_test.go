package awsiam_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// selfFile is a release whose roles name each other: IAM makes none of them whole at once.
const selfFile = everythingHead + `
policies:
- {name: Read, document: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "*"}]}}
serviceAccounts:
- {name: one, role: {name: one, policies: [Read], trust: {also: [{principals: {AWS: [self]}, actions: ["sts:AssumeRole"]}]}}}
- {name: two, role: {name: two, trust: {also: [{principals: {AWS: ["arn:aws:iam::111122223333:role/helm-irsa/one"]}, actions: ["sts:AssumeRole"]}]}}}
`

// sweep finds what is left over, and deletes it. It gives what would restore it.
func sweep(ctx context.Context, f *awsiam.Fleet, p awsiam.Proof) (*awsiam.Backup, error) {
	inv, err := f.Read(ctx)
	if err != nil {
		return nil, err
	}
	all := inv.Leftovers(p)
	backup := f.Backup(all, "2026-01-02T03:04:05Z")
	text, err := backup.Text()
	if err != nil {
		return nil, err
	}
	if backup, err = awsiam.ReadBackup(text); err != nil { // as the file would be read
		return nil, err
	}
	return backup, f.Delete(ctx, inv, all, nil)
}

func restore(ctx context.Context, f *awsiam.Fleet, b *awsiam.Backup) error {
	plan, err := f.PlanRestore(ctx, b)
	if err != nil {
		return err
	}
	return f.Restore(ctx, plan, nil)
}

// TestRestore: what is deleted is made again to the letter, whatever interrupts the one or the other
// at whichever call; and a second time there is nothing to do.
func TestRestore(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{"shop": shopFile, "self": selfFile, "provider": strings.Replace(strings.Replace(shopFile, "name: prod_cluster", "name: lost\n  issuer: https://oidc.example.com/lost", 1), "mode: podIdentity", "mode: irsa", 1)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			y := newYard(t, file)
			if name == "self" { // what is let in beside pods goes only where nobody used it
				y.proof.UnusedFor, y.proof.Now = 1, y.proof.Now.AddDate(2, 0, 0)
			}
			if name == "provider" {
				y.proof.Gone = map[awsiam.ClusterKey]bool{{Name: "oidc.example.com/lost"}: true, {Scope: "111122223333/eu-west-3", Name: "lost"}: true}
			}
			before := y.snapshot(t)
			f, _ := y.fleet(t, 3)
			backup, err := sweep(context.Background(), f, y.proof)
			if err != nil {
				t.Fatal(err)
			}
			swept := y.snapshot(t)
			if len(backup.Roles) < 2 || len(backup.Policies) != 1 || name == "provider" && len(backup.Providers) != 1 {
				t.Fatalf("%d roles, %d policies, %d providers were left over", len(backup.Roles), len(backup.Policies), len(backup.Providers))
			}
			deletions, creations := y.calls(t, before, func(ctx context.Context, f *awsiam.Fleet) error { _, err := sweep(ctx, f, y.proof); return err }),
				y.calls(t, swept, func(ctx context.Context, f *awsiam.Fleet) error { return restore(ctx, f, backup) })
			w := &sweeps{y: y, before: canonical(t, before, look{}), swept: canonical(t, swept, look{})}
			for _, kind := range kinds {
				w.each(t, kind+" deletion", kind, before, deletions, func(ctx context.Context, f *awsiam.Fleet) error {
					_, err := sweep(ctx, f, y.proof)
					return err
				}, func(f *awsiam.Fleet) error {
					_, err := sweep(context.Background(), f, y.proof)
					return err
				}, w.swept, backup)
				w.each(t, kind+" restoration", kind, swept, creations, func(ctx context.Context, f *awsiam.Fleet) error { return restore(ctx, f, backup) },
					func(f *awsiam.Fleet) error { return restore(context.Background(), f, backup) }, w.before, backup)
			}
		})
	}
}

// calls is how many calls a run makes.
func (y *yard) calls(t *testing.T, from []byte, run func(context.Context, *awsiam.Fleet) error) int {
	t.Helper()
	c := restored(t, t.TempDir(), from)
	f, _ := c.fleet(t, 1)
	c.aws.ResetCalls()
	if err := run(context.Background(), f); err != nil {
		t.Fatal(err)
	}
	return len(c.aws.Calls())
}

// sweeps interrupts runs.
type sweeps struct {
	y             *yard
	before, swept string
}

// each interrupts a run at each of its calls, goes on with again, and holds what it came to against
// want. What was deleted is then restored from the first backup, which has it whole.
func (w *sweeps) each(t *testing.T, name, kind string, from []byte, calls int, run func(context.Context, *awsiam.Fleet) error, again func(*awsiam.Fleet) error, want string, backup *awsiam.Backup) {
	sideBySide(t, calls+1, func(i int, dir string) {
		k := i + 1
		c := restored(t, dir, from)
		f, http, err := c.tryFleet(context.Background(), 1)
		if err != nil {
			t.Error(err)
			return
		}
		err = interruptedAt(c, http, kind, k, func(ctx context.Context) error { return run(ctx, f) })
		if err == nil && k <= calls && kind != "lost answer" && kind != "canceled after" && kind != "killed" {
			t.Errorf("%s at call %d of %d: nothing was interrupted", name, k, calls)
		}
		if f, _, err = c.tryFleet(context.Background(), 3); err == nil {
			err = again(f)
		}
		if err != nil {
			t.Errorf("%s at call %d of %d: going on: %v", name, k, calls, err)
			return
		}
		if got := canonical(t, c.snapshot(t), look{}); got != want {
			t.Errorf("%s at call %d of %d: it came to another end:\n%s", name, k, calls, difference(want, got))
			return
		}
		if err := restore(context.Background(), f, backup); err != nil {
			t.Errorf("%s at call %d of %d: restoring: %v", name, k, calls, err)
			return
		}
		if got := canonical(t, c.snapshot(t), look{}); got != w.before {
			t.Errorf("%s at call %d of %d: what was restored is another:\n%s", name, k, calls, difference(w.before, got))
			return
		}
		if plan, err := f.PlanRestore(context.Background(), backup); err != nil || !plan.Empty() {
			t.Errorf("%s at call %d of %d: a further restoration: %+v, %v", name, k, calls, plan, err)
		}
	})
}

// interruptedAt interrupts at call k, as walk does.
func interruptedAt(c *cloud, http1 *direct, kind string, k int, run func(context.Context) error) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var sent atomic.Int32
	switch kind {
	case "killed":
		c.aws.SetFaults(localaws.Faults{DropAt: k, StopAt: k + 1, After: func(call localaws.Call) {
			if call.Number >= k {
				cancel()
			}
		}})
	case "lost answer":
		c.aws.SetFaults(localaws.Faults{DropAt: k})
	case "canceled before":
		http1.before = func(*http.Request) error {
			if int(sent.Add(1)) >= k {
				cancel()
			}
			return nil
		}
	case "canceled after":
		c.aws.SetFaults(localaws.Faults{After: func(call localaws.Call) {
			if call.Number >= k {
				cancel()
			}
		}})
	}
	err := run(ctx)
	http1.before = nil
	c.aws.SetFaults(localaws.Faults{})
	return err
}

// TestRestoreRefuses: where something of that name is there and is another, nothing at all is
// written, and all such things are named.
func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	y := newYard(t, shopFile)
	f, _ := y.fleet(t, 3)
	backup, err := sweep(context.Background(), f, y.proof)
	if err != nil {
		t.Fatal(err)
	}
	const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	for _, r := range []localaws.Role{{Name: "web", Path: "/helm-irsa/", Trust: trust}, {Name: "pods", Trust: trust}} {
		if _, err := y.aws.AddRole(r); err != nil {
			t.Fatal(err)
		}
	}
	y.call(t, "AKIATEST", "CreatePolicy", map[string]string{"PolicyName": "Read", "Path": "/helm-irsa/", "PolicyDocument": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`})
	before := y.snapshot(t)
	_, err = f.PlanRestore(context.Background(), backup)
	var faults awsiam.Faults
	if !errors.As(err, &faults) || len(faults) != 3 {
		t.Fatalf("%v", err)
	}
	for _, word := range []string{"role web", "its trust policy differs", "role pods", "its ARN differs", "policy Read", "its document differs"} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the error does not say %q: %v", word, err)
		}
	}
	if string(before) != string(y.snapshot(t)) {
		t.Error("something was written")
	}
}

// TestRestoreFilesThatAreNone: what is cut off, made by hand or of another kind is refused.
func TestRestoreFilesThatAreNone(t *testing.T) {
	t.Parallel()
	good := func(change func(*awsiam.Backup)) string {
		b := &awsiam.Backup{APIVersion: awsiam.BackupVersion, Kind: awsiam.BackupKind, Roles: []awsiam.BackupRole{{
			Account: account, ARN: "arn:aws:iam::111122223333:role/x/r", Name: "r", Path: "/x/", Trust: "{}", Inline: map[string]string{"a": "{}"},
		}}}
		change(b)
		text, err := b.Text()
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if _, err := awsiam.ReadBackup([]byte(good(func(*awsiam.Backup) {}))); err != nil {
		t.Errorf("a good one: %v", err)
	}
	whole := good(func(*awsiam.Backup) {})
	for name, text := range map[string]string{
		"empty": "", "cut off": whole[:len(whole)/2], "another kind": strings.Replace(whole, "RestoreFile", "ReleaseIdentity", 1),
		"a field more": strings.Replace(whole, `"made"`, `"extra": 1, "made"`, 1), "something behind": whole + whole,
		"another path":    good(func(b *awsiam.Backup) { b.Roles[0].Path = "/" }),
		"another account": good(func(b *awsiam.Backup) { b.Roles[0].Account = remoteAccount }),
		"no trust":        good(func(b *awsiam.Backup) { b.Roles[0].Trust = "" }),
		"no document":     good(func(b *awsiam.Backup) { b.Roles[0].Inline["a"] = "x" }),
		"half an association": good(func(b *awsiam.Backup) {
			b.Associations = []awsiam.BackupAssociation{{Namespace: "a"}}
		}),
	} {
		if _, err := awsiam.ReadBackup([]byte(text)); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	for text, want := range map[string]string{ // nobody who restores knows Go
		"": "it is empty", whole[:len(whole)/2]: "it is cut off", "[]": "all of it is a JSON array",
		strings.Replace(whole, `"/x/"`, `7`, 1):                "roles.path is a JSON number",
		strings.Replace(whole, `"made"`, `"extra": 1, "a"`, 1): `unknown field "extra"`,
	} {
		if _, err := awsiam.ReadBackup([]byte(text)); err == nil || err.Error() != "it is no restore file: "+want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// TestRestoreSaysWhoGetsIn: a restore file is a file, and whoever says yes to it has seen whom it
// lets in.
func TestRestoreSaysWhoGetsIn(t *testing.T) {
	t.Parallel()
	text := `{"apiVersion": "helm-irsa.dev/v1alpha1", "kind": "RestoreFile", "made": "2026-01-02T03:04:05Z", "by": "arn:aws:iam::111122223333:root",
"roles": [{"account": "111122223333", "arn": "arn:aws:iam::111122223333:role/app", "name": "app", "path": "/", "maxSessionDuration": 3600,
  "trustPolicy": "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"999988887777\"},\"Action\":\"sts:AssumeRole\"}}",
  "attachedPolicies": ["arn:aws:iam::aws:policy/AdministratorAccess"],
  "inlinePolicies": {"x": "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"iam:*\",\"Resource\":\"*\"}}"}}],
"policies": [{"account": "111122223333", "arn": "arn:aws:iam::111122223333:policy/All", "name": "All", "path": "/", "document": "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}}"}],
"oidcProviders": [{"account": "111122223333", "arn": "arn:aws:iam::111122223333:oidc-provider/evil.example.com", "issuer": "https://evil.example.com"}],
"podIdentityAssociations": [{"account": "111122223333", "region": "eu-west-3", "cluster": "prod_cluster", "namespace": "apps", "serviceAccount": "app", "roleARN": "arn:aws:iam::111122223333:role/app"}]}`
	backup, err := awsiam.ReadBackup([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	y := newYard(t, shopFile)
	f, _ := y.fleet(t, 3)
	plan, err := f.PlanRestore(context.Background(), backup)
	if err != nil {
		t.Fatal(err)
	}
	said := strings.Join(plan.Warnings, "\n")
	for _, want := range []string{
		"policy All is as good as administrator",
		"AWS account 111122223333 takes tokens of issuer https://evil.example.com from now on",
		"role app can be assumed by every user and role of AWS account 999988887777",
		"role app gets policy AdministratorAccess, which is as good as administrator",
		"role app gets the inline policy x, which is as good as administrator",
		"service account apps/app of cluster prod_cluster gets role arn:aws:iam::111122223333:role/app by EKS Pod Identity",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("nothing says %q:\n%s", want, said)
		}
	}
}
