package webhook

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// recording is the file that IRSA_WEBHOOK names: answers of the running webhook.
type recording struct {
	About    string           `json:"about"` // names the flags it ran with
	Accounts []map[string]any `json:"serviceAccounts"`
	Cases    []struct {
		Case  string         `json:"case"`
		Pod   map[string]any `json:"pod"`
		Patch []operation    `json:"patch"` // null: the pod is left as it is
	} `json:"cases"`
}

// TestRecorded: what the real webhook answered is what is predicted, to the last field.
func TestRecorded(t *testing.T) {
	t.Parallel()
	file := os.Getenv("IRSA_WEBHOOK")
	if file == "" {
		t.Skip("IRSA_WEBHOOK is not set: it names the recorded answers of the webhook")
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var rec recording
	if err := json.Unmarshal(data, &rec); err != nil {
		t.Fatal(err)
	}
	if len(rec.Cases) == 0 || len(rec.Accounts) == 0 {
		t.Fatalf("%s holds nothing", file)
	}
	config := Defaults()
	if flag := regexp.MustCompile(`--aws-default-region=([a-z0-9-]+)`).FindStringSubmatch(rec.About); flag != nil {
		config.Region = flag[1]
	}
	for _, c := range rec.Cases {
		t.Run(c.Case, func(t *testing.T) {
			t.Parallel()
			pod, err := NewPod(c.Pod, "")
			if err != nil {
				t.Fatal(err)
			}
			in := Predict(accountOf(t, rec.Accounts, pod), pod, config)
			if (in.Method != "") != (c.Patch != nil) {
				t.Fatalf("method %q, reason %q; recorded: %v", in.Method, in.Reason, c.Patch)
			}
			want, err := patched(c.Pod, c.Patch)
			if err != nil {
				t.Fatal(err)
			}
			same(t, in.Apply(c.Pod), want)
		})
	}
}

func accountOf(t *testing.T, objects []map[string]any, pod Pod) Account {
	t.Helper()
	for _, o := range objects {
		a, err := NewAccount(o, "")
		if err != nil {
			t.Fatal(err)
		}
		if a.Namespace == pod.Namespace && a.Name == pod.ServiceAccountName {
			return a
		}
	}
	return Account{}
}

// operation is one of a JSON patch (RFC 6902). The webhook has no others than add.
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value"`
}

func patched(object map[string]any, patch []operation) (map[string]any, error) {
	out := clone(object).(map[string]any)
	for _, op := range patch {
		if op.Op != "add" || !strings.HasPrefix(op.Path, "/") {
			return nil, fmt.Errorf("not understood: %+v", op)
		}
		if _, err := put(out, strings.Split(op.Path[1:], "/"), op.Value); err != nil {
			return nil, fmt.Errorf("%s: %w", op.Path, err)
		}
	}
	return out, nil
}

// put gives the node with the value added at the path.
func put(node any, path []string, value any) (any, error) {
	key := strings.NewReplacer("~1", "/", "~0", "~").Replace(path[0])
	switch node := node.(type) {
	case map[string]any:
		if len(path) == 1 {
			node[key] = clone(value)
			return node, nil
		}
		child, ok := node[key]
		if !ok {
			return nil, fmt.Errorf("there is no %s", key)
		}
		child, err := put(child, path[1:], value)
		node[key] = child
		return node, err
	case []any:
		i, err := strconv.Atoi(key)
		if err != nil || i > len(node) || len(path) > 1 {
			return nil, fmt.Errorf("%s is no place in a list of %d", key, len(node))
		}
		return slices.Insert(node, i, clone(value)), nil
	}
	return nil, fmt.Errorf("%s is in %T", key, node)
}

// same compares as JSON, so that the numbers' types do not matter.
func same(t *testing.T, got, want any) {
	t.Helper()
	if g, w := asJSON(t, got), asJSON(t, want); !reflect.DeepEqual(g, w) {
		a, _ := json.MarshalIndent(g, "", " ")
		b, _ := json.MarshalIndent(w, "", " ")
		t.Errorf("got\n%s\nwant\n%s", a, b)
	}
}

func asJSON(t *testing.T, v any) any {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var back any
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	return back
}
