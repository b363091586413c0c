package controlplane

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// Kubeconfig is the path of the kubeconfig of a user who may do everything.
func (c *Cluster) Kubeconfig() string {
	return c.path("admin.kubeconfig")
}

// KubeconfigFor writes a kubeconfig of another user, in these groups, and gives its
// path. The user may do what the cluster's RBAC says.
func (c *Cluster) KubeconfigFor(user string, groups ...string) (string, error) {
	name := "user-" + rand.Text() + ".kubeconfig"
	return c.path(name), c.writeKubeconfig(name, user, groups...)
}

// Config is for clients of the user who may do everything; the caller may change it.
func (c *Cluster) Config() *rest.Config {
	return rest.CopyConfig(c.config)
}

// load reads a kubeconfig, and nothing else. Clients made with it are not slowed down:
// tests make many objects at once.
func load(path string) (*rest.Config, error) {
	config, err := clientcmd.LoadFromFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	client, err := clientcmd.NewDefaultClientConfig(*config, nil).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	client.QPS = -1
	return client, nil
}

func (c *Cluster) url() string {
	return fmt.Sprintf("https://127.0.0.1:%d", c.port)
}

func (c *Cluster) path(name string) string {
	return filepath.Join(c.dir, name)
}

func (c *Cluster) writeKubeconfig(name, user string, groups ...string) error {
	pair, err := c.authority.client(user, groups...)
	if err != nil {
		return err
	}
	config := api.NewConfig()
	config.Clusters[c.options.Name] = &api.Cluster{Server: c.url(), CertificateAuthorityData: c.authority.pem}
	config.AuthInfos[user] = &api.AuthInfo{ClientCertificateData: pair.certificate, ClientKeyData: pair.key}
	config.Contexts[c.options.Name] = &api.Context{Cluster: c.options.Name, AuthInfo: user}
	config.CurrentContext = c.options.Name
	text, err := clientcmd.Write(*config)
	if err != nil {
		return fmt.Errorf("writing the kubeconfig of %s: %w", user, err)
	}
	if err := os.WriteFile(c.path(name), text, 0o600); err != nil {
		return fmt.Errorf("writing the kubeconfig of %s: %w", user, err)
	}
	return nil
}
