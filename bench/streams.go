package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// largeSize is what "a 100 MB stream" has at least.
const largeSize = 100_000_000

// streams are the inputs.
type streams struct {
	small     []byte // an Epinio chart, with the ServiceAccount epinio-server
	smallText string // what small is, for the results
	parts     [][]byte
	largeText string
}

// loadStreams reads what Helm 3 sent for real charts, from the folder of
// IRSA_MANIFESTS; without one, it writes streams of the same shape.
func loadStreams(dir string) (streams, error) {
	if dir == "" {
		small := syntheticStream(110_000)
		return streams{
			small: small, smallText: "synthetic, 110 KB",
			parts: [][]byte{small}, largeText: "the synthetic stream, repeated",
		}, nil
	}
	const name = "epinio--default.yaml"
	small, err := os.ReadFile(filepath.Join(dir, "helm3", name))
	if err != nil {
		return streams{}, err
	}
	s := streams{small: small, smallText: fmt.Sprintf("real: what Helm 3 sends for the Epinio chart, %d KB", len(small)/1000)}
	files, err := filepath.Glob(filepath.Join(dir, "helm3", "*.yaml"))
	if err != nil || len(files) == 0 {
		return s, fmt.Errorf("no streams in %s (%v)", dir, err)
	}
	size := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return s, err
		}
		s.parts = append(s.parts, endLine(data))
		size += len(data)
	}
	s.largeText = fmt.Sprintf("real: what Helm 3 sends for public charts, %d renderings of %d MB, repeated", len(files), size/1_000_000)
	return s, nil
}

// endLine makes a stream one that another may follow.
func endLine(data []byte) []byte {
	if !bytes.HasSuffix(data, []byte("\n")) {
		data = append(data, '\n')
	}
	return data
}

const largeAccount = "---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: bench-account\n  namespace: bench\n"

// large lists the pieces of a stream of at least size bytes: the parts over and
// over, and the one service account that is annotated after the first half.
func (s streams) large(size int) [][]byte {
	var pieces [][]byte
	account := []byte(largeAccount)
	for sum, i := len(account), 0; sum < size; i++ {
		if account != nil && sum >= size/2 {
			pieces = append(pieces, account)
			account = nil
		}
		part := s.parts[i%len(s.parts)]
		pieces = append(pieces, part)
		sum += len(part)
	}
	return pieces
}

// syntheticStream is at least size bytes in the shape of an Epinio release: small
// objects, workloads, and custom resource definitions that make up most of it.
func syntheticStream(size int) []byte {
	var b bytes.Buffer
	b.WriteString("---\n# Source: epinio/templates/server.yaml\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: epinio-server\n  namespace: epinio\n")
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, syntheticObjects, i)
		for p := range 40 {
			fmt.Fprintf(&b, "              field%d:\n                description: what the field says, in a line of about this length\n                type: string\n", p)
		}
	}
	return b.Bytes()
}

var syntheticObjects = strings.TrimPrefix(`
---
# Source: epinio/templates/object-%[1]d.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: scripts-%[1]d
  namespace: epinio
data:
  run: |
    #!/bin/sh
    echo "---" # not a separator
    exec "$@"
---
# Source: epinio/templates/object-%[1]d.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: server-%[1]d
  namespace: epinio
  labels: {app.kubernetes.io/name: server-%[1]d, app.kubernetes.io/managed-by: Helm}
spec:
  replicas: 1
  selector:
    matchLabels: {app.kubernetes.io/name: server-%[1]d}
  template:
    metadata:
      labels: {app.kubernetes.io/name: server-%[1]d}
    spec:
      serviceAccountName: account-%[1]d
      containers:
      - name: server
        image: "example.com/server:1.0.%[1]d"
        ports:
        - containerPort: 8080
---
# Source: epinio/crds/object-%[1]d.yaml
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: things%[1]d.example.com
spec:
  group: example.com
  names: {kind: Thing%[1]d, listKind: Thing%[1]dList, plural: things%[1]d, singular: thing%[1]d}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties:
`, "\n")
