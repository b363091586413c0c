package kube

import (
	"encoding/json"
	"fmt"
	"testing"
)

// TestRolledOut: a kind of the same name in another group is none that kubectl restarts.
func TestRolledOut(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ version, kind, name, want string }{
		{"apps/v1", "StatefulSet", "db", "statefulset/db"}, {"apps/v1", "DaemonSet", "agent", "daemonset/agent"},
		{"apps/v1", "ReplicaSet", "web-abc", "deployment/web"}, {"apps/v1", "ReplicaSet", "bare", ""},
		{"apps.kruise.io/v1beta1", "StatefulSet", "db", ""}, {"example.com/v1", "ReplicaSet", "web-abc", ""},
		{"batch/v1", "Job", "once", ""}, {"v1", "Node", "n", ""}, {"example.com/v1", "Thing", "x", ""},
	} {
		text := fmt.Sprintf(`{"metadata":{"labels":{"pod-template-hash":"abc"},"ownerReferences":[{"apiVersion":%q,"kind":%q,"name":%q,"controller":true}]}}`, tt.version, tt.kind, tt.name)
		var pod object
		if err := json.Unmarshal([]byte(text), &pod); err != nil {
			t.Fatal(err)
		}
		if got := rolledOut(pod); got != tt.want {
			t.Errorf("%s %s %s: %q, want %q", tt.version, tt.kind, tt.name, got, tt.want)
		}
	}
}
