package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
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
		name += ", " + millis(latency) + " a call"
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
	path, err := exec.LookPath("moto_server")
	if err != nil {
		return endpoint{}, err
	}
	port, err := freePort()
	if err != nil {
		return endpoint{}, err
	}
	var said bytes.Buffer
	cmd := exec.Command(path, "-H", "127.0.0.1", "-p", port)
	cmd.Env, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = cleanEnv(home), &said, &said, time.Second
	if err := cmd.Start(); err != nil {
		return endpoint{}, fmt.Errorf("starting moto_server: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	stop := func() {
		_ = cmd.Process.Kill() // it has ended by itself otherwise
		<-ended
	}
	address := "http://127.0.0.1:" + port
	if err := awaitMoto(address, ended); err != nil {
		_ = cmd.Process.Kill()
		return endpoint{}, fmt.Errorf("starting moto_server: %w: %s", err, said.String())
	}
	return endpoint{name: "moto", stop: stop, fresh: func() (string, error) { return address, resetMoto(address) }}, nil
}

func freePort() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	return port, err
}

// awaitMoto waits until the server answers, for a minute at most.
func awaitMoto(address string, ended <-chan error) error {
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		select {
		case err := <-ended:
			return fmt.Errorf("it ended: %w", err)
		default:
		}
		if _, err := ask(http.MethodGet, address+"/moto-api/", "moto", "", ""); err == nil {
			return nil
		}
	}
	return errors.New("no answer for a minute")
}

// resetMoto empties it (https://docs.getmoto.org/en/latest/docs/server_mode.html#reset-api) and makes the cluster.
func resetMoto(address string) error {
	if _, err := ask(http.MethodPost, address+"/moto-api/reset", "moto", "", ""); err != nil {
		return fmt.Errorf("resetting moto: %w", err)
	}
	const cluster = `{"name":"` + benchCluster + `","roleArn":"arn:aws:iam::` + benchAccount + `:role/cluster","resourcesVpcConfig":{"subnetIds":["subnet-1"]}}`
	if _, err := ask(http.MethodPost, address+"/clusters", "eks", "application/json", cluster); err != nil {
		return fmt.Errorf("making the cluster in moto: %w", err)
	}
	return nil
}
