package judge

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// simulator is the other judge: one process of node, asked over its standard input.
type simulator struct {
	in  *bufio.Writer
	out *bufio.Reader
}

// answer is what the simulator says to one request.
type answer struct {
	// Verdict is Allowed, ExplicitlyDenied, ImplicitlyDenied or an error's text.
	Verdict string `json:"verdict"`
	// Parts are, by statement: principal, action, conditions; yes, no or an error's text.
	Parts [][]string `json:"parts"`
}

// asked is a request as the simulator takes it.
type asked struct {
	Action    string         `json:"action"`
	Principal string         `json:"principal"`
	Context   map[string]any `json:"context"`
}

// batch is how many policies are sent before the answers are read: few enough that
// neither side's pipe fills up while the other writes.
const batch = 64

// newSimulator starts it, or skips the test where it is not installed.
func newSimulator(t *testing.T) *simulator {
	t.Helper()
	folder := os.Getenv("HELM_IRSA_JUDGE")
	if folder == "" {
		t.Skip("HELM_IRSA_JUDGE is not set: make check-trust installs the other simulator and runs this")
	}
	cmd := exec.Command("node", "simulate.mjs", folder)
	var said strings.Builder
	cmd.Stderr = &said
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start the other simulator: %v", err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil || said.Len() > 0 {
			t.Errorf("the other simulator: %v\n%s", err, said.String())
		}
	})
	return &simulator{bufio.NewWriterSize(in, 1<<16), bufio.NewReaderSize(out, 1<<20)}
}

// ask gives the answers to each case's requests, in their order.
func (s *simulator) ask(cases []trial) ([][]answer, error) {
	sent := make(chan error, 1)
	go func() { sent <- s.send(cases) }()
	out := make([][]answer, 0, len(cases))
	for range cases {
		line, err := s.out.ReadBytes('\n')
		if err != nil {
			return nil, fmt.Errorf("read an answer: %w", err)
		}
		var answers []answer
		if err := json.Unmarshal(line, &answers); err != nil {
			return nil, fmt.Errorf("read the answer %s: %w", line, err)
		}
		out = append(out, answers)
	}
	return out, <-sent
}

func (s *simulator) send(cases []trial) error {
	enc := json.NewEncoder(s.in)
	enc.SetEscapeHTML(false)
	for _, c := range cases {
		var requests []asked
		for _, r := range c.requests {
			requests = append(requests, asAsked(r.whole))
		}
		if err := enc.Encode(map[string]any{"policy": json.RawMessage(c.policy), "requests": requests}); err != nil {
			return fmt.Errorf("send %s: %w", c.policy, err)
		}
	}
	if err := s.in.Flush(); err != nil && err != io.ErrClosedPipe {
		return fmt.Errorf("send a case: %w", err)
	}
	return nil
}

// asAsked gives several values of a key as a list, and one as it is: the simulator takes a
// list for a key that may have several.
func asAsked(r trust.Request) asked {
	out := asked{r.Action, r.Principal.ID, map[string]any{}}
	for key, values := range r.Context {
		if len(values) == 1 {
			out.Context[key] = values[0]
		} else {
			out.Context[key] = values
		}
	}
	return out
}
