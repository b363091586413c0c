package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// size is how large a release is.
type size struct{ workloads, accounts int }

func (s size) String() string {
	return fmt.Sprintf("%d workloads, %d service accounts", s.workloads, s.accounts)
}

// account and workload are the names of the i-th ones.
func account(i int) string { return fmt.Sprintf("account-%03d", i) }

func workload(account, i int) string { return fmt.Sprintf("app-%03d-%03d", account, i) }

// patched: the chart does not say that the workloads of this service account run as it,
// so that irsa.yaml has to. So it is with every second one.
func patched(account int) bool { return account%2 == 1 }

// writeChart makes the chart in dir: a template for each service account, with the
// service account and the Deployments that run as it.
func writeChart(dir string, s size) error {
	templates := filepath.Join(dir, "templates")
	if err := os.MkdirAll(templates, 0o755); err != nil {
		return fmt.Errorf("making the chart: %w", err)
	}
	files := map[string]string{
		"Chart.yaml":  "apiVersion: v2\nname: scale\nversion: 1.0.0\n",
		"values.yaml": "image: registry.example.com/app:1.0\nreplicas: 1\n",
	}
	for a := range s.accounts {
		var b strings.Builder
		fmt.Fprintf(&b, accountTemplate, account(a))
		for i := a; i < s.workloads; i += s.accounts {
			runAs := "\n      serviceAccountName: " + account(a)
			if patched(a) {
				runAs = ""
			}
			fmt.Fprintf(&b, deploymentTemplate, workload(a, i), runAs)
		}
		files[filepath.Join("templates", account(a)+".yaml")] = b.String()
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return fmt.Errorf("making the chart: %w", err)
		}
	}
	return nil
}

const accountTemplate = `apiVersion: v1
kind: ServiceAccount
metadata:
  name: %[1]s
  labels:
    app.kubernetes.io/instance: {{ .Release.Name }}
    app.kubernetes.io/managed-by: {{ .Release.Service }}
`

// deploymentTemplate is of the length that Deployments of public charts have.
const deploymentTemplate = `---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: %[1]s
  labels:
    app.kubernetes.io/name: %[1]s
    app.kubernetes.io/instance: {{ .Release.Name }}
    app.kubernetes.io/managed-by: {{ .Release.Service }}
    helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels:
      app.kubernetes.io/name: %[1]s
      app.kubernetes.io/instance: {{ .Release.Name }}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: %[1]s
        app.kubernetes.io/instance: {{ .Release.Name }}
    spec:%[2]s
      securityContext:
        runAsNonRoot: true
        fsGroup: 1000
      containers:
      - name: main
        image: {{ .Values.image | quote }}
        imagePullPolicy: IfNotPresent
        args: [serve, --port=8080, --name=%[1]s]
        env:
        - name: LOG_LEVEL
          value: info
        - name: BUCKET
          value: %[1]s-data
        ports:
        - name: http
          containerPort: 8080
          protocol: TCP
        readinessProbe:
          httpGet:
            path: /ready
            port: http
        resources:
          requests:
            cpu: 1m
            memory: 1Mi
          limits:
            memory: 128Mi
        volumeMounts:
        - name: tmp
          mountPath: /tmp
      volumes:
      - name: tmp
        emptyDir: {}
`
