package controlplane

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// patience is how long a start may take on a machine that is busy.
const patience = 3 * time.Minute

// grace is how long the API server may take to finish what it is doing.
const grace = 20 * time.Second

// Cluster is a control plane that runs.
type Cluster struct {
	options   Options
	dir       string
	lock      *os.File // nil for a folder of the caller's
	port      int
	authority *authority
	config    *rest.Config
	client    kubernetes.Interface
	keys      []byte
	webhook   *hook

	mu        sync.Mutex // of the processes
	etcd, api *process
	rest      []*process
	stopped   bool
}

// Start starts a control plane and waits until pods can be made in it. ctx is for the
// start only: the cluster lives until Stop, and no longer than this process. Where it
// fails, nothing is left.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	c := &Cluster{options: o}
	if c.dir, c.lock, err = o.folder(); err != nil {
		return nil, fmt.Errorf("making the folder of cluster %s: %w", o.Name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	begin := time.Now()
	if err := c.start(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("cluster %s: %w", o.Name, err), c.Stop())
	}
	c.say("%s is ready after %.1f s", c.url(), time.Since(begin).Seconds())
	return c, nil
}

func (c *Cluster) start(ctx context.Context) (err error) {
	if c.authority, err = newAuthority(c.options.Name); err != nil {
		return err
	}
	if err = c.writeFiles(); err != nil {
		return err
	}
	c.say("starting %s", etcd)
	if c.etcd, err = c.startEtcd(ctx); err != nil {
		return err
	}
	c.say("starting %s", apiServer)
	if err = c.startAPIServerAnywhere(ctx); err != nil {
		return err
	}
	c.say("starting %s, %s and %s", controllerManager, scheduler, kwok)
	if err = c.startRest(); err != nil {
		return err
	}
	if c.keys, err = c.client.Discovery().RESTClient().Get().AbsPath("/openid/v1/jwks").DoRaw(ctx); err != nil {
		return fmt.Errorf("reading the issuer's keys: %w", err)
	}
	if err = c.startWebhook(ctx); err != nil {
		return err
	}
	c.say("waiting for %d nodes", c.options.Nodes)
	return c.settle(ctx)
}

// startAPIServerAnywhere takes another port where somebody was faster.
func (c *Cluster) startAPIServerAnywhere(ctx context.Context) (err error) {
	for range 3 {
		if err = c.choosePort(); err != nil {
			return err
		}
		if c.api, err = c.startAPIServer(ctx); err == nil || c.api == nil || c.api.alive() || !taken(c.port) {
			return err
		}
	}
	return err
}

func (c *Cluster) choosePort() (err error) {
	if c.port, err = freePort(); err != nil {
		return err
	}
	if err = c.writeKubeconfigs(); err != nil {
		return err
	}
	if c.config, err = load(c.Kubeconfig()); err != nil {
		return err
	}
	if c.client, err = kubernetes.NewForConfig(c.config); err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	return nil
}

func taken(port int) bool {
	connection, err := net.Dial("tcp", address(port))
	if err == nil {
		connection.Close()
	}
	return err == nil
}

// Client is one of the user who may do everything.
func (c *Cluster) Client() kubernetes.Interface { return c.client }

// Dir is the folder of the cluster, with the log of each program, until Stop.
func (c *Cluster) Dir() string { return c.dir }

// Issuer is the URL that tokens carry.
func (c *Cluster) Issuer() string { return c.options.Issuer }

// Keys are the public keys of the issuer, a key set as /openid/v1/jwks gives it.
func (c *Cluster) Keys() []byte { return c.keys }

// StopAPIServer stops the API server in good order; the rest of the cluster stays.
func (c *Cluster) StopAPIServer() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.api.stop(grace)
}

// KillAPIServer ends the API server at once, in the middle of what it does.
func (c *Cluster) KillAPIServer() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.api.kill()
}

// StartAPIServer starts it again after one of these, at the same address and with the
// same data, and waits until it answers.
func (c *Cluster) StartAPIServer(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped || c.api.alive() {
		return fmt.Errorf("starting %s: it runs, or the cluster was stopped", apiServer)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	p, err := c.startAPIServer(ctx)
	if p != nil {
		c.api = p
	}
	return err
}

// Stop ends everything, waits for it, and removes the folder of the cluster. It may be
// called again.
func (c *Cluster) Stop() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return nil
	}
	c.stopped = true
	var errs []error
	// Nothing of it is needed again, so nothing has to end in good order.
	for _, p := range append(c.rest, c.api, c.etcd) {
		if p != nil {
			errs = append(errs, p.kill())
		}
	}
	errs = append(errs, c.StopWebhook(), os.RemoveAll(c.dir))
	if c.lock != nil {
		errs = append(errs, c.lock.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("stopping cluster %s: %w", c.options.Name, err)
	}
	return nil
}

func (c *Cluster) say(format string, args ...any) {
	fmt.Fprintf(c.options.Log, "cluster %s: %s\n", c.options.Name, fmt.Sprintf(format, args...))
}
