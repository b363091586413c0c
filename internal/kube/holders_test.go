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

// TestAudience: the audience of a pod's token is that of the volume which its container's file is in.
func TestAudience(t *testing.T) {
	t.Parallel()
	const container = `{"env":[{"name":"AWS_WEB_IDENTITY_TOKEN_FILE","value":"/run/t/token"}],"volumeMounts":[{"name":"other","mountPath":"/run/o"},{"name":"t","mountPath":"/run/t/"}]}`
	const volumes = `[{"name":"other","projected":{"sources":[{"serviceAccountToken":{"path":"token","audience":"no"}}]}},{"name":"t","projected":{"sources":[{"configMap":{}},{"serviceAccountToken":{"path":"token","audience":"sts.example.com"}}]}}]`
	for name, tt := range map[string]struct{ text, want string }{
		"of the volume":    {`{"spec":{"containers":[` + container + `],"volumes":` + volumes + `}}`, "sts.example.com"},
		"of init, too":     {`{"spec":{"initContainers":[` + container + `],"containers":[{}],"volumes":` + volumes + `}}`, "sts.example.com"},
		"no such volume":   {`{"spec":{"containers":[` + container + `]}}`, ""},
		"another file":     {`{"spec":{"containers":[{"env":[{"name":"AWS_WEB_IDENTITY_TOKEN_FILE","value":"/run/t/else"}],"volumeMounts":[{"name":"t","mountPath":"/run/t"}]}],"volumes":` + volumes + `}}`, ""},
		"two that differ":  {`{"spec":{"containers":[` + container + `,{"env":[{"name":"AWS_WEB_IDENTITY_TOKEN_FILE","value":"/run/o/token"}],"volumeMounts":[{"name":"other","mountPath":"/run/o"}]}],"volumes":` + volumes + `}}`, ""},
		"no file is named": {`{"spec":{"containers":[{}],"volumes":` + volumes + `}}`, ""},
	} {
		var pod object
		if err := json.Unmarshal([]byte(tt.text), &pod); err != nil {
			t.Fatal(err)
		}
		if got := audience(pod); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
