package cli

import (
	"github.com/helm-irsa/helm-irsa/internal/kube"
	"github.com/helm-irsa/helm-irsa/internal/live"
	"github.com/helm-irsa/helm-irsa/internal/voice"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

// openCluster opens the cluster once: the program that gets the credentials may take
// seconds.
func (o *verifyOptions) openCluster(namespace string) (client *kube.Client, err error) {
	if o.kube == nil {
		o.kube, err = kube.Open(kube.Options{Namespace: namespace, Getenv: o.sys.Getenv})
	}
	return o.kube, err
}

// cluster adds to the input what the cluster has, and says what could not be read.
func (o *verifyOptions) cluster(in *verify.Input) error {
	client, err := o.openCluster(in.Namespace)
	if err != nil {
		return err
	}
	unread, err := live.Add(o.sys.context(), client, in)
	for _, text := range unread {
		voice.To(o.sys.Stderr).Warning("unknown: " + text)
	}
	return err
}
