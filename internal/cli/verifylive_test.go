package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/kube"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

// accounts are manifests of as many service accounts, each with a role.
func accounts(t *testing.T, n int) *verify.Input {
	t.Helper()
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a%02d, namespace: apps, annotations: {eks.amazonaws.com/role-arn: \"arn:aws:iam::111122223333:role/r%02d\"}}\n---\n", i, i)
	}
	objects, err := manifest.Read("m.yaml", strings.NewReader(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	return &verify.Input{Objects: objects, Observed: verify.Observed{Tokens: map[string]verify.Claims{}, Assumed: map[string]verify.Assumption{}}}
}

// claimsToken is a token of an EKS cluster, unsigned.
func claimsToken(string) kube.Token {
	return kube.NewToken("e30.eyJpc3MiOiJodHRwczovL29pZGMuZWtzLmV1LXdlc3QtMy5hbWF6b25hd3MuY29tL2lkL0EifQ.c2ln") // https://oidc.eks.eu-west-3.amazonaws.com/id/A
}

// TestLiveSideBySide: service accounts are tried ten at a time, each gets its own answer,
// and the region of the token's issuer where no other is known.
func TestLiveSideBySide(t *testing.T) {
	t.Parallel()
	in := accounts(t, 25)
	var mu sync.Mutex
	running, most, steps := 0, 0, 0
	full, once := make(chan struct{}), sync.Once{}
	l := liveTrials{
		token: func(_ context.Context, namespace, account, audience string, seconds int64) (kube.Token, error) {
			if namespace != "apps" || audience != "sts.amazonaws.com" || seconds != 600 {
				t.Errorf("asked for a token of %s/%s for %s, %d seconds", namespace, account, audience, seconds)
			}
			return claimsToken(account), nil
		},
		sts: func(_ context.Context, trial awsiam.Trial) (awsiam.Answer, error) {
			mu.Lock()
			running++
			most = max(most, running)
			if running == parallelTrials {
				once.Do(func() { close(full) })
			}
			mu.Unlock()
			if trial.RoleARN < "arn:aws:iam::111122223333:role/r10" {
				<-full // the first ten go on when all of them run
			}
			mu.Lock()
			running--
			mu.Unlock()
			if trial.Region != "eu-west-3" || trial.Settle {
				t.Errorf("%+v", trial)
			}
			return awsiam.Answer{ARN: strings.Replace(trial.RoleARN, ":iam::111122223333:role/", ":sts::111122223333:assumed-role/", 1) + "/x"}, nil
		},
		step: func(done, total int) { steps = max(steps, done*1000+total) },
	}
	if err := l.run(t.Context(), in, verify.Trials(*in)); err != nil {
		t.Fatal(err)
	}
	for _, a := range verify.Verify(*in).ServiceAccounts {
		if want := "arn:aws:sts::111122223333:assumed-role/r" + a.Name[1:] + "/x"; a.Proof != want {
			t.Errorf("%s: %s, want %s", a.Name, a.Proof, want)
		}
	}
	if most != parallelTrials || steps != 50050 || len(in.Observed.Assumed) != 25 {
		t.Errorf("%d at once, steps %d, %d answers", most, steps, len(in.Observed.Assumed))
	}
}

// TestLiveStops: a cluster that cannot be asked ends it, and so does an interrupt; STS is
// not asked then.
func TestLiveStops(t *testing.T) {
	t.Parallel()
	broken := &kube.ConnectError{Server: "https://x", Err: errors.New("connection refused")}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx  context.Context
		want error
	}{"cluster": {t.Context(), broken}, "interrupt": {cancelled, context.Canceled}} {
		l := liveTrials{
			token: func(context.Context, string, string, string, int64) (kube.Token, error) { return kube.Token{}, broken },
			sts: func(context.Context, awsiam.Trial) (awsiam.Answer, error) {
				t.Errorf("%s: STS was asked", name)
				return awsiam.Answer{}, nil
			},
			step: func(int, int) {},
		}
		in := accounts(t, 3)
		if err := l.run(c.ctx, in, verify.Trials(*in)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLiveNoToken: an answer that is no token is unknown, and does not show itself.
func TestLiveNoToken(t *testing.T) {
	t.Parallel()
	in := accounts(t, 1)
	l := liveTrials{
		token: func(context.Context, string, string, string, int64) (kube.Token, error) {
			return kube.NewToken("hunter2"), nil
		},
		sts: func(context.Context, awsiam.Trial) (awsiam.Answer, error) {
			t.Error("STS was asked")
			return awsiam.Answer{}, nil
		},
		step: func(int, int) {},
	}
	if err := l.run(t.Context(), in, verify.Trials(*in)); err != nil {
		t.Fatal(err)
	}
	if got := in.Observed.Assumed["apps/a00"].Untried; got != "token of ServiceAccount apps/a00: the token is no JSON web token" {
		t.Error(got)
	}
}
