package kube

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme"
	"k8s.io/apimachinery/pkg/runtime"
	_ "k8s.io/client-go/plugin/pkg/client/auth" // auth-provider of a kubeconfig, as in Helm
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/helm-irsa/helm-irsa/internal/whichcluster"
)

// Options say which cluster; where they are empty, the environment does, as for Helm.
type Options struct {
	// Kubeconfig is a file; else those of KUBECONFIG, else $HOME/.kube/config.
	Kubeconfig string
	// Context is one of the kubeconfig's; else HELM_KUBECONTEXT, else its current one.
	Context string
	// Namespace is the release's; else HELM_NAMESPACE, else the context's, else default.
	Namespace string
	// Getenv is the environment: HOME, KUBECONFIG, and the HELM_KUBE… in which Helm hands
	// its flags on to plugins. Empty where nil.
	Getenv func(string) string
	// Parallel is how many calls run at once; 10 where 0.
	Parallel int
	// QPS is how many calls begin in a second; as many as there are where 0.
	QPS float64
}

const (
	defaultParallel = 10
	// callTimeout is for one call with its retries: a page of a list at most.
	callTimeout = time.Minute
)

// Client asks one cluster.
type Client struct {
	server    *url.URL // may have a user and password
	context   string
	namespace string
	described whichcluster.Kubeconfig
	certified string // the certificate's name, where it is not the server's
	http      *http.Client
	rest      rest.Interface
	slots     chan struct{} // bounds the calls that run at once
}

// Open finds the cluster and the credentials. It makes no call.
func Open(o Options) (*Client, error) {
	o = o.defaulted()
	loader := o.loader()
	config, err := loader.ClientConfig()
	if err != nil {
		return nil, o.fault(err)
	}
	namespace, _, err := loader.Namespace()
	if err != nil {
		return nil, o.fault(err)
	}
	c := &Client{namespace: namespace, context: o.context(), slots: make(chan struct{}, o.Parallel)}
	if raw, err := loader.RawConfig(); err == nil {
		c.context = first(c.context, raw.CurrentContext)
		c.described = read(raw, c.context, o)
	}
	if err := c.connect(config, o.QPS); err != nil {
		return nil, o.fault(err)
	}
	return c, nil
}

// Beside are the options for a context that is named beside Helm's own; an empty name is Helm's own.
// Nothing that Helm was told of its cluster counts for another: neither its address nor its token.
func Beside(context string, getenv func(string) string) Options {
	if context == "" {
		return Options{Getenv: getenv}
	}
	return Options{Context: context, Getenv: func(key string) string {
		if strings.HasPrefix(key, "HELM_") {
			return ""
		}
		return getenv(key)
	}}
}

// defaulted are the options with what they leave open.
func (o Options) defaulted() Options {
	if o.Getenv == nil {
		o.Getenv = func(string) string { return "" }
	}
	if o.Parallel <= 0 {
		o.Parallel = defaultParallel
	}
	return o
}

// loader merges the kubeconfigs, as Helm does.
func (o Options) loader() clientcmd.ClientConfig {
	return clientcmd.NewNonInteractiveDeferredLoadingClientConfig(o.files(), o.overrides())
}

// connect makes the HTTP client.
func (c *Client) connect(config *rest.Config, qps float64) error {
	config.Timeout, config.UserAgent = callTimeout, "helm-irsa"
	config.QPS = -1 // slots bounds the calls
	if qps > 0 {
		config.QPS, config.Burst = float32(qps), max(1, int(qps))
	}
	config.WarningHandler = rest.NoWarnings{}
	config.ContentType, config.AcceptContentTypes = runtime.ContentTypeJSON, runtime.ContentTypeJSON
	config.NegotiatedSerializer = scheme.Codecs.WithoutConversion() // reads what the API server says of errors
	server, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return err
	}
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return err
	}
	c.server = server
	if server.Scheme == "https" && !config.Insecure {
		c.certified = config.ServerName
	}
	c.http = &http.Client{Transport: bounded{client.Transport, maxAnswer}, Timeout: client.Timeout, CheckRedirect: stay}
	c.rest, err = rest.UnversionedRESTClientForConfigAndClient(config, c.http)
	return err
}

// stay follows no redirect: credentials are added to each request, wherever it goes.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Server is the API server's address, without credentials: those of another URL that was put
// behind it are none of its own, and are left out as well.
func (c *Client) Server() string {
	bare := *c.server
	bare.User = nil
	return withoutUserinfo(bare.String())
}

// Context is the kubeconfig's context; empty where there is none.
func (c *Client) Context() string { return c.context }

// Namespace is the one that Options, the environment or the kubeconfig name.
func (c *Client) Namespace() string { return c.namespace }

// files is where kubeconfigs are looked for. client-go's own default asks the process's
// environment, and does so when it is linked in.
func (o Options) files() *clientcmd.ClientConfigLoadingRules {
	rules := &clientcmd.ClientConfigLoadingRules{ExplicitPath: o.Kubeconfig}
	for _, f := range filepath.SplitList(o.Getenv(clientcmd.RecommendedConfigPathEnvVar)) {
		if f != "" {
			rules.Precedence = append(rules.Precedence, f)
		}
	}
	if len(rules.Precedence) > 0 {
		return rules
	}
	for _, home := range []string{o.Getenv("HOME"), o.Getenv("USERPROFILE")} {
		if home != "" {
			rules.Precedence = append(rules.Precedence, filepath.Join(home, clientcmd.RecommendedHomeDir, clientcmd.RecommendedFileName))
		}
	}
	return rules
}

func (o Options) context() string { return first(o.Context, o.Getenv("HELM_KUBECONTEXT")) }

// overrides are Helm's own flags: helm.sh/helm/v3/pkg/cli/environment.go.
func (o Options) overrides() *clientcmd.ConfigOverrides {
	out := &clientcmd.ConfigOverrides{CurrentContext: o.context()}
	out.Context.Namespace = first(o.Namespace, o.Getenv("HELM_NAMESPACE"))
	out.AuthInfo.Token = o.Getenv("HELM_KUBETOKEN")
	out.AuthInfo.Impersonate = o.Getenv("HELM_KUBEASUSER")
	if groups := strings.Trim(o.Getenv("HELM_KUBEASGROUPS"), ", "); groups != "" {
		out.AuthInfo.ImpersonateGroups = strings.Split(groups, ",")
	}
	out.ClusterInfo.Server = o.Getenv("HELM_KUBEAPISERVER")
	out.ClusterInfo.CertificateAuthority = o.Getenv("HELM_KUBECAFILE")
	out.ClusterInfo.TLSServerName = o.Getenv("HELM_KUBETLS_SERVER_NAME")
	// What is no boolean is false, as in Helm.
	out.ClusterInfo.InsecureSkipTLSVerify, _ = strconv.ParseBool(o.Getenv("HELM_KUBEINSECURE_SKIP_TLS_VERIFY"))
	return out
}

// fault says why there is no cluster to ask.
func (o Options) fault(err error) error {
	if clientcmd.IsEmptyConfig(err) {
		if raw, err := o.loader().RawConfig(); err == nil {
			name := first(o.context(), raw.CurrentContext)
			if context := raw.Contexts[name]; context != nil && raw.Clusters[context.Cluster] == nil {
				return fmt.Errorf("cluster: the kubeconfig (%s) has no cluster %q, which its context %q names", strings.Join(o.places(), ", "), context.Cluster, name)
			}
		}
		return fmt.Errorf("no cluster to read: none of these names one: %s", strings.Join(o.places(), ", "))
	}
	return fmt.Errorf("cluster: %w", &scrubbed{err})
}

// noContext is the error of a context that the kubeconfig does not have.
func (o Options) noContext(name string, config clientcmdapi.Config) error {
	const most = 8 // names fit a line
	names := slices.Sorted(maps.Keys(config.Contexts))
	has := strings.Join(names, ", ")
	switch {
	case len(names) == 0:
		has = "none"
	case len(names) > most:
		has = strings.Join(names[:most], ", ") + ", …"
	}
	return fmt.Errorf("cluster: the kubeconfig (%s) has no context %q; it has: %s", strings.Join(o.places(), ", "), name, has)
}

// places is where Open looked.
func (o Options) places() []string {
	rules := o.files()
	if rules.ExplicitPath != "" {
		return []string{rules.ExplicitPath}
	}
	return append([]string{"HELM_KUBEAPISERVER"}, rules.Precedence...)
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// scrubbed is an error whose text has no user and password of an URL, such as a proxy's.
type scrubbed struct{ err error }

var userinfo = regexp.MustCompile(`://[^/\s"'?#]*@`)

// withoutUserinfo is a text without the user and password of any URL in it.
func withoutUserinfo(text string) string { return userinfo.ReplaceAllString(text, "://") }

func (s *scrubbed) Error() string {
	return withoutUserinfo(strings.Join(strings.Fields(s.err.Error()), " "))
}

func (s *scrubbed) Unwrap() error { return s.err }
