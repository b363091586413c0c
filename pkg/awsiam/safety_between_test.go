package awsiam_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// TestBetween lets the other act right before each call that the apply makes. Whenever that
// is, nothing of the release lands on what the other made, nothing of the other's is taken
// away, and the next run ends well, or says what is in the way.
func TestBetween(t *testing.T) {
	t.Parallel()
	for _, a := range acts {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			from, made := a.begin(t)
			calls, _, err := a.at(t, restored(t, t.TempDir(), from), made, 0)
			if err != nil {
				t.Fatal(err)
			}
			var stopped atomic.Int32
			sideBySide(t, calls, func(i int, dir string) {
				c := restored(t, dir, from)
				_, call, err := a.at(t, c, made, i+1)
				var found *awsiam.Meanwhile
				if errors.As(err, &found) {
					stopped.Add(1)
				}
				if failed := a.after(t, c, call); failed != nil {
					t.Errorf("before call %d, %s: %v (the apply ended with: %v)", i+1, call, failed, err)
				}
			})
			t.Logf("%d calls, stopped at %d of them", calls, stopped.Load())
			if a.stops != "" && stopped.Load() == 0 {
				t.Error("it never stopped")
			}
		})
	}
}

// at plans, and applies with the other's act before the k-th call, whose name it gives, and
// says how many calls there were.
func (a *act) at(t testing.TB, c *cloud, made savedAccount, k int) (calls int, call string, err error) {
	p := a.process(t, c)
	s, plan, err := p.plan(context.Background())
	if err != nil {
		t.Error(err)
		return 0, "", err
	}
	p.http.before = func(r *http.Request) error {
		if calls++; calls == k {
			call = nameOf(r)
			a.do(&hand{c, t, made})
		}
		return nil
	}
	err = s.Apply(context.Background(), plan, nil)
	return calls, call, err
}

// nameOf is the operation that a request asks for; of EKS, the method and path.
func nameOf(r *http.Request) string {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	if form, err := url.ParseQuery(string(body)); err == nil && form.Get("Action") != "" {
		return form.Get("Action")
	}
	return fmt.Sprint(r.Method, " ", r.URL.Path)
}
