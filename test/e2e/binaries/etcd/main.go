// etcd is a single etcd on unix sockets in the current folder, for a control plane that
// is thrown away after a test: nothing is synced to disk.
package main

import (
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"syscall"

	"go.etcd.io/etcd/server/v3/embed"
)

func main() {
	data := flag.String("data-dir", "etcd", "folder of the data")
	client := flag.String("client-socket", "etcd.sock:0", "socket for clients, NAME:0, in the current folder")
	flag.Parse()
	if err := run(configuration(*data, *client)); err != nil {
		fmt.Fprintln(os.Stderr, "etcd: error:", err)
		os.Exit(1)
	}
}

// configuration has sockets that look as if they had a port, since etcd insists on one
// in what it advertises. Nobody ever connects to the one for peers.
func configuration(data, client string) *embed.Config {
	clients := []url.URL{{Scheme: "unix", Host: client}}
	peers := []url.URL{{Scheme: "unix", Host: "etcd-peer.sock:0"}}
	c := embed.NewConfig()
	c.Name, c.Dir = "only", data
	c.ListenClientUrls, c.AdvertiseClientUrls = clients, clients
	c.ListenPeerUrls, c.AdvertisePeerUrls = peers, peers
	c.InitialCluster = c.InitialClusterFromName(c.Name)
	c.UnsafeNoFsync = true
	// Its only member waits this long before it elects itself.
	c.TickMs, c.ElectionMs = 10, 100
	// Where it is not set, every request is warned about.
	c.WarningUnaryRequestDuration = embed.DefaultWarningUnaryRequestDuration
	c.LogLevel, c.LogOutputs = "warn", []string{"stderr"}
	return c
}

func run(c *embed.Config) error {
	server, err := embed.StartEtcd(c)
	if err != nil {
		return fmt.Errorf("starting etcd in %s: %w", c.Dir, err)
	}
	defer server.Close()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	select {
	case <-stop:
		return nil
	case err := <-server.Err():
		return fmt.Errorf("serving from %s: %w", c.Dir, err)
	}
}
