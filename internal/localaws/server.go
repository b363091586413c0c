package localaws

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// DefaultAccount is the AWS account of access key IDs that nobody registered.
const DefaultAccount = "111122223333"

// Options say how a Server behaves; the zero value is a usable one.
type Options struct {
	// Account is the AWS account of access key IDs that nobody registered; DefaultAccount
	// where empty.
	Account string
	// Address is where Start listens; 127.0.0.1:0, a free port, where empty. Only loopback addresses are taken.
	Address string
	// Seed decides the IDs and credentials that are made up, and which calls Faults hits.
	Seed uint64
	// Clock tells the time; time.Now where nil.
	Clock func() time.Time
	// Sleep waits out Faults.Latency; time.Sleep where nil.
	Sleep func(time.Duration)
	// Limits are the quotas.
	Limits Limits
	// Trust evaluates trust policies; pkg/trust where nil.
	Trust TrustEvaluator
	// HTTPClient fetches the keys of issuers on loopback; where nil, one with a timeout of
	// five seconds that reaches nothing else.
	HTTPClient *http.Client
	// StateFile is read by New where it exists, and written after every call that
	// changed something; none where empty. No other server may use it until Close.
	StateFile string
}

// Server is IAM, STS and EKS behind one URL. It is an http.Handler, for use without
// Start; all its methods may be called at any time from several goroutines.
type Server struct {
	opts Options

	mu       sync.Mutex // guards what follows
	state    *state
	faults   Faults
	number   int    // calls since the faults were set
	requests uint64 // calls ever
	calls    []Call
	http     *http.Server
	url      string
	given    map[string]bool // the hosts, with ports, that keys may be fetched from
	lock     *stateLock      // of StateFile
}

// New makes a server that listens nowhere yet. The error is of StateFile.
func New(o Options) (*Server, error) {
	if o.Account == "" {
		o.Account = DefaultAccount
	}
	if o.Address == "" {
		o.Address = "127.0.0.1:0"
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = time.Sleep
	}
	if o.Trust == nil {
		o.Trust = evaluateTrust
	}
	o.Limits = o.Limits.withDefaults()
	s := &Server{opts: o, state: newState(), given: map[string]bool{}}
	s.opts.HTTPClient = s.keyClient(o.HTTPClient)
	if o.StateFile == "" {
		return s, nil
	}
	var err error
	if s.lock, err = lockState(o.StateFile); err != nil {
		return nil, fmt.Errorf("loading local AWS from %s: %w", o.StateFile, err)
	}
	if err := s.Load(o.StateFile); err != nil && !errors.Is(err, os.ErrNotExist) {
		s.lock.release()
		return nil, err
	}
	return s, nil
}

// Start listens and serves until Close. It fails where the address is taken or not
// on loopback, and where the server was started before.
func (s *Server) Start() error {
	host, _, err := net.SplitHostPort(s.opts.Address)
	if err != nil || !loopback(host) {
		return fmt.Errorf("starting local AWS on %s: not a loopback address with a port", s.opts.Address)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.http != nil {
		return fmt.Errorf("starting local AWS on %s: it runs already, on %s", s.opts.Address, s.url)
	}
	listener, err := net.Listen("tcp", s.opts.Address)
	if err != nil {
		return fmt.Errorf("starting local AWS: %w", err)
	}
	s.url = "http://" + listener.Addr().String()
	s.http = &http.Server{Handler: guarded(s), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.http.Serve(listener) }() // ends with http.ErrServerClosed, by Close
	return nil
}

// URL is the endpoint of all three services, for AWS_ENDPOINT_URL; empty before Start.
func (s *Server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.url
}

// Close stops listening and waits up to a second for calls that are being answered: an
// answer takes milliseconds, and a connection that was opened ahead and never used
// would be waited for as well. A server that was not started closes without error. Then
// StateFile may be another's.
func (s *Server) Close() error {
	s.mu.Lock()
	server, lock := s.http, s.lock
	s.lock = nil
	s.mu.Unlock()
	defer lock.release()
	if server == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return server.Close()
	}
	return nil
}

// loopback reports whether a host name or address is this machine.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
