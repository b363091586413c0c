package verify_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

// TestSymptoms: what each of them says is heard as that one and no other, and it names findings that
// there are, or what to do.
func TestSymptoms(t *testing.T) {
	t.Parallel()
	all := verify.Symptoms()
	for i := range all {
		s := &all[i]
		for _, said := range s.Says {
			heard := verify.Hear("2026-01-02T03:04:05Z ERROR " + said.Text + "\n")
			if len(heard) != 1 || heard[0].Symptom != s {
				for _, h := range heard {
					t.Log(h.Symptom.Title)
				}
				t.Errorf("%s is not heard as %q: %d", said.Text, s.Title, len(heard))
			}
		}
		if len(s.Says) == 0 || len(s.Codes) == 0 && s.Next == "" {
			t.Errorf("%s: nobody says it, or nothing can be done", s.Title)
		}
		if len(slices.Compact(slices.Sorted(slices.Values(s.Codes)))) != len(s.Codes) {
			t.Errorf("%s: a code stands twice: %q", s.Title, s.Codes)
		}
		for _, code := range s.Codes {
			if _, ok := verify.CodeOf(code); !ok {
				t.Errorf("%s: there is no code %s", s.Title, code)
			}
		}
	}
}

// TestHear: a log is read line by line; each symptom is told once, with the line that first had it.
func TestHear(t *testing.T) {
	t.Parallel()
	heard := verify.Hear(strings.Join([]string{
		"starting",
		`{"level":"error","msg":"WebIdentityErr: failed to retrieve credentials\ncaused by: InvalidIdentityToken: No OpenIDConnect provider found in your account for https://x"}`,
		"Unable to locate credentials. You can configure credentials by running \"aws configure\".",
		"Unable to locate credentials",
		"User: arn:aws:sts::1:assumed-role/a/s is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::1:role/b",
		"User: arn:aws:sts::1:assumed-role/a/s is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::1:role/path/a",
	}, "\n"))
	var titles []string
	for _, h := range heard {
		titles = append(titles, h.Symptom.Title)
	}
	want := "No OpenIDConnect provider found in your account; no credentials; the pod's role may not do that; the role assumes itself"
	if got := strings.Join(titles, "; "); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if heard[1].Line != `Unable to locate credentials. You can configure credentials by running "aws configure".` {
		t.Errorf("line %q", heard[1].Line)
	}
	for _, text := range []string{"", "\n\n", "all is well", "s3: NoSuchBucket", strings.Repeat("x", 1<<20)} {
		if h := verify.Hear(text); len(h) > 0 {
			t.Errorf("%.40q is heard as %s", text, h[0].Symptom.Title)
		}
	}
}

// TestHearFailures: of the symptoms of real failures that are heard, the cause is among the findings.
func TestHearFailures(t *testing.T) {
	t.Parallel()
	cases := failures(t)
	heard, right := 0, 0
	for _, c := range cases {
		if _, ours := verify.CodeOf(c.CauseClass); !ours {
			continue
		}
		found := verify.Hear(c.Symptom)
		if len(found) == 0 {
			continue
		}
		heard++
		for _, h := range found {
			if slices.Contains(h.Symptom.Codes, c.CauseClass) {
				right++
				break
			}
		}
		t.Logf("%s: %s, %v", c.ID, c.CauseClass, found[0].Symptom.Title)
	}
	t.Logf("%d cases, %d heard, the cause among the findings of %d", len(cases), heard, right)
	if heard < 20 || right*10 < heard*9 {
		t.Errorf("%d heard, %d right", heard, right)
	}
}
