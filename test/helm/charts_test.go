package helm

import (
	"path/filepath"
	"runtime"
	"testing"
)

func platform() string { return runtime.GOOS + "/" + runtime.GOARCH }

// small makes a chart with a Deployment, web, a hook, the Job hook, and a
// Deployment, other, whose service account is a value.
func small(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "web")
	write(t, filepath.Join(dir, "Chart.yaml"), "apiVersion: v2\nname: web\nversion: 1.0.0\n", 0o644)
	write(t, filepath.Join(dir, "values.yaml"), "serviceAccountName: other\n", 0o644)
	write(t, filepath.Join(dir, "templates", "deployment.yaml"), `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers: []
`, 0o644)
	write(t, filepath.Join(dir, "templates", "hook.yaml"), `apiVersion: batch/v1
kind: Job
metadata:
  name: hook
  annotations:
    helm.sh/hook: pre-install
spec:
  template:
    spec:
      containers: []
`, 0o644)
	write(t, filepath.Join(dir, "templates", "other.yaml"), `apiVersion: apps/v1
kind: Deployment
metadata:
  name: other
spec:
  template:
    spec:
      serviceAccountName: {{ .Values.serviceAccountName | quote }}
      containers: []
`, 0o644)
	return dir
}

const specHead = `apiVersion: helm-irsa.dev/v1alpha1
kind: ReleaseIdentity
cluster: {region: eu-west-3, accountID: "111122223333"}
serviceAccounts:
- name: web
  role: {name: web-role}
`

func smallSpec(t *testing.T) string {
	return spec(t, "  usedBy:\n  - workload: {kind: Deployment, name: web}\n")
}

// spec writes an irsa.yaml with the service account web and further lines of its entry.
func spec(t *testing.T, entry string) string {
	t.Helper()
	return write(t, filepath.Join(t.TempDir(), "irsa.yaml"), specHead+entry, 0o644)
}
