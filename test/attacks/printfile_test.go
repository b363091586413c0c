package attacks

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/test/cluster"
)

const printedManifests = `---
apiVersion: v1
kind: ServiceAccount
metadata: {name: app, namespace: app, labels: {a: b}, annotations: {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/old"}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: app}
spec:
  template:
    metadata: {labels: {a: b}, annotations: {"iam.amazonaws.com/role": x}}
    spec:
      serviceAccountName: app
      containers: [{name: c, image: i, env: [{name: AWS_ROLE_ARN, value: x}, {name: AWS_ACCESS_KEY_ID, value: y}]}]
`

// offlineFile names a role by its ARN, so that no command asks AWS.
const offlineFile = `apiVersion: helm-irsa.dev/v1alpha1
kind: ReleaseIdentity
cluster: {name: demo, region: eu-west-3, accountID: "111122223333", issuer: "https://oidc.example.com/a"}
migrate: {kiam: true}
serviceAccounts:
- name: app
  create: never
  role: {arn: "arn:aws:iam::111122223333:role/app"}
  token: {audience: sts.amazonaws.com}
  usedBy: [{workload: {kind: Deployment, name: web}}]
  mustAllow: [{action: "s3:GetObject", resource: "arn:aws:s3:::b/*"}]
`

// TestFilePrints: a hostile value in place of every text of irsa.yaml, and of the manifests
// that are rendered, in turn.
func TestFilePrints(t *testing.T) {
	t.Parallel()
	all, dir := newPrinted(), t.TempDir()
	snapshot := filepath.Join(dir, "s.json")
	write(t, dir, "s.json", `{"account":"111122223333","RoleDetailList":[],"OpenIDConnectProviders":[]}`)
	var file any
	if err := yaml.Unmarshal([]byte(offlineFile), &file); err != nil {
		t.Fatal(err)
	}
	manifests := any(documents([]byte(printedManifests)))
	sources := []any{file, manifests}
	for source, whole := range sources {
		count := &texts{nth: -1}
		count.walk(whole)
		for n := range count.n {
			for step := range 5 {
				value := hostile[(n+step*9)%len(hostile)]
				inputs := append([]any{}, sources...)
				inputs[source] = (&texts{nth: n, change: func(s string) string { return strings.Repeat(s, step%2) + value }}).walk(whole)
				text, err := json.Marshal(inputs[0])
				if err != nil {
					t.Fatal(err)
				}
				write(t, dir, "irsa.yaml", string(text))
				write(t, dir, "m.yaml", string(stream(inputs[1])))
				path, report := filepath.Join(dir, "irsa.yaml"), filepath.Join(dir, "report.json")
				rendered := runHere(string(stream(inputs[1])), nil, "post-render", "-f", path, "-n", "app", "--release", "app", "--report", report)
				rendered.stdout = "" // manifests go through as they are
				rendered.check(t)
				verified := runHere("", nil, "verify", "-f", path, "--manifests", filepath.Join(dir, "m.yaml"), "--snapshot", snapshot, "-n", "app")
				verified.check(t)
				all.collect(rendered)
				all.collect(verified)
			}
		}
	}
	all.paste(t)
}

// TestArgumentPrints: a hostile value as the name of a file, a release, a namespace, and as
// what else is typed. Some of it comes from scripts that took it from elsewhere.
func TestArgumentPrints(t *testing.T) {
	t.Parallel()
	all, dir := newPrinted(), t.TempDir()
	write(t, dir, "irsa.yaml", offlineFile)
	write(t, dir, "s.json", "{}")
	helm := fakeHelm(t, dir)
	file := filepath.Join(dir, "irsa.yaml")
	for _, value := range hostile {
		env := map[string]string{"HELM_BIN": helm, "KUBECONFIG": filepath.Join(dir, "none")}
		for _, args := range [][]string{
			{"plan", "app", "-n", "app", "-f", "/none/" + value}, {"plan", value, value}, {"plan", "-o", value}, {value}, {"plan", "--" + value},
			{"completion", value}, {"version", "-o", value}, {"schema", value}, {"local-aws", value}, {"local-aws", "--cluster", value}, {"local-aws", "--other-account", value}, {"local-aws", "--account", value + "x"},
			{"verify", "--explain", value + "x"}, {"verify", "--manifests", "/none/" + value}, {"verify", "--can", value + "x", "--manifests", "-"}, {"verify", "--snapshot", "/none/" + value, "--manifests", "-"},
			{"verify", value + "x", "-n", value, "-f", file, "--snapshot", filepath.Join(dir, "s.json"), "--no-cluster"},
			{"post-render", "-f", "/none/" + value}, {"post-render", value + "x"}, {"post-render", "-f", file, "--account-id", value + "x"},
			{"upgrade", value}, {"upgrade", value, "/none/" + value, "--irsa-file", file, "-n", value}, {"upgrade", "app", "chart", "--irsa-" + value}, {"upgrade", "app", "chart", "--irsa-provision=" + value},
			{"upgrade", "app", "chart", "-n", "app", "--irsa-file", "/none/" + value}, {"uninstall", value, value, "--irsa-file", file},
		} {
			r := runHere("", env, args...)
			r.stderr = withoutHelm(r.stderr)
			r.check(t)
			if !slices.Contains(args, "--help") { // its examples are for reading
				all.collect(r)
			}
		}
	}
	all.paste(t)
}

// fakeHelm answers what Helm is asked for, and fails at what it is to do, once it has called the
// post-renderer that it was given.
func fakeHelm(t *testing.T, dir string) string {
	t.Helper()
	write(t, dir, "helm", `#!/bin/sh
case "$1" in
version) echo v3.18.0 ;;
list) ;;
env) echo app ;;
history) echo '[{"revision":1,"status":"deployed"},{"revision":2,"status":"pending-upgrade"}]' ;;
get) echo 'Error: release: not found' >&2; exit 1 ;;
*)
	n=$#
	while [ $n -gt 0 ]; do
		case "$1" in
		--post-renderer=*) renderer="${1#*=}" ;;
		--post-renderer-args=*) set -- "$@" "${1#*=}" ;;
		esac
		shift
		n=$((n - 1))
	done
	if [ -n "$renderer" ]; then printf '%s\n' 'apiVersion: v1' 'kind: ConfigMap' 'metadata: {name: chart}' | "$renderer" "$@" >/dev/null 2>&1; fi
	echo 'Error: failed' >&2
	exit 1
	;;
esac
`)
	return filepath.Join(dir, "helm")
}

// plugin makes a plugin's folder with the post-renderer in it.
func plugin(t *testing.T, dir string) {
	t.Helper()
	renderer, err := exec.LookPath("irsa-post-renderer") // this program, by another name
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "bin"), "helm-irsa", "") // looked for, and not run
	write(t, filepath.Join(dir, "bin"), "irsa-post-renderer", "#!/bin/sh\nexec "+renderer+" \"$@\"\n")
}

// withoutHelm leaves out what Helm said itself.
func withoutHelm(stderr string) string {
	return strings.ReplaceAll(strings.ReplaceAll(stderr, "Error: failed\n", ""), "Error: release: not found\n", "")
}

// TestClusterPrints: a service account of the cluster with hostile marks of its owner,
// and pods.
func TestClusterPrints(t *testing.T) {
	t.Parallel()
	all, dir := newPrinted(), t.TempDir()
	write(t, dir, "irsa.yaml", strings.Replace(offlineFile, "  create: never\n", "", 1))
	write(t, dir, "s.json", `{"account":"111122223333","RoleDetailList":[],"OpenIDConnectProviders":[]}`)
	helm, file := fakeHelm(t, dir), filepath.Join(dir, "irsa.yaml")
	plugin(t, dir)
	marks := []string{
		`{"ownerReferences":[{"kind":@,"name":@}]}`, `{"labels":{"helm.toolkit.fluxcd.io/name":@,"helm.toolkit.fluxcd.io/namespace":@}}`, `{"annotations":{"argocd.argoproj.io/tracking-id":@}}`,
		`{"labels":{"app.kubernetes.io/managed-by":@}}`, `{"labels":{"app.kubernetes.io/managed-by":"Helm"},"annotations":{"meta.helm.sh/release-name":@,"meta.helm.sh/release-namespace":@}}`,
		`{"managedFields":[{"manager":@,"operation":"Apply","fieldsV1":{"f:metadata":{"f:annotations":{"f:eks.amazonaws.com/role-arn":{}}}}}],"labels":{"app.kubernetes.io/managed-by":"Helm"},"annotations":{"meta.helm.sh/release-name":"app","meta.helm.sh/release-namespace":"app","eks.amazonaws.com/role-arn":@}}`,
	}
	named := 0
	for i, value := range hostile {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		kubeconfig, stop := new(cluster.Cluster).Start()
		write(t, dir, "kubeconfig", kubeconfig)
		mark := strings.ReplaceAll(marks[i%len(marks)], "@", string(safe.YAML(text)))
		metadata := fmt.Sprintf(`{"name":"app","namespace":"app",%s`, mark[1:])
		object := fmt.Sprintf(`{"apiVersion":"v1","kind":"ServiceAccount","metadata":%s}`, metadata)
		if err := post(kubeconfig, "/api/v1/namespaces/app/serviceaccounts", object); err != nil {
			t.Fatal(err)
		}
		env := map[string]string{"HELM_BIN": helm, "KUBECONFIG": filepath.Join(dir, "kubeconfig"), "PLUGIN": dir}
		for _, args := range [][]string{
			{"upgrade", "app", "chart", "-n", "app", "--irsa-file", file, "--irsa-verify=never"},
			{"upgrade", "app", "chart", "-n", "app", "--irsa-file", file, "--irsa-verify=never", "--irsa-adopt"},
			{"upgrade", "app", "chart", "-n", "app", "--irsa-file", file, "--irsa-verify=never", "--irsa-adopt", "--kube-context=" + value},
		} {
			r := runHere("", env, args...)
			if strings.Contains(r.stderr, "belongs to") || strings.Contains(r.stderr, "belonged to") {
				named++
			}
			r.stderr = plansAside(withoutHelm(r.stderr))
			r.check(t)
			all.collect(r)
		}
		stop()
	}
	if named < len(hostile)/2 { // an empty name is no mark
		t.Errorf("only %d runs named an owner", named)
	}
	all.paste(t)
}

// plansAside leaves out the lines of a plan, which are shown on stderr before Helm is run:
// they begin as lines of a plan do.
func plansAside(stderr string) string {
	var out strings.Builder
	for line := range strings.Lines(stderr) {
		if !strings.HasPrefix(line, "~ ") && !strings.HasPrefix(line, "    +") && !strings.HasPrefix(line, "    -") && !strings.HasPrefix(line, "! ") &&
			line != "\n" && !strings.HasPrefix(line, "In the cluster, for Helm release ") && !strings.HasSuffix(line, " to adopt\n") {
			out.WriteString(line)
		}
	}
	if r, bad := drives(stderr); bad {
		fmt.Fprintf(&out, "a plan has %U: %q\n", r, stderr)
	}
	return out.String()
}

// post makes an object in the cluster of a kubeconfig.
func post(kubeconfig, path, object string) error {
	_, rest, _ := strings.Cut(kubeconfig, `server: "`)
	server, _, _ := strings.Cut(rest, `"`)
	answer, err := http.Post(server+path, "application/json", strings.NewReader(object))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		return errors.New(answer.Status)
	}
	return nil
}
