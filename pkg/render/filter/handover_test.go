package filter

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/handover"
	"github.com/helm-irsa/helm-irsa/pkg/render"
)

// answer is what helm irsa does with a post-renderer in a test.
type answer struct {
	facts handover.Facts
	yes   bool
	// early: the word comes before anything was rendered; gone: it never comes.
	early, gone bool
}

// handedOver runs the program against a helm irsa that answers so, and gives what that got.
func handedOver(t *testing.T, file string, a answer) (result, handover.Rendered) {
	t.Helper()
	folder, err := handover.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(folder.Close)
	ended := make(chan result, 1)
	go func() { ended <- run(nil, manifests, "-f", file, "-n", "shop", "--hand-over", folder.Address()) }()
	v := <-folder.Visits()
	var got handover.Rendered
	if a.early {
		if err := v.No(); err != nil {
			t.Fatal(err)
		}
	} else {
		if err := v.Tell(a.facts); err != nil {
			t.Fatal(err)
		}
		if got, err = v.Rendered(); err != nil {
			t.Fatal(err)
		}
		select {
		case r := <-ended:
			t.Fatalf("it did not wait: %+v", r)
		case <-time.After(time.Millisecond):
		}
		switch {
		case a.gone:
			err = v.Close()
		case a.yes:
			err = v.Yes()
		default:
			err = v.No()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return <-ended, got
}

// TestHandOver: what is rendered goes to helm irsa, and to stdout only after its yes.
func TestHandOver(t *testing.T) {
	t.Parallel()
	const byName = "apiVersion: helm-irsa.dev/v1alpha1\nkind: ReleaseIdentity\ndefaults: {path: /}\nserviceAccounts:\n- {name: web, role: {name: web}}\n"
	facts := handover.Facts{AccountID: "111122223333", Region: "eu-west-3"}
	for name, c := range map[string]struct {
		file    string
		answer  answer
		code    int
		stdout  bool
		stderr  string
		result  string
		arnFrom string
	}{
		"yes":             {file: irsa, answer: answer{yes: true}, stdout: true, result: "ok"},
		"facts":           {file: byName, answer: answer{facts: facts, yes: true}, stdout: true, result: "ok", arnFrom: "111122223333"},
		"no":              {file: irsa, code: 1, result: "ok"},
		"no at once":      {file: irsa, answer: answer{early: true}, code: 1},
		"gone":            {file: irsa, answer: answer{gone: true}, code: 1, result: "ok", stderr: "helm-irsa: error: helm irsa ended before it said yes, so nothing is rendered\n"},
		"fault":           {file: byName, code: 1, result: "error"},
		"fault and yes":   {file: byName, answer: answer{yes: true}, code: 0, result: "error"},
		"no such file":    {file: "no: yaml: [", code: 1, result: "error"},
		"wrong irsa.yaml": {file: "kind: X\n", code: 1, result: "error"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, got := handedOver(t, write(t, c.file), c.answer)
			if c.result == "error" && c.answer.yes { // a yes to nothing is still nothing
				if r.stdout != "" {
					t.Errorf("stdout %q", r.stdout)
				}
				return
			}
			if r.code != c.code || r.stderr != c.stderr || (r.stdout != "") != c.stdout {
				t.Errorf("%+v", r)
			}
			if c.stdout && r.stdout != string(got.Manifests) {
				t.Errorf("handed over %q, wrote %q", got.Manifests, r.stdout)
			}
			if c.result == "" {
				return
			}
			var report render.Report
			if err := json.Unmarshal(got.Report, &report); err != nil || report.Result != c.result {
				t.Errorf("report %s (%v)", got.Report, err)
			}
			if c.result == "error" && (len(got.Manifests) > 0 || len(report.Errors) == 0) {
				t.Errorf("handed over %+v", got)
			}
			if !strings.Contains(r.stdout, c.arnFrom) {
				t.Errorf("stdout %q", r.stdout)
			}
		})
	}
}

// TestNobodyWaits: a hand-over to nobody renders nothing.
func TestNobodyWaits(t *testing.T) {
	t.Parallel()
	r := run(nil, manifests, "-f", write(t, irsa), "--hand-over", t.TempDir()+"/s")
	if r.code != 1 || r.stdout != "" || !strings.HasPrefix(r.stderr, "helm-irsa: error: reaching helm irsa, which has ended: ") {
		t.Errorf("%+v", r)
	}
}

// TestGiveUp: a renderer before ours that failed is told of.
func TestGiveUp(t *testing.T) {
	t.Parallel()
	folder, err := handover.New()
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	ended := make(chan error, 1)
	go func() { ended <- Program{}.GiveUp(folder.Address(), strings.NewReader("").UnreadByte()) }()
	v := <-folder.Visits()
	if err := v.Tell(handover.Facts{}); err != nil {
		t.Fatal(err)
	}
	got, err := v.Rendered()
	if err != nil || !strings.Contains(string(got.Report), `"result":"error"`) {
		t.Errorf("%s (%v)", got.Report, err)
	}
	if err := v.No(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Error("no error")
	}
}
