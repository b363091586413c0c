package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/test/e2e/controlplane"
	"github.com/helm-irsa/helm-irsa/test/howtos"
)

const (
	home = howtos.Home
	away = howtos.Away
	// awayProfile is the profile that reaches the other AWS account, as
	// docs/giantswarm.md has it.
	awayProfile = "shared-data"
	// homeProfile reaches the clusters' own.
	homeProfile = "platform"
)

// world is what one scenario has: a Helm with folders of its own, a bare AWS, and a
// namespace in a cluster.
type world struct {
	*testing.T
	helm    helmProgram
	path    string
	where   *shared
	cluster *controlplane.Cluster
	kube    kubernetes.Interface
	aws     *localaws.Server
	name    string // of the cluster, in AWS
	// dir is where commands run; irsa.yaml is written there.
	dir       string
	namespace string
	env       []string
}

// newWorld makes one. The cluster is called prod_cluster in AWS unless another name is given.
func newWorld(t *testing.T, h helmProgram, where *shared, namespace string, name ...string) *world {
	t.Helper()
	w := &world{T: t, helm: h, path: h.path(t), where: where, name: "prod_cluster", namespace: namespace, dir: t.TempDir()}
	if len(name) > 0 {
		w.name = name[0]
	}
	dir, err := plugins()
	w.no(err)
	w.cluster = where.start(t)
	w.kube = w.cluster.Client()
	w.startAWS()
	own := t.TempDir()
	profile := ""
	for name, account := range map[string]string{awayProfile: away, homeProfile: home} {
		profile += fmt.Sprintf("[profile %s]\nregion = %s\naws_access_key_id = %s\naws_secret_access_key = x\n", name, where.region, key(account))
	}
	w.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + own, "TMPDIR=" + own, "LC_ALL=C",
		"HELM_CONFIG_HOME=" + filepath.Join(own, "config"), "HELM_CACHE_HOME=" + filepath.Join(own, "cache"), "HELM_DATA_HOME=" + filepath.Join(own, "data"),
		"HELM_PLUGINS=" + dir, "KUBECONFIG=" + w.cluster.Kubeconfig(),
		"AWS_EC2_METADATA_DISABLED=true", "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull, "AWS_CONFIG_FILE=" + w.write(filepath.Join(own, "aws"), profile),
		"AWS_ENDPOINT_URL=" + w.aws.URL(), "AWS_ACCESS_KEY_ID=" + key(home), "AWS_SECRET_ACCESS_KEY=x", "AWS_REGION=" + where.region,
	}
	return w
}

// key is an access key of an AWS account in the local AWS.
func key(account string) string { return "LOCALAWS" + account }

// startAWS starts an AWS with the cluster, whose tokens it knows, and the nodes' role in it.
func (w *world) startAWS() {
	w.Helper()
	server, err := localaws.New(localaws.Options{Account: home})
	w.no(err)
	w.no(server.AddIssuerKeySet(w.where.issuer, w.cluster.Keys()))
	nodes, err := server.AddRole(howtos.NodeRole)
	w.no(err)
	server.AddCluster(localaws.Cluster{
		Account: home, Region: w.where.region, Name: w.name, Version: "1.36", Issuer: w.where.issuer,
		Nodegroups: map[string]localaws.Nodegroup{"workers": {RoleARN: nodes}},
	})
	for _, id := range []string{home, away} {
		server.AddCredential(key(id), localaws.Credential{Account: id})
	}
	w.no(server.Start())
	w.Cleanup(func() { _ = server.Close() }) // a scenario may have closed it
	w.aws = server
}

// config is the AWS SDK's, with the credentials of an AWS account.
func (w *world) config(account string) aws.Config {
	w.Helper()
	cfg, err := config.LoadDefaultConfig(w.ctx(), config.WithRegion(w.where.region), config.WithBaseEndpoint(w.aws.URL()),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(key(account), "x", "")))
	w.no(err)
	return cfg
}

// ctx ends with the test, but not before its cleanups have.
func (w *world) ctx() context.Context { return context.WithoutCancel(w.Context()) }

// clear takes the namespace out of the cluster, for a world after this one. Namespaces
// that no other scenario has go with the cluster: one with pods takes ten seconds to go.
func (w *world) clear() {
	if err := w.kube.CoreV1().Namespaces().Delete(w.ctx(), w.namespace, metav1.DeleteOptions{}); err != nil {
		return // it is not there
	}
	w.await("namespace "+w.namespace+" to go", func() bool {
		_, err := w.kube.CoreV1().Namespaces().Get(w.ctx(), w.namespace, metav1.GetOptions{})
		return err != nil
	})
}

// no ends the test with an error.
func (w *world) no(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// await waits for something that the cluster does by itself.
func (w *world) await(what string, done func() bool) {
	w.Helper()
	deadline := time.Now().Add(time.Minute)
	for !done() {
		if time.Now().After(deadline) {
			w.Fatalf("waited a minute for %s", what)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (w *world) write(path, text string) string {
	w.Helper()
	w.no(os.WriteFile(path, []byte(text), 0o600))
	return path
}

// result is what a run left.
type result struct {
	stdout, stderr string
	code           int
}

func (r result) String() string {
	return fmt.Sprintf("exit %d\n--- stdout\n%s--- stderr\n%s", r.code, r.stdout, r.stderr)
}

// run runs Helm, in the scenario's folder.
func (w *world) run(args ...string) result {
	w.Helper()
	return w.finish(w.command(args...))
}

// command is Helm, not yet started. A test that takes too long ends it.
func (w *world) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(w.Context(), w.path, args...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = w.dir, w.env, time.Minute
	return cmd
}

func (w *world) finish(cmd *exec.Cmd) result {
	w.Helper()
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.Fatalf("%q: %v", cmd.Args, err)
	}
	return result{out.String(), said.String(), cmd.ProcessState.ExitCode()}
}

// must runs Helm, and ends the test where it fails.
func (w *world) must(args ...string) result {
	w.Helper()
	r := w.run(args...)
	if r.code != 0 {
		w.Fatalf("helm %s: %s", strings.Join(args, " "), r)
	}
	return r
}

// fails runs Helm, which has to fail and to say these.
func (w *world) fails(args []string, words ...string) result {
	w.Helper()
	r := w.run(args...)
	if r.code == 0 {
		w.Fatalf("helm %s did not fail: %s", strings.Join(args, " "), r)
	}
	w.says(r, words...)
	return r
}

// says holds what a run said on stderr against the words that must be in it.
func (w *world) says(r result, words ...string) {
	w.Helper()
	for _, word := range words {
		if !strings.Contains(r.stderr, word) {
			w.Errorf("%q is not said: %s", word, r)
		}
	}
}

// upgrade is the arguments that install or upgrade a release of a chart.
func (w *world) upgrade(release, chart string, more ...string) []string {
	return append([]string{"irsa", "upgrade", "--install", release, chart, "--namespace", w.namespace, "--create-namespace", "--irsa-yes"}, more...)
}

// irsaYAML writes irsa.yaml for the scenario's cluster; text is what comes after `cluster`.
func (w *world) irsaYAML(text string) {
	w.Helper()
	w.write(filepath.Join(w.dir, "irsa.yaml"), fmt.Sprintf(`apiVersion: helm-irsa.dev/v1alpha1
kind: ReleaseIdentity
cluster: {name: %s, region: %s, accountID: "%s"}
defaults: {path: /}
%s`, w.name, w.where.region, home, text))
}
