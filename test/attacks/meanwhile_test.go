package attacks

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
)

// meanwhile runs a command, and lets somebody else act while it runs:
//
//	meanwhile OPERATION N SCRIPT COMMAND ARG...
//
// Right before AWS gets the N-th call of the operation from the command, sh runs the
// script. A plan reads GetAccountAuthorizationDetails once, and an apply once more before it
// writes: the second is where somebody waited at the question.
func meanwhile(args []string) int {
	if len(args) < 4 {
		fmt.Fprintln(os.Stderr, "meanwhile OPERATION N SCRIPT COMMAND ARG...")
		return 1
	}
	n, err := strconv.Atoi(args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	target, err := url.Parse(os.Getenv("AWS_ENDPOINT_URL"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	other := &other{operation: args[0], left: n, script: args[2]}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		other.see(r)
		proxy.ServeHTTP(w, r)
	})}
	defer server.Close()
	go func() { _ = server.Serve(listener) }() // ends with an error that says that it was closed
	c := exec.Command(args[3], args[4:]...)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	c.Env = append(os.Environ(), "AWS_ENDPOINT_URL=http://"+listener.Addr().String())
	err = c.Run()
	if other.left > 0 {
		fmt.Fprintf(os.Stderr, "meanwhile: %d more calls of %s were waited for\n", other.left, other.operation)
		return 99
	}
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return exit.ExitCode()
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// other is who acts meanwhile.
type other struct {
	mu        sync.Mutex
	operation string
	left      int // calls of the operation that are still to come
	script    string
}

// see acts before the call that was waited for.
func (o *other) see(r *http.Request) {
	body, _ := io.ReadAll(r.Body) // what is cut off, AWS refuses
	r.Body = io.NopCloser(bytes.NewReader(body))
	form, err := url.ParseQuery(string(body))
	// A call that is tried again is one call: the SDK counts its attempts in this header
	// (github.com/aws/aws-sdk-go-v2/aws/retry, MetricsHeader).
	if err != nil || form.Get("Action") != o.operation || !strings.HasPrefix(r.Header.Get("Amz-Sdk-Request"), "attempt=1;") {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.left--; o.left != 0 {
		return
	}
	c := exec.Command("sh", "-e", o.script)
	if text, err := c.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "meanwhile: %v\n%s", err, text)
		o.left = 1 // it did not happen
	}
}
