package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/helm-irsa/helm-irsa/bench/results"
)

const smallRounds = 21

const roleARN = "arn:aws:iam::111122223333:role/epinio-server-role"

const smallSpec = `apiVersion: helm-irsa.dev/v1alpha1
kind: ReleaseIdentity
cluster: {region: eu-west-3, accountID: "111122223333"}
defaults: {path: /}
serviceAccounts:
- name: epinio-server
  create: never
  role: {name: epinio-server-role}
`

const kustomization = `resources: [stream.yaml]
patches:
- target: {kind: ServiceAccount, name: epinio-server}
  patch: |
    apiVersion: v1
    kind: ServiceAccount
    metadata:
      name: any
      annotations:
        eks.amazonaws.com/role-arn: ` + roleARN + `
`

// measureSmall holds our whole process against that of `kustomize build`.
func measureSmall(t tools, s streams, tmp string) ([]results.Row, error) {
	spec, err := writeFile(tmp, "small.yaml", smallSpec)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(tmp, "kustomize")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	if _, err := writeFile(dir, "kustomization.yaml", kustomization); err != nil {
		return nil, err
	}
	if _, err := writeFile(dir, "stream.yaml", string(s.small)); err != nil {
		return nil, err
	}
	namespace, err := accountNamespace(s.small)
	if err != nil {
		return nil, err
	}
	ours := func(keep *bytes.Buffer) (outcome, error) {
		return process([][]byte{s.small}, writerOrNil(keep), t.ours, "-f", spec, "--namespace", namespace)
	}
	theirs := func(keep *bytes.Buffer) (outcome, error) {
		return process(nil, writerOrNil(keep), t.kustomize, "build", dir)
	}
	a, err := checked("irsa-post-renderer", ours)
	if err != nil {
		return nil, err
	}
	b, err := checked("kustomize", theirs)
	if err != nil {
		return nil, err
	}
	as, bs, err := inTurn(smallRounds, a, b)
	if err != nil {
		return nil, err
	}
	start, their, err := measureStart(t)
	if err != nil {
		return nil, err
	}
	return []results.Row{{
		Work: "post-render 110 KB, whole process", Ours: results.Durations(as), Theirs: "kustomize build: " + results.Durations(bs),
		Value: float64(results.Median(bs)) / float64(results.Median(as)), Target: 30, Sense: results.AtLeast, Unit: " times faster",
	}, {
		Work: "the start of that process alone", Ours: results.Durations(start), Theirs: "kustomize version: " + results.Durations(their),
		Value: float64(results.Median(their)) / float64(results.Median(start)), Unit: " times faster",
	}}, nil
}

// measureStart holds what both programs need before they do any work.
func measureStart(t tools) (ours, theirs []time.Duration, err error) {
	var of []contender
	for _, command := range [][]string{{t.ours, "--version"}, {t.kustomize, "version"}} {
		run := func() (outcome, error) { return process(nil, nil, command[0], command[1:]...) }
		o, err := run()
		if err != nil {
			return nil, nil, err
		}
		of = append(of, contender{run: run, want: o.out})
	}
	return inTurn(smallRounds, of[0], of[1])
}

// checked runs one side once and looks whether it made the edit: the annotation, once, on
// the right service account.
func checked(name string, run func(keep *bytes.Buffer) (outcome, error)) (contender, error) {
	var out bytes.Buffer
	o, err := run(&out)
	if err != nil {
		return contender{}, err
	}
	if err := annotatedOnce(out.Bytes(), "epinio-server", roleARN); err != nil {
		return contender{}, fmt.Errorf("%s did not do the work: %w", name, err)
	}
	return contender{run: func() (outcome, error) { return run(nil) }, want: o.out}, nil
}

// annotatedOnce reports whether the ARN stands once in a stream, on the ServiceAccount of this name.
func annotatedOnce(stream []byte, name, arn string) error {
	annotation := []byte("\n    eks.amazonaws.com/role-arn: " + arn + "\n")
	if n := bytes.Count(stream, annotation); n != 1 {
		return fmt.Errorf("the annotation stands %d times in the output", n)
	}
	for _, d := range documents(stream) {
		if bytes.Contains(d, annotation) && isAccount(d, name) {
			return nil
		}
	}
	return fmt.Errorf("the annotation is not on ServiceAccount %s", name)
}

// accountNamespace is the namespace of ServiceAccount epinio-server.
func accountNamespace(stream []byte) (string, error) {
	for _, d := range documents(stream) {
		if _, after, ok := bytes.Cut(d, []byte("\n  namespace: ")); ok && isAccount(d, "epinio-server") {
			line, _, _ := bytes.Cut(after, []byte("\n"))
			return string(line), nil
		}
	}
	return "", fmt.Errorf("the stream has no ServiceAccount epinio-server with a namespace")
}

func documents(stream []byte) [][]byte { return bytes.SplitAfter(stream, []byte("\n---\n")) }

func isAccount(document []byte, name string) bool {
	document = append([]byte{'\n'}, document...)
	return bytes.Contains(document, []byte("\nkind: ServiceAccount\n")) && bytes.Contains(document, []byte("\n  name: "+name+"\n"))
}
