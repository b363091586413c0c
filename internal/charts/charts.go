// Package charts has charts inspected and rendered by a program of its own, irsa-charts.
//
// Helm's chart engine costs every program that links it 8 ms of start, and most commands render
// no chart. The two programs talk by JSON on the standard streams: a request; then, as often as
// the program needs the user's own Helm, a question and an answer; then the reply.
package charts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/discover"
)

// Name is the program's, without the system's ending.
const Name = "irsa-charts"

// What a request asks for.
const (
	Inspect = "inspect"
	Render  = "render"
)

// Request is what the program is asked.
type Request struct {
	Do      string
	Options discover.Options
	// Values are those of Options.
	Values Values
	// Through is true where the caller can have the user's own Helm render.
	Through bool
}

// Question asks the caller for what its Helm renders with values.
type Question struct {
	Values     Values
	SkipSchema bool
}

// Answer is what that came to; Error is empty where it went well.
type Answer struct {
	Stream []byte
	Error  string
}

// Reply is a question, or the end: a result, a stream or an error.
type Reply struct {
	Question *Question `json:",omitempty"`
	Result   *Found    `json:",omitempty"`
	Stream   []byte    `json:",omitempty"`
	Error    *Fault    `json:",omitempty"`
}

// Fault is an error of package discover.
type Fault struct {
	Message, Hint string
	// Missing are what a *discover.DependencyError has.
	Missing []string
}

// Found is a discover.Result whole: its own JSON is for people's scripts, and leaves things out.
type Found struct {
	Result    *discover.Result
	Elsewhere []discover.Runner
	Whole     Values
	Accounts  []Account
}

// Account is what the JSON of a discover.ServiceAccount leaves out.
type Account struct {
	Refers []discover.Workload
	Ways   []discover.Way
}

// NewFound is the result as it goes over the wire.
func NewFound(r *discover.Result) *Found {
	out := &Found{Result: r, Elsewhere: r.Elsewhere, Whole: r.Whole}
	for _, a := range r.ServiceAccounts {
		out.Accounts = append(out.Accounts, Account{a.Refers, a.Ways})
	}
	return out
}

// result is the one that NewFound was given.
func (f *Found) result() (*discover.Result, error) {
	if f == nil || f.Result == nil || len(f.Accounts) != len(f.Result.ServiceAccounts) {
		return nil, errors.New("its reply has no result")
	}
	out := f.Result
	out.Elsewhere, out.Whole = f.Elsewhere, f.Whole
	for i, a := range f.Accounts {
		out.ServiceAccounts[i].Refers, out.ServiceAccounts[i].Ways = a.Refers, a.Ways
	}
	return out, nil
}

// Program is irsa-charts.
type Program struct {
	// Path is the program's file.
	Path string
	// Env is its environment.
	Env []string
}

// Inspect is probe.Inspect, done by the program. It ends when ctx does.
func (p Program) Inspect(ctx context.Context, o discover.Options) (*discover.Result, error) {
	reply, err := p.ask(ctx, Inspect, o)
	if err != nil {
		return nil, err
	}
	out, err := reply.Result.result()
	if err != nil {
		return nil, fmt.Errorf("asking %s: %w", Name, err)
	}
	return out, nil
}

// Render is probe.Render, done by the program. It ends when ctx does.
func (p Program) Render(ctx context.Context, o discover.Options) ([]byte, error) {
	reply, err := p.ask(ctx, Render, o)
	if err != nil {
		return nil, err
	}
	return reply.Stream, nil
}

// ask starts the program for one request.
func (p Program) ask(ctx context.Context, do string, o discover.Options) (*Reply, error) {
	if _, err := os.Stat(p.Path); errors.Is(err, fs.ErrNotExist) {
		return nil, faults.Hinted(fmt.Errorf("finding the program that renders charts: there is no %s", safe.Text(p.Path)), "make build makes it, or install the plugin again")
	}
	cmd := exec.CommandContext(ctx, p.Path)
	cmd.Env = p.Env
	cmd.WaitDelay = time.Second
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", Name, err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", Name, err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", Name, err)
	}
	reply, talk := converse(json.NewEncoder(in), json.NewDecoder(out), do, o)
	_ = in.Close() // ends the program, whatever it still waits for
	ended := cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case ended != nil:
		return nil, fmt.Errorf("asking %s: %w%s", Name, ended, lastLine(stderr.String()))
	case talk != nil:
		return nil, fmt.Errorf("asking %s: %w", Name, talk)
	}
	return reply, reply.Error.err()
}

// converse sends the request, answers questions, and gives the last reply.
func converse(to *json.Encoder, from *json.Decoder, do string, o discover.Options) (*Reply, error) {
	if err := to.Encode(Request{Do: do, Options: o, Values: o.Values, Through: o.Through != nil}); err != nil {
		return nil, err
	}
	for {
		var reply Reply
		if err := from.Decode(&reply); err != nil {
			return nil, err
		}
		if reply.Question == nil {
			return &reply, nil
		}
		var answer Answer
		stream, err := o.Through(reply.Question.Values, reply.Question.SkipSchema)
		if answer.Stream = stream; err != nil {
			answer.Error = err.Error()
		}
		if err := to.Encode(answer); err != nil {
			return nil, err
		}
	}
}

// err is the error that the program met; nil for none.
func (f *Fault) err() error {
	switch {
	case f == nil:
		return nil
	case len(f.Missing) > 0:
		return &discover.DependencyError{Missing: f.Missing}
	}
	return &discover.Error{Message: f.Message, Next: f.Hint}
}

// lastLine is the last line that a program said, behind a colon.
func lastLine(said string) string {
	said = strings.TrimSpace(said)
	if said == "" {
		return ""
	}
	return ": " + safe.Text(said[strings.LastIndexByte(said, '\n')+1:])
}
