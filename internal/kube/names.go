package kube

import (
	clientcmd "k8s.io/client-go/tools/clientcmd/api"

	"github.com/helm-irsa/helm-irsa/internal/whichcluster"
)

// ReadContext reads what the kubeconfig's context says that Helm uses. It makes no call, and
// no credentials are in what it gives. Where there is no kubeconfig, all of it is empty.
func ReadContext(o Options) (whichcluster.Kubeconfig, error) {
	o = o.defaulted()
	raw, err := o.loader().RawConfig()
	if err != nil {
		return whichcluster.Kubeconfig{}, o.fault(err)
	}
	name := first(o.context(), raw.CurrentContext)
	if name != "" && raw.Contexts[name] == nil && len(raw.Contexts)+len(raw.Clusters) > 0 {
		return whichcluster.Kubeconfig{}, o.noContext(name, raw)
	}
	return read(raw, name, o), nil
}

// Described is what the kubeconfig's context says of the cluster.
func (c *Client) Described() whichcluster.Kubeconfig {
	out := c.described
	out.Context, out.Server, out.CertifiedName = c.context, c.Server(), c.certified
	return out
}

// read gives a context of a kubeconfig as plain values, with what stands beside it: the server
// of --kube-apiserver, and the token of --kube-token.
func read(config clientcmd.Config, context string, o Options) whichcluster.Kubeconfig {
	given := o.Getenv("HELM_KUBEAPISERVER")
	out := whichcluster.Kubeconfig{Context: context, Server: withoutUserinfo(given), Beside: given != ""}
	at := config.Contexts[context]
	if at == nil {
		return out
	}
	out.Cluster, out.User = at.Cluster, at.AuthInfo
	cluster := config.Clusters[at.Cluster]
	out.Beside = given != "" && (cluster == nil || given != cluster.Server)
	if cluster != nil {
		out.Server = withoutUserinfo(first(given, cluster.Server))
		if !cluster.InsecureSkipTLSVerify {
			out.CertifiedName = cluster.TLSServerName
		}
	}
	if name := o.Getenv("HELM_KUBETLS_SERVER_NAME"); name != "" {
		out.CertifiedName = name
	}
	if out.Beside || o.overrides().ClusterInfo.InsecureSkipTLSVerify {
		out.CertifiedName = ""
	}
	if user := config.AuthInfos[at.AuthInfo]; user != nil && user.Exec != nil && o.Getenv("HELM_KUBETOKEN") == "" {
		env := map[string]string{}
		for _, e := range user.Exec.Env {
			env[e.Name] = e.Value
		}
		out.Exec = &whichcluster.Exec{Command: user.Exec.Command, Args: user.Exec.Args, Env: env}
	}
	return out
}
