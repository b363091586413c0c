package engines

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// cmpCommand is a command of a plugin.yaml: cmpserver/plugin/config.go in
// https://github.com/argoproj/argo-cd at v3.5.1, as is cmpPlugin.
type cmpCommand struct {
	Command []string `json:"command"`
	Args    []string `json:"args"`
}

type cmpPlugin struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name string `json:"name"`
	} `json:"metadata"`
	Spec struct {
		Discover struct {
			FileName string `json:"fileName"`
		} `json:"discover"`
		Init       cmpCommand `json:"init"`
		Parameters struct {
			Static []struct {
				Name   string `json:"name"`
				Title  string `json:"title"`
				String string `json:"string"`
			} `json:"static"`
		} `json:"parameters"`
		Generate cmpCommand `json:"generate"`
	} `json:"spec"`
}

// application is what of docs/examples/argocd/application.yaml reaches the plugin.
type application struct {
	Metadata struct {
		Name string `json:"name"`
	} `json:"metadata"`
	Spec struct {
		Source struct {
			Plugin struct {
				Name string `json:"name"`
			} `json:"plugin"`
		} `json:"source"`
		Destination struct {
			Namespace string `json:"namespace"`
		} `json:"destination"`
	} `json:"spec"`
}

// sidecar is where the plugin's commands run.
type sidecar struct {
	plugin cmpPlugin
	env    []string
}

func newSidecar(t *testing.T) sidecar {
	t.Helper()
	var s sidecar
	decode(t, filepath.Join(root, "docs", "examples", "argocd", "plugin.yaml"), &s.plugin)
	helm := program(t, helmVariable, "Helm (make test sets it)")
	s.env = environment(t, bin(t, map[string]string{"helm": helm}))
	return s
}

// generate runs init and generate in the folder of an Application, with the variables
// that the repo server adds, as generateManifest and runCommand in
// cmpserver/plugin/plugin.go do: no shell of its own, stdin empty, stdout alone counts.
func (s sidecar) generate(t *testing.T, folder, name, namespace string) result {
	t.Helper()
	env := append(s.env, "ARGOCD_APP_NAME="+name, "ARGOCD_APP_NAMESPACE="+namespace,
		"KUBE_VERSION=1.36.0", "KUBE_API_VERSIONS=v1,apps/v1,apps/v1/Deployment")
	var r result
	for _, c := range []cmpCommand{s.plugin.Spec.Init, s.plugin.Spec.Generate} {
		r = run(t, folder, env, "", c.Command[0], append(c.Command[1:], c.Args...)...)
		if r.code != 0 {
			break
		}
	}
	return r
}

// TestArgoCDFiles: the Application names the plugin, which finds a folder by its irsa.yaml.
func TestArgoCDFiles(t *testing.T) {
	t.Parallel()
	var plugin cmpPlugin
	decode(t, filepath.Join(root, "docs", "examples", "argocd", "plugin.yaml"), &plugin)
	app := exampleApplication(t)
	if app.Spec.Source.Plugin.Name != plugin.Metadata.Name {
		t.Errorf("the Application names the plugin %q, which is called %q", app.Spec.Source.Plugin.Name, plugin.Metadata.Name)
	}
	// cmpserver/plugin/config.go, ValidatePluginConfig
	if plugin.Kind != "ConfigManagementPlugin" || plugin.Spec.Discover.FileName != "irsa*.yaml" {
		t.Errorf("kind %s, fileName %s", plugin.Kind, plugin.Spec.Discover.FileName)
	}
}

func exampleApplication(t *testing.T) application {
	t.Helper()
	var app application
	// Not strict: what does not reach the plugin is left out above.
	if err := yaml.Unmarshal([]byte(read(t, filepath.Join(root, "docs", "examples", "argocd", "application.yaml"))), &app); err != nil {
		t.Fatal(err)
	}
	return app
}

// TestArgoCDGenerate: the plugin makes what the post-renderer makes of the chart, where
// that is in the folder and where it is a dependency of what is there.
func TestArgoCDGenerate(t *testing.T) {
	t.Parallel()
	s := newSidecar(t)
	app := exampleApplication(t)
	repository := t.TempDir()
	irsa := read(t, filepath.Join(root, "docs", "examples", "epinio", "irsa.yaml"))

	chart(t, "epinio-1.13", filepath.Join(repository, "chart"))
	write(t, filepath.Join(repository, "chart", "irsa.yaml"), irsa)
	write(t, filepath.Join(repository, "prod", "irsa.yaml"), irsa)
	write(t, filepath.Join(repository, "prod", "Chart.yaml"), `apiVersion: v2
name: prod
version: 0.1.0
dependencies:
- {name: epinio, version: 1.13.0, repository: file://../chart}
`)
	rendered := run(t, filepath.Join(repository, "chart"), s.env, "", "helm", "template", app.Metadata.Name, ".",
		"--namespace", app.Spec.Destination.Namespace, "--kube-version", "1.36.0").must(t)
	want := objects(t, run(t, filepath.Join(repository, "chart"), s.env, rendered, "irsa-post-renderer", "-n", app.Spec.Destination.Namespace).must(t))
	for _, folder := range []string{"chart", "prod"} {
		got := objects(t, s.generate(t, filepath.Join(repository, folder), app.Metadata.Name, app.Spec.Destination.Namespace).must(t))
		same(t, folder, got, want)
	}
	for _, account := range []string{"epinio-server", "epinio-staging"} {
		if role := "role/" + account + "-role"; !strings.Contains(want["ServiceAccount epinio/"+account]+want["ServiceAccount /"+account], role) {
			t.Errorf("service account %s has not %s", account, role)
		}
	}
}

// TestArgoCDSettings: what an Application says in env or as parameters is done, and what the
// plugin does not know is an error. The repo server hands env as ARGOCD_ENV_NAME
// (getPluginEnvs in reposerver/repository/repository.go) and parameters as PARAM_NAME
// (ApplicationSourcePluginParameters.Environ in pkg/apis/application/v1alpha1/types.go), with all
// but letters and digits as an underscore. One that is announced and not set is not handed over.
func TestArgoCDSettings(t *testing.T) {
	t.Parallel()
	s := newSidecar(t)
	folder := t.TempDir()
	chart(t, "hooks", folder)
	for _, stage := range []string{"dev", "prod"} {
		write(t, filepath.Join(folder, "irsa-"+stage+".yaml"), irsaOf("orders-app", stage, ""))
		write(t, filepath.Join(folder, stage+".yaml"), "image: "+stage+"/image\n")
	}
	set := func(prefix, stage string, more ...string) sidecar {
		to := s
		to.env = append(slices.Clone(s.env), prefix+"VALUES="+stage+".yaml", prefix+"IRSA_FILE=irsa-"+stage+".yaml")
		to.env = append(to.env, more...)
		return to
	}
	for name, c := range map[string]struct {
		sidecar   sidecar
		app, role string
		image     string
	}{
		"in any namespace": {set("ARGOCD_ENV_", "dev"), "team-a_orders", "role/helm-irsa/dev", "dev/image"},
		"another release":  {set("ARGOCD_ENV_", "prod", "ARGOCD_ENV_RELEASE=orders"), "orders-prod", "role/helm-irsa/prod", "prod/image"},
		"parameters":       {set("PARAM_", "prod", "PARAM_RELEASE=orders"), "orders-prod", "role/helm-irsa/prod", "prod/image"},
		"values":           {set("ARGOCD_ENV_", "dev", "ARGOCD_ENV_VALUES_YAML=image: |-\n  a\n  $b"), "orders", "role/helm-irsa/dev", `a\n$b`},
	} {
		all := objects(t, c.sidecar.generate(t, folder, c.app, "data").must(t))
		if account := all["ServiceAccount /orders-app"]; !strings.Contains(account, c.role) {
			t.Errorf("%s: %s", name, account)
		}
		if deployment := all["Deployment /orders-app"]; !strings.Contains(deployment, c.image) {
			t.Errorf("%s: %s", name, deployment)
		}
	}
	r := set("ARGOCD_ENV_", "dev", "ARGOCD_ENV_VALUE_FILES=x").generate(t, folder, "orders", "data")
	if r.code == 0 || r.stdout != "" || !strings.Contains(r.stderr, "has no parameter VALUE_FILES") {
		t.Errorf("exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
}

// TestArgoCDHooks: hooks are in the stream, whichever Helm renders.
func TestArgoCDHooks(t *testing.T) {
	t.Parallel()
	s := newSidecar(t)
	folder := t.TempDir()
	chart(t, "hooks", folder)
	write(t, filepath.Join(folder, "irsa.yaml"), irsaOf("app-migrate", "migrate", ""))
	all := objects(t, s.generate(t, folder, "app", "data").must(t))
	if account := all["ServiceAccount /app-migrate"]; !strings.Contains(account, "role/helm-irsa/migrate") {
		t.Errorf("the service account of the hook has no role: %s", account)
	}
}

// TestArgoCDFails: where something fails, the exit code says so, and nothing is on
// stdout that Argo CD could take for all there is; also where every service account of
// irsa.yaml may be added, so that a pipe would have ended well.
func TestArgoCDFails(t *testing.T) {
	t.Parallel()
	s := newSidecar(t)
	for name, c := range map[string]struct{ chart, template, irsa, want string }{
		"the chart":     {"cinchy", `{{ fail "no bucket" }}`, irsaOf("any", "any", ""), "Error: execution error"},
		"the target":    {"cinchy", "", irsaOf("any", "any", "workload: {kind: Deployment, name: gone}"), "the release has no Deployment/gone"},
		"the hook":      {"hooks", "", irsaOf("mig", "mig", "workload: {kind: Job, name: app-migrate}"), "Job/app-migrate runs before the release is installed, as service account data/mig, which is added with the release"},
		"no account ID": {"cinchy", "", strings.Replace(irsaOf("any", "any", ""), `, accountID: "111122223333"`, "", 1), "cannot be computed without cluster.accountID"},
		"no value":      {"epinio-1.13", "", irsaOf("any", "any", "value: server.stagingWorkloads.serviceAccountName"), "server.stagingWorkloads.serviceAccountName"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			chart(t, c.chart, folder)
			write(t, filepath.Join(folder, "irsa.yaml"), c.irsa)
			if c.template != "" {
				write(t, filepath.Join(folder, "templates", "more.yaml"), c.template)
			}
			r := s.generate(t, folder, "app", "data")
			if r.code == 0 || r.stdout != "" || !strings.Contains(r.stderr, c.want) {
				t.Errorf("exit code %d, %d bytes on stdout, stderr\n%s\nwant %s", r.code, len(r.stdout), r.stderr, c.want)
			}
		})
	}
}

// irsaOf is an irsa.yaml with one service account, and what is to run as it, if anything.
func irsaOf(account, role, usedBy string) string {
	text := `apiVersion: helm-irsa.dev/v1alpha1
kind: ReleaseIdentity
cluster: {name: demo, region: eu-west-3, accountID: "111122223333"}
serviceAccounts:
- name: ` + account + `
  role: {name: ` + role + `}
`
	if usedBy != "" {
		text += "  usedBy: [{" + usedBy + "}]\n"
	}
	return text
}

// same compares objects by their identity.
func same(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	for id := range want {
		if got[id] != want[id] {
			t.Errorf("%s: %s is\n%s\nwant\n%s", what, id, got[id], want[id])
		}
	}
	for id := range got {
		if want[id] == "" {
			t.Errorf("%s: %s is there too", what, id)
		}
	}
}
