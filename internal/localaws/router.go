package localaws

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// maxBody is far above what any call may carry: IAM takes documents of up to
// 131,072 characters, which URL encoding can make three times as long.
const maxBody = 1 << 20

// operation acts on one call. It runs with the server locked, and returns what the
// protocol writes as the result; nil for an action without one. An error is an *apiError.
type operation func(*call) (any, error)

// protocol writes answers the way a service does.
type protocol interface {
	result(operation string, value any, requestID string) reply
	fault(e *apiError, requestID string) reply
}

// reply is an answer ready to be sent.
type reply struct {
	status int
	header map[string]string
	body   []byte
}

// request is a call as it came in, told apart by service and operation.
type request struct {
	Call
	protocol protocol
	run      operation
	args     params // IAM, STS
	path     params // EKS: what stands in the path and the query
	body     []byte // EKS
	scope    scope
}

// ServeHTTP answers one call. A call that Faults drops ends in a panic with
// http.ErrAbortHandler, which closes the connection where net/http serves it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "reading the request: "+err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	q := route(r, body)
	faults, id := s.admit(&q)
	if faults.Before != nil {
		faults.Before(q.Call)
	}
	if faults.Latency > 0 {
		s.opts.Sleep(faults.Latency)
	}
	answer := s.answer(&q, faults, id)
	q.Dropped = faults.drops(q.Number)
	s.record(q.Call)
	if faults.After != nil {
		faults.After(q.Call)
	}
	if q.Dropped {
		panic(http.ErrAbortHandler)
	}
	send(w, answer, id)
}

// admit numbers the call and finds whose it is.
func (s *Server) admit(q *request) (Faults, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.number++
	s.requests++
	q.Number = s.number
	if who, err := s.identify(q.scope); err == nil {
		q.Account, q.Caller = who.Account, who.ARN
		q.Needs = s.permissions(q, who)
		if len(q.Needs) > 0 {
			q.Resource = q.Needs[0].Resource
		}
	}
	return s.faults, requestID(s.opts.Seed, s.requests)
}

// answer acts on the call, unless the faults strike it first.
func (s *Server) answer(q *request, f Faults, id string) reply {
	if f.stops(q.Number) {
		return reply{}
	}
	refused := f.strike(s.opts.Seed, q.Call)
	var value any
	if refused == nil {
		q.Acted = true
		value, refused = s.act(q)
	}
	if refused != nil {
		q.Code = refused.code
		return q.protocol.fault(refused, id)
	}
	return q.protocol.result(q.Operation, value, id)
}

// act runs the operation and saves what it changed.
func (s *Server) act(q *request) (any, *apiError) {
	if q.run == nil {
		return nil, refuse(http.StatusBadRequest, "InvalidAction", "Could not find operation %s: local AWS does not answer it", q.Operation)
	}
	keys := s.prefetch(q)
	s.mu.Lock()
	defer s.mu.Unlock()
	who, err := s.identify(q.scope)
	if err != nil && !unsigned[q.Operation] {
		return nil, asAPIError(err)
	}
	c := &call{Server: s, request: q, caller: who, time: s.now(), keys: keys}
	if who.Account != "" {
		c.account = s.state.account(who.Account)
	}
	if p, out := outside(who.Policy, q.Needs); out {
		return nil, denied(q.Call, p, "session")
	}
	value, err := q.run(c)
	if err != nil {
		return nil, asAPIError(err)
	}
	if s.opts.StateFile != "" && !readOnly(q.Operation) {
		if err := s.save(s.opts.StateFile); err != nil {
			return nil, asAPIError(err)
		}
	}
	return value, nil
}

// unsigned are the operations that take no credentials.
var unsigned = map[string]bool{"AssumeRoleWithWebIdentity": true}

func readOnly(operation string) bool {
	for _, verb := range []string{"Get", "List", "Describe"} {
		if strings.HasPrefix(operation, verb) {
			return true
		}
	}
	return false
}

func asAPIError(err error) *apiError {
	var e *apiError
	if errors.As(err, &e) {
		return e
	}
	return refuse(http.StatusInternalServerError, "InternalFailure", "%v", err)
}

// route tells which call a request is. Where it is none that is known, run is nil.
func route(r *http.Request, body []byte) request {
	q := request{scope: readScope(r.Header.Get("Authorization")), body: body}
	if isEKS(r) {
		q.routeEKS(r)
		return q
	}
	form, err := url.ParseQuery(string(bytes.TrimSpace(body)))
	if err != nil {
		form = url.Values{}
	}
	q.routeQuery(params(form))
	return q
}

func isEKS(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/clusters") || strings.HasPrefix(r.URL.Path, "/tags/")
}

// routeQuery: the two services are told apart by the version of their API, which
// every Query request carries.
func (q *request) routeQuery(form params) {
	q.args = form
	q.Operation = form.get("Action")
	q.Args = keep(form)
	q.Service, q.protocol = "iam", queryProtocol{"https://iam.amazonaws.com/doc/2010-05-08/"}
	operations := iamOperations
	if form.get("Version") == "2011-06-15" || q.scope.service == "sts" {
		q.Service, q.protocol = "sts", queryProtocol{"https://sts.amazonaws.com/doc/2011-06-15/"}
		operations = stsOperations
	}
	q.run = operations[q.Operation]
}

// keep picks the arguments that the log may have.
func keep(p params) map[string]string {
	out := map[string]string{}
	for _, name := range logged {
		if v := p.get(name); v != "" {
			out[name] = v
		}
	}
	return out
}

func send(w http.ResponseWriter, a reply, id string) {
	for name, value := range a.header {
		w.Header().Set(name, value)
	}
	w.Header().Set("x-amzn-RequestId", id)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // fails where the caller has gone, which nobody can be told
}
