// Package moto starts moto_server, the independent emulator of AWS, for the tests and the
// benchmark that are run against it.
package moto

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

// patience is how long the server may take to come up, and to answer one call of its own.
const patience = time.Minute

// Server is a moto_server on loopback.
type Server struct {
	// URL is its endpoint, for all services.
	URL string
	// Stop ends it. It may be called again.
	Stop func()
}

// WithPolicies has moto know AWS's own policies; it belongs into its environment.
const WithPolicies = "MOTO_IAM_LOAD_MANAGED_POLICIES=true"

// Start starts moto_server on a free port, and waits until it answers. env is its
// environment: it may need the caller's to run, but nothing that is meant for AWS. Where
// it is not installed, the error is an *exec.Error.
func Start(env []string) (*Server, error) {
	path, err := exec.LookPath("moto_server")
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	var said bytes.Buffer
	cmd := exec.Command(path, "-H", "127.0.0.1", "-p", port)
	cmd.Env, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = env, &said, &said, time.Second
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting moto_server: %w", err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	s := &Server{"http://127.0.0.1:" + port, sync.OnceFunc(func() {
		_ = cmd.Process.Kill() // it has ended by itself otherwise
		<-ended
	})}
	if err := s.await(ended); err != nil {
		s.Stop()
		return nil, fmt.Errorf("moto_server did not start: %w\n%s", err, said.String())
	}
	return s, nil
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

// await waits until the server answers.
func (s *Server) await(ended <-chan struct{}) error {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		select {
		case <-ended:
			return errors.New("it ended")
		default:
		}
		if s.call(http.MethodGet, "/moto-api/") == nil {
			return nil
		}
	}
	return fmt.Errorf("no answer for %v", patience)
}

// Reset has it forget everything
// (https://docs.getmoto.org/en/latest/docs/server_mode.html#reset-api).
func (s *Server) Reset() error {
	if err := s.call(http.MethodPost, "/moto-api/reset"); err != nil {
		return fmt.Errorf("resetting moto: %w", err)
	}
	return nil
}

// call makes one call of moto's own interface.
func (s *Server) call(method, path string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, s.URL+path, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return errors.New(answer.Status)
	}
	return nil
}

// WithoutAWS is an environment without what is meant for AWS.
func WithoutAWS(env []string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(pair string) bool { return strings.HasPrefix(pair, "AWS_") })
}
