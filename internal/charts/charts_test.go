package charts_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/charts"
	"github.com/helm-irsa/helm-irsa/internal/charts/serve"
	"github.com/helm-irsa/helm-irsa/pkg/discover"
	"github.com/helm-irsa/helm-irsa/pkg/discover/probe"
)

// The test's own program plays irsa-charts, and programs that are none.
func TestMain(m *testing.M) {
	switch os.Getenv("PLAYS") {
	case "charts":
		if err := serve.Serve(os.Stdin, os.Stdout); err != nil {
			panic(err)
		}
	case "mute":
		time.Sleep(time.Minute)
	case "other":
		os.Stdout.WriteString("usage: something else\n")
	case "dies":
		os.Stderr.WriteString("first\nfatal: out of memory\n")
		os.Exit(2)
	case "empty":
		os.Stdout.WriteString("{}\n")
	default:
		os.Exit(m.Run())
	}
}

func plays(t *testing.T, part string) charts.Program {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return charts.Program{Path: exe, Env: append(os.Environ(), "PLAYS="+part)}
}

func chart(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	files["Chart.yaml"] = "apiVersion: v2\nname: app\nversion: 1.0.0\n" + files["Chart.yaml"]
	for name, text := range files {
		file := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

const account = `apiVersion: v1
kind: ServiceAccount
metadata:
  name: app
  annotations:
    {{- with .Values.serviceAccount.annotations }}{{ toYaml . | nindent 4 }}{{ end }}
    count: "{{ .Values.count }}"
`

// TestSame: what the program says is what its packages say, and values are what they were.
func TestSame(t *testing.T) {
	t.Parallel()
	folder := chart(t, map[string]string{"values.yaml": "serviceAccount: {annotations: {}, list: [{a: 1}]}\n", "templates/sa.yaml": account})
	p := plays(t, "charts")
	for _, count := range []any{int64(1000000), 1e6, 0.5, "x", nil, true, int64(1) << 60} {
		o := discover.Options{Chart: folder, Release: "rel", Namespace: "ns", Values: map[string]any{"count": count, "none": nil, "list": []any{int64(1), 1.0, nil}}}
		want, err := probe.Inspect(o)
		if err != nil {
			t.Fatal(err)
		}
		got, err := p.Inspect(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%v: got %#v, want %#v", count, got, want)
		}
		wantStream, err := probe.Render(o)
		if err != nil {
			t.Fatal(err)
		}
		stream, err := p.Render(t.Context(), o)
		if err != nil || string(stream) != string(wantStream) {
			t.Errorf("%v: got %s, %v, want %s", count, stream, err, wantStream)
		}
	}
}

// TestThrough: where a chart needs Helm 4, the caller's Helm renders, and what it says of a
// fault arrives.
func TestThrough(t *testing.T) {
	t.Parallel()
	folder := chart(t, map[string]string{"templates/sa.yaml": "{{ ofHelmFour }}"})
	var asked []map[string]any
	o := discover.Options{Chart: folder, Release: "rel", Namespace: "ns", Values: map[string]any{"n": int64(3)}}
	o.Through = func(values map[string]any, _ bool) ([]byte, error) {
		asked = append(asked, values)
		return []byte("---\n# Source: app/templates/sa.yaml\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: app}\n"), nil
	}
	found, err := plays(t, "charts").Inspect(t.Context(), o)
	if err != nil || len(found.ServiceAccounts) != 1 || !reflect.DeepEqual(asked[0]["n"], int64(3)) {
		t.Fatalf("%+v, %v, asked with %v", found, err, asked)
	}
	o.Through = func(map[string]any, bool) ([]byte, error) { return nil, errors.New("Helm is not well") }
	if _, err := plays(t, "charts").Inspect(t.Context(), o); err == nil || !strings.Contains(err.Error(), "Helm is not well") {
		t.Error(err)
	}
}

// TestFaults: errors keep their kind and their hint, and a program that is not ours is said.
func TestFaults(t *testing.T) {
	t.Parallel()
	o := func(files map[string]string) discover.Options {
		return discover.Options{Chart: chart(t, files), Release: "rel", Namespace: "ns"}
	}
	var lacking *discover.DependencyError
	_, err := plays(t, "charts").Inspect(t.Context(), o(map[string]string{"Chart.yaml": "dependencies: [{name: sub, version: 1.0.0, repository: x}]\n"}))
	if !errors.As(err, &lacking) || !reflect.DeepEqual(lacking.Missing, []string{"sub"}) {
		t.Error(err)
	}
	_, err = plays(t, "charts").Inspect(t.Context(), o(map[string]string{"templates/a.yaml": `{{ required "say it" .Values.bucket }}`}))
	if h, ok := err.(interface{ Hint() string }); !ok || !strings.Contains(h.Hint(), "--set bucket=") {
		t.Errorf("%v has no hint", err)
	}
	for part, says := range map[string]string{
		"other": "asking irsa-charts: invalid character", "dies": "asking irsa-charts: exit status 2: fatal: out of memory", "empty": "its reply has no result",
	} {
		if _, err := plays(t, part).Inspect(t.Context(), o(map[string]string{})); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", part, err)
		}
	}
	if _, err := (charts.Program{Path: filepath.Join(t.TempDir(), "none")}).Render(t.Context(), o(map[string]string{})); err == nil || !strings.Contains(err.Error(), "there is no ") {
		t.Error(err)
	}
	if err := serve.Serve(strings.NewReader(`{"Do":"dance"}`), &strings.Builder{}); err != nil {
		t.Error(err)
	}
}

// TestInterrupted: the program does not outlive the command.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	p := plays(t, "mute")
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := p.Render(ctx, discover.Options{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// FuzzValues: values go over the wire as they are.
func FuzzValues(f *testing.F) {
	f.Add(int64(1), 1e21, "a", true)
	f.Add(int64(-1)<<63, math.Copysign(0, -1), "\x00", false)
	f.Fuzz(func(t *testing.T, n int64, x float64, s string, b bool) {
		if math.IsNaN(x) || math.IsInf(x, 0) || strings.ToValidUTF8(s, "") != s {
			t.Skip("neither YAML nor --set makes such a value for JSON")
		}
		in := charts.Values{"n": n, "x": x, "m": map[string]any{s: []any{n, x, s, b, nil, map[string]any{}, []any{}}}}
		text, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		var out charts.Values
		if err := json.Unmarshal(text, &out); err != nil || !reflect.DeepEqual(in, out) {
			t.Errorf("%v became %v: %s, %v", in, out, text, err)
		}
	})
}
