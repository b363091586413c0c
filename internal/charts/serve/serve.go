// Package serve is the other end of package charts: it links Helm's chart engine.
package serve

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"

	"github.com/helm-irsa/helm-irsa/internal/charts"
	"github.com/helm-irsa/helm-irsa/pkg/discover"
	"github.com/helm-irsa/helm-irsa/pkg/discover/probe"
)

// Serve does what one request on in asks for, and writes the reply to out. What is wrong with a
// chart is in the reply; the error is of the streams.
func Serve(in io.Reader, out io.Writer) error {
	// Helm's packages warn on Go's own logger of values that are no mappings where the chart has
	// some: markers may be such.
	log.SetOutput(io.Discard)
	from, to := json.NewDecoder(in), json.NewEncoder(out)
	var request charts.Request
	if err := from.Decode(&request); err != nil {
		return fmt.Errorf("reading a request: %w", err)
	}
	o := request.Options
	o.Values = request.Values
	if request.Through {
		o.Through = func(values map[string]any, skipSchema bool) ([]byte, error) {
			if err := to.Encode(charts.Reply{Question: &charts.Question{Values: values, SkipSchema: skipSchema}}); err != nil {
				return nil, err
			}
			var answer charts.Answer
			if err := from.Decode(&answer); err != nil {
				return nil, err
			}
			if answer.Error != "" {
				return nil, errors.New(answer.Error)
			}
			return answer.Stream, nil
		}
	}
	reply, err := done(request.Do, o)
	if err != nil {
		reply = charts.Reply{Error: faultOf(err)}
	}
	return to.Encode(reply)
}

func done(do string, o discover.Options) (charts.Reply, error) {
	switch do {
	case charts.Inspect:
		found, err := probe.Inspect(o)
		if err != nil {
			return charts.Reply{}, err
		}
		return charts.Reply{Result: charts.NewFound(found)}, nil
	case charts.Render:
		stream, err := probe.Render(o)
		return charts.Reply{Stream: stream}, err
	}
	return charts.Reply{}, fmt.Errorf("%q is nothing that this program does", do)
}

func faultOf(err error) *charts.Fault {
	out := &charts.Fault{Message: err.Error()}
	var lacking *discover.DependencyError
	if errors.As(err, &lacking) {
		out.Missing = lacking.Missing
	}
	if h, ok := err.(interface{ Hint() string }); ok {
		out.Hint = h.Hint()
	}
	return out
}
