package kube

import (
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func env(pairs ...string) func(string) string {
	all := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		all[pairs[i]] = pairs[i+1]
	}
	return func(name string) string { return all[name] }
}

func TestOpenFinds(t *testing.T) {
	t.Parallel()
	file := kubeconfig(t, "https://one.example:6443")
	second := kubeconfig(t, "https://two.example")
	home := t.TempDir()
	if err := os.Mkdir(filepath.Join(home, ".kube"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(kubeconfig(t, "https://home.example"), filepath.Join(home, ".kube", "config")); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		options                    Options
		server, context, namespace string
	}{
		"flag":            {Options{Kubeconfig: file, Getenv: env("KUBECONFIG", second)}, "https://one.example:6443", "test", "apps"},
		"KUBECONFIG":      {Options{Getenv: env("KUBECONFIG", second)}, "https://two.example", "test", "apps"},
		"several":         {Options{Getenv: env("KUBECONFIG", "/does/not/exist"+string(os.PathListSeparator)+file)}, "https://one.example:6443", "test", "apps"},
		"home":            {Options{Getenv: env("HOME", home)}, "https://home.example", "test", "apps"},
		"context":         {Options{Kubeconfig: file, Context: "other", Getenv: env("HELM_KUBECONTEXT", "test")}, "https://other.example:6443", "other", "default"},
		"HELM_KUBE…":      {Options{Kubeconfig: file, Getenv: env("HELM_KUBECONTEXT", "other")}, "https://other.example:6443", "other", "default"},
		"namespace":       {Options{Kubeconfig: file, Namespace: "ours", Getenv: env("HELM_NAMESPACE", "helms")}, "https://one.example:6443", "test", "ours"},
		"HELM_NAMESPACE":  {Options{Kubeconfig: file, Getenv: env("HELM_NAMESPACE", "helms")}, "https://one.example:6443", "test", "helms"},
		"server alone":    {Options{Getenv: env("HELM_KUBEAPISERVER", "https://bare.example")}, "https://bare.example", "", "default"},
		"server over all": {Options{Kubeconfig: file, Getenv: env("HELM_KUBEAPISERVER", "https://over.example/k8s/c-1")}, "https://over.example/k8s/c-1", "test", "apps"},
		"credentials":     {Options{Getenv: env("HELM_KUBEAPISERVER", "https://me:hunter2@bare.example")}, "https://bare.example", "", "default"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Open(c.options)
			if err != nil {
				t.Fatal(err)
			}
			if got.Server() != c.server || got.Context() != c.context || got.Namespace() != c.namespace {
				t.Errorf("%s, context %q, namespace %q; want %s, %q, %q", got.Server(), got.Context(), got.Namespace(), c.server, c.context, c.namespace)
			}
		})
	}
}

func TestOpenFaults(t *testing.T) {
	t.Setenv("KUBERNETES_SERVICE_HOST", "") // where the tests run in a pod
	// What the process's own environment names is never read.
	t.Setenv("KUBECONFIG", kubeconfig(t, "https://users.own"))
	t.Setenv("HOME", t.TempDir())
	broken := filepath.Join(t.TempDir(), "broken")
	if err := os.WriteFile(broken, []byte("clusters: ["), 0o600); err != nil {
		t.Fatal(err)
	}
	proxy := filepath.Join(t.TempDir(), "proxy")
	text := `{apiVersion: v1, kind: Config, clusters: [{name: a, cluster: {server: "https://a.example", proxy-url: "ftp://me:hunter2@proxy.example"}}], contexts: [{name: a, context: {cluster: a}}], current-context: a}`
	if err := os.WriteFile(proxy, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	lost := filepath.Join(t.TempDir(), "lost")
	if err := os.WriteFile(lost, []byte(`{apiVersion: v1, kind: Config, contexts: [{name: a, context: {cluster: b}}], current-context: a}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		options Options
		want    string
	}{
		"no cluster": {Options{Kubeconfig: lost}, `has no cluster "b", which its context "a" names`},
		"nothing":    {Options{}, "no cluster to read: none of these names one: HELM_KUBEAPISERVER"},
		"no file":    {Options{Getenv: env("HOME", "/no/such")}, "no cluster to read: none of these names one: HELM_KUBEAPISERVER, /no/such/.kube/config"},
		"flag":       {Options{Kubeconfig: "/no/such"}, "cluster: stat /no/such: no such file"},
		"no context": {Options{Kubeconfig: kubeconfig(t, "https://a"), Context: "third"}, `cluster: context "third" does not exist`},
		"broken":     {Options{Kubeconfig: broken}, "cluster: error loading config file"},
		"proxy":      {Options{Kubeconfig: proxy}, "proxy.example"},
		"no CA":      {Options{Kubeconfig: kubeconfig(t, "https://a"), Getenv: env("HELM_KUBECAFILE", "/no/ca")}, "/no/ca"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(c.options)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%v\nwant: %s", err, c.want)
			}
		})
	}
}

// TestHelmVariables: what Helm hands on to its plugins reaches the API server.
func TestHelmVariables(t *testing.T) {
	t.Parallel()
	var got http.Header
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header
		reply(w, object{"gitVersion": "v1.33.1-eks-1fbb135", "major": "1", "minor": "33+"})
	}))
	server.Config.ErrorLog = quiet()
	server.StartTLS()
	t.Cleanup(server.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	file := kubeconfig(t, "https://of.the.kubeconfig")
	common := []string{"HELM_KUBEAPISERVER", server.URL, "HELM_KUBETOKEN", "of-helm", "HELM_KUBEASUSER", "admin", "HELM_KUBEASGROUPS", "a,b, "}
	for name, c := range map[string]struct {
		more    []string
		refused string
	}{
		"CA":          {[]string{"HELM_KUBECAFILE", ca, "HELM_KUBEINSECURE_SKIP_TLS_VERIFY", "false"}, ""},
		"server name": {[]string{"HELM_KUBECAFILE", ca, "HELM_KUBETLS_SERVER_NAME", "example.com"}, ""},
		"insecure":    {[]string{"HELM_KUBEINSECURE_SKIP_TLS_VERIFY", "true"}, ""},
		"no CA":       {nil, "certificate"},
		"other name":  {[]string{"HELM_KUBECAFILE", ca, "HELM_KUBETLS_SERVER_NAME", "other.org"}, "other.org"},
		"no boolean":  {[]string{"HELM_KUBEINSECURE_SKIP_TLS_VERIFY", "perhaps"}, "certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			client, err := Open(Options{Kubeconfig: file, Getenv: env(append(c.more, common...)...)})
			if err != nil {
				t.Fatal(err)
			}
			v, err := client.ServerVersion(t.Context())
			if c.refused != "" {
				if fault := (*ConnectError)(nil); !errors.As(err, &fault) || !strings.Contains(err.Error(), c.refused) || !strings.Contains(err.Error(), server.URL) {
					t.Errorf("%v, want one of %s with %q", err, server.URL, c.refused)
				}
				return
			}
			if err != nil || v.String() != "1.33" || v.Git != "v1.33.1-eks-1fbb135" {
				t.Fatalf("%+v, %v", v, err)
			}
			if got.Get("Authorization") != "Bearer of-helm" || got.Get("Impersonate-User") != "admin" || strings.Join(got["Impersonate-Group"], "|") != "a|b" {
				t.Errorf("sent %v", got)
			}
		})
	}
}

// TestHelmsTokenStays: a context that was named beside Helm's own gets nothing that Helm was told
// of that one, its token least of all.
func TestHelmsTokenStays(t *testing.T) {
	t.Parallel()
	helms := env("HELM_KUBEAPISERVER", "https://helms.example", "HELM_KUBETOKEN", "of-helm", "HELM_KUBEASUSER", "admin", "HELM_KUBECAFILE", "/no/ca")
	o := Beside("other", helms).defaulted()
	if got := o.overrides(); got.AuthInfo.Token != "" || got.AuthInfo.Impersonate != "" || got.ClusterInfo.Server != "" || got.ClusterInfo.CertificateAuthority != "" || got.CurrentContext != "other" {
		t.Errorf("the context other gets %+v", got)
	}
	own := Beside("", helms).defaulted()
	if got := own.overrides(); got.AuthInfo.Token != "of-helm" || got.ClusterInfo.Server != "https://helms.example" {
		t.Errorf("Helm's own cluster gets %+v", got)
	}
}
