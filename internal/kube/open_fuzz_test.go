package kube

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzKubeconfig: a kubeconfig may come from anybody, such as out of a pull request. Whatever
// it is: no panic, no call, either a client or an error, no user and password in what is
// shown, and names of EKS only where they are names. Those that would have a program run
// are left out.
func FuzzKubeconfig(f *testing.F) {
	const one = `apiVersion: v1
kind: Config
current-context: %
contexts: [{name: "%", context: {cluster: "%", user: u, namespace: apps}}]
clusters: [{name: "%", cluster: {server: "https://user:secret@127.0.0.1:1/x", proxy-url: "http://p:secret@127.0.0.1:2"}}]
users: [{name: u, user: {token: t}}]
`
	for _, name := range []string{"c", "arn:aws:eks:eu-west-3:111122223333:cluster/demo", "me@demo.eu-west-3.eksctl.io"} {
		f.Add(bytes.ReplaceAll([]byte(one), []byte("%"), []byte(name)))
	}
	for _, seed := range []string{
		"", "{}", "null", "[]", "\x00", "apiVersion: v1\nkind: Config\ncurrent-context: none\n",
		`{"apiVersion":"v1","kind":"Config","current-context":"c","contexts":[{"name":"c","context":{"cluster":"c"}}],"clusters":[{"name":"c","cluster":{"server":"ftp://x","certificate-authority-data":"eA==","insecure-skip-tls-verify":true,"tls-server-name":"y"}}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, programs := range []string{"exec", "provider"} {
			if bytes.Contains(bytes.ToLower(data), []byte(programs)) {
				t.Skip("would have a program run")
			}
		}
		path := filepath.Join(t.TempDir(), "config")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		client, err := Open(Options{Kubeconfig: path})
		if err != nil {
			if client != nil || err.Error() == "" || userinfo.MatchString(err.Error()) {
				t.Fatalf("%q: client %v, error %q", data, client, err)
			}
			return
		}
		if server := client.Server(); server == "" || userinfo.MatchString(server) {
			t.Fatalf("%q: server %q", data, server)
		}
		for _, name := range client.Described().Names() {
			if name.Name == "" || strings.ContainsAny(name.Name, " /.\n") || name.Where == "" {
				t.Fatalf("%q: EKS name %+v", data, name)
			}
		}
		if client.Namespace() == "" {
			t.Fatalf("%q: no namespace", data)
		}
	})
}
