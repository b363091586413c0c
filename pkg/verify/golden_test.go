package verify_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

var update = flag.Bool("update", false, "rewrite expected.json of the golden cases")

const goldenFolder = "../../testdata/golden/verify"

// TestGolden: a folder a case, named CODE--WHAT for one whose first finding has the code,
// ok--WHAT for one without an error, and error--WHAT for inputs that cannot be read.
// manifests.yaml begins with a comment that says what it shows; there may be
// snapshot.yaml (or .json), irsa.yaml, the release's namespace and its name (release), observed.json and can.json
// (Input.Observed, Input.Can).
func TestGolden(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob(filepath.Join(goldenFolder, "*"))
	if err != nil || len(folders) < 2 {
		t.Fatalf("%d cases: %v", len(folders), err)
	}
	cases := map[string]int{}
	for _, folder := range folders {
		code, _, ok := strings.Cut(filepath.Base(folder), "--")
		if _, known := verify.CodeOf(code); !ok || !known && code != "ok" && code != "error" {
			t.Errorf("%s: want a name of the form CODE--WHAT", folder)
			continue
		}
		cases[code]++
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			runGolden(t, folder, code)
		})
	}
	for _, c := range verify.Codes() {
		if cases[c.Code] < 2 {
			t.Errorf("%s has %d cases: want 2", c.Code, cases[c.Code])
		}
	}
	if cases["ok"] == 0 || cases["error"] == 0 {
		t.Errorf("%d healthy cases, %d that cannot be read", cases["ok"], cases["error"])
	}
}

func runGolden(t *testing.T, folder, code string) {
	manifests, err := os.ReadFile(filepath.Join(folder, "manifests.yaml"))
	if err != nil || !bytes.HasPrefix(manifests, []byte("# ")) {
		t.Fatalf("manifests.yaml does not say what the case shows: %v", err)
	}
	report, err := verifyFolder(folder)
	var got []byte
	if err != nil {
		if code != "error" {
			t.Fatal(err)
		}
		got = []byte(err.Error() + "\n")
	} else {
		if code == "error" {
			t.Fatal("it can be read")
		}
		checkFirst(t, report, code)
		got = marshal(t, report)
	}
	expected := filepath.Join(folder, "expected.json")
	if code == "error" {
		expected = filepath.Join(folder, "error.txt")
	}
	if *update {
		if err := os.WriteFile(expected, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(expected)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is off; got:\n%s", expected, got)
	}
}

// checkFirst holds also while files are rewritten.
func checkFirst(t *testing.T, r *verify.Report, code string) {
	t.Helper()
	for _, f := range r.Findings {
		if f.Message == "" || f.Why == "" || f.Fix == "" || f.Subject == "" {
			t.Errorf("%s lacks a part: %+v", f.Code, f)
		}
		if f.Severity == verify.Error && code == "ok" {
			t.Errorf("healthy, and has %s: %s", f.Code, f.Message)
		}
	}
	if code != "ok" && (len(r.Findings) == 0 || r.Findings[0].Code != code) {
		t.Errorf("first is not %s: %s", code, marshal(t, r))
	}
	if code == "ok" && r.Status == verify.Broken {
		t.Error("healthy, and broken")
	}
}

func marshal(t *testing.T, r *verify.Report) []byte {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// verifyFolder reads what a folder has.
func verifyFolder(folder string) (*verify.Report, error) {
	in := verify.Input{}
	if f, err := os.Open(filepath.Join(folder, "manifests.yaml")); err == nil {
		defer f.Close()
		if in.Objects, err = manifest.Read("manifests.yaml", f); err != nil {
			return nil, err
		}
	}
	for _, name := range []string{"snapshot.yaml", "snapshot.json"} {
		if f, err := os.Open(filepath.Join(folder, name)); err == nil {
			defer f.Close()
			if in.Snapshot, err = awsstate.Read(name, f); err != nil {
				return nil, err
			}
		}
	}
	if data, err := os.ReadFile(filepath.Join(folder, "irsa.yaml")); err == nil {
		if in.File, err = spec.Parse("irsa.yaml", data); err != nil {
			return nil, err
		}
	}
	if data, err := os.ReadFile(filepath.Join(folder, "observed.json")); err == nil {
		if err := json.Unmarshal(data, &in.Observed); err != nil {
			return nil, err
		}
	}
	if data, err := os.ReadFile(filepath.Join(folder, "namespace")); err == nil {
		in.Namespace = strings.TrimSpace(string(data))
	}
	if data, err := os.ReadFile(filepath.Join(folder, "release")); err == nil {
		in.Release = strings.TrimSpace(string(data))
	}
	if data, err := os.ReadFile(filepath.Join(folder, "can.json")); err == nil {
		if err := json.Unmarshal(data, &in.Can); err != nil {
			return nil, err
		}
	}
	return verify.Verify(in), nil
}
