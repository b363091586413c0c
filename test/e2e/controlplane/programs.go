package controlplane

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// The programs, by the names of their files.
const (
	etcd              = "etcd"
	apiServer         = "kube-apiserver"
	controllerManager = "kube-controller-manager"
	scheduler         = "kube-scheduler"
	kwok              = "kwok"
)

// masters is the group whose members may do everything.
const masters = "system:masters"

// writeFiles writes what the programs are started with, the kubeconfigs aside: they
// name a port that may have to be chosen again.
func (c *Cluster) writeFiles() error {
	serving, err := c.authority.server(apiServer)
	if err != nil {
		return err
	}
	// AWS takes tokens that are signed with RSA; so does EKS sign them.
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return fmt.Errorf("making the key of the issuer: %w", err)
	}
	for name, content := range map[string][]byte{
		"ca.crt":     c.authority.pem,
		"server.crt": serving.certificate,
		"server.key": serving.key,
		"issuer.key": encode("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key)),
	} {
		if err := os.WriteFile(c.path(name), content, 0o600); err != nil {
			return fmt.Errorf("preparing the cluster: %w", err)
		}
	}
	return nil
}

// writeKubeconfigs writes those of the programs and of the user who may do everything.
// The controllers and kwok may do everything too, so that not each of them has to ask
// for a token of its own while the cluster starts.
func (c *Cluster) writeKubeconfigs() error {
	for _, one := range []struct{ name, user, group string }{
		{"admin", "admin", masters},
		{controllerManager, "system:kube-controller-manager", masters},
		{scheduler, "system:kube-scheduler", ""},
		{kwok, "kwok", masters},
	} {
		var groups []string
		if one.group != "" {
			groups = append(groups, one.group)
		}
		if err := c.writeKubeconfig(one.name+".kubeconfig", one.user, groups...); err != nil {
			return err
		}
	}
	return nil
}

// etcdSocket looks like a host and a port because etcd wants one. It is relative to the folder of the cluster, where all programs run: the
// path of a socket has at most 107 bytes, and folders of tests can be longer.
const etcdSocket = "etcd.sock:0"

// startEtcd does not wait until etcd answers: the API server does, once it can connect.
func (c *Cluster) startEtcd(ctx context.Context) (*process, error) {
	p, err := c.run(etcd, "--client-socket="+etcdSocket)
	if err != nil {
		return nil, err
	}
	return p, p.await(ctx, func(context.Context) error {
		_, err := os.Stat(c.path(etcdSocket))
		return err
	})
}

func (c *Cluster) startAPIServer(ctx context.Context) (*process, error) {
	p, err := c.run(apiServer,
		"--etcd-servers=unix://"+etcdSocket,
		"--bind-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", c.port),
		"--advertise-address=127.0.0.1",
		// The Service kubernetes must not lead to loopback, which the API refuses.
		"--endpoint-reconciler-type=none",
		"--tls-cert-file=server.crt",
		"--tls-private-key-file=server.key",
		"--client-ca-file=ca.crt",
		// Without it, stopping waits a minute for watches that nobody ends.
		"--shutdown-watch-termination-grace-period=1s",
		"--authorization-mode=Node,RBAC",
		"--service-cluster-ip-range=10.96.0.0/16",
		"--service-account-issuer="+c.options.Issuer,
		"--service-account-jwks-uri="+strings.TrimSuffix(c.options.Issuer, "/")+"/keys",
		"--service-account-signing-key-file=issuer.key",
		"--service-account-key-file=issuer.key",
		// The first is what EKS has; tokens for any other audience can be asked for.
		"--api-audiences=https://kubernetes.default.svc,"+c.options.Issuer,
	)
	if err != nil {
		return nil, err
	}
	return p, p.await(ctx, c.answers)
}

// answers says whether the API server does. The client is one that nobody else uses:
// it meets a server that is not there yet.
func (c *Cluster) answers(ctx context.Context) error {
	_, err := c.client.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx)
	return err
}

// startRest starts what only talks to the API server.
func (c *Cluster) startRest() error {
	fast := []string{"--kube-api-qps=1000", "--kube-api-burst=2000", "--leader-elect=false", "--secure-port=0"}
	for name, args := range map[string][]string{
		controllerManager: append([]string{
			"--service-account-private-key-file=issuer.key",
			"--root-ca-file=ca.crt",
			// A machine that is too busy for kwok's heartbeats must not cost the pods of a test.
			"--node-monitor-grace-period=1h",
		}, fast...),
		scheduler: fast,
		kwok: {
			"--config=" + filepath.Join(c.options.Binaries, "kwok-stages.yaml"),
			"--manage-all-nodes=true",
			"--cidr=10.244.0.1/16",
			"--node-port=0", // it serves nothing
		},
	} {
		p, err := c.run(name, append(args, "--kubeconfig="+name+".kubeconfig")...)
		if err != nil {
			return err
		}
		c.rest = append(c.rest, p)
	}
	return nil
}
