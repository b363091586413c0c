package main

import (
	"fmt"
	"net/http"
	"time"

	"github.com/helm-irsa/helm-irsa/bench/results"
	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/test/moto"
)

// endpoint is an AWS that both sides of a comparison use.
type endpoint struct {
	name string
	// slow: it waits before every answer.
	slow bool
	// fresh gives the address of one that has the cluster and nothing else.
	fresh func() (address string, err error)
	stop  func()
}

// localEndpoint is local AWS: a new server each time.
func localEndpoint(latency time.Duration) func(string) (endpoint, error) {
	return func(string) (endpoint, error) { return newLocalEndpoint(latency), nil }
}

func newLocalEndpoint(latency time.Duration) endpoint {
	var last *localaws.Server
	stop := func() {
		if last != nil {
			_ = last.Close() // nobody calls it any more
		}
	}
	name := "local AWS"
	if latency > 0 {
		name += ", " + results.Millis(latency) + " a call"
	}
	return endpoint{name: name, slow: latency > 0, stop: stop, fresh: func() (string, error) {
		stop()
		s, err := startAWS(latency)
		if err != nil {
			return "", err
		}
		last = s
		return s.URL(), nil
	}}
}

// motoEndpoint is one moto_server, which forgets everything each time. Where it is not
// installed, the error is an *exec.Error.
func motoEndpoint(home string) (endpoint, error) {
	server, err := moto.Start(cleanEnv(home))
	if err != nil {
		return endpoint{}, err
	}
	return endpoint{name: "moto", stop: server.Stop, fresh: func() (string, error) { return server.URL, resetMoto(server) }}, nil
}

// resetMoto empties it and makes the cluster.
func resetMoto(server *moto.Server) error {
	if err := server.Reset(); err != nil {
		return err
	}
	const cluster = `{"name":"` + benchCluster + `","roleArn":"arn:aws:iam::` + benchAccount + `:role/cluster","resourcesVpcConfig":{"subnetIds":["subnet-1"]}}`
	if _, err := ask(http.MethodPost, server.URL+"/clusters", "eks", "application/json", cluster); err != nil {
		return fmt.Errorf("making the cluster in moto: %w", err)
	}
	return nil
}
