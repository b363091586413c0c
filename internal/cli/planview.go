package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// The colours of a plan, as terminals know them (ECMA-48, SGR).
const (
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	red    = "\x1b[31m"
	plain  = "\x1b[0m"
)

// planView prints a plan for people.
type planView struct {
	w      io.Writer
	colour bool
}

// newPlanView colours only on a terminal, and never with NO_COLOR (https://no-color.org).
func newPlanView(sys *System, w io.Writer) planView { return planView{w, coloured(sys, w)} }

func coloured(sys *System, w io.Writer) bool { return isTerminal(w) && sys.Getenv("NO_COLOR") == "" }

// isTerminal reports whether a stream is one.
func isTerminal(stream any) bool {
	if w, ok := stream.(io.Writer); ok {
		stream = itself(safe.Raw(w))
	}
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

var actionSigns = map[awsiam.Action]struct{ sign, colour string }{
	awsiam.Create: {"+", green}, awsiam.Update: {"~", yellow}, awsiam.Delete: {"-", red},
}

// typeNames are what the types of changes are called in text.
var typeNames = map[awsiam.Type]string{
	awsiam.TypeProvider:    "OIDC provider",
	awsiam.TypePolicy:      "policy",
	awsiam.TypeRole:        "role",
	awsiam.TypeAttachment:  "attachment",
	awsiam.TypeInline:      "inline policy",
	awsiam.TypeTrust:       "trust of role",
	awsiam.TypeNodeRole:    "nodes' role",
	awsiam.TypeAssociation: "Pod Identity association",
}

// print writes the changes with their diffs, then in words what deserves them, then
// the numbers.
func (v planView) print(p *awsiam.Plan) {
	if p.Empty() {
		v.warnings(p)
		v.line("", nothingWords(p))
		return
	}
	v.line("", fmt.Sprintf("For %s:", p.Owner))
	fmt.Fprintln(v.w)
	for _, c := range p.Changes {
		s := actionSigns[c.Action]
		v.line(s.colour, fmt.Sprintf("%s %s %s %s (AWS account %s)", s.sign, c.Action, typeNames[c.Type], safe.Value(c.Name), safe.Value(c.Account)))
		if c.Action == awsiam.Delete { // what it says does not matter any more; -o json has it
			continue
		}
		v.diff(c.Diff)
	}
	fmt.Fprintln(v.w)
	v.warnings(p)
	fmt.Fprintf(v.w, "%d to create, %d to update, %d to delete\n", p.Summary.Create, p.Summary.Update, p.Summary.Delete)
}

func nothingWords(p *awsiam.Plan) string {
	if p.Leaving {
		return fmt.Sprintf("Nothing to do for %s: it owns nothing in AWS.", p.Owner)
	}
	return fmt.Sprintf("Nothing to do for %s: AWS is as irsa.yaml says.", p.Owner)
}

func (v planView) warnings(p *awsiam.Plan) {
	for _, w := range p.Warnings {
		v.line(yellow, "! "+w)
	}
	if len(p.Warnings) > 0 {
		fmt.Fprintln(v.w)
	}
}

// diff writes what goes and what comes, below the change.
func (v planView) diff(text string) {
	for line := range strings.Lines(text) {
		v.line(lineColour(line), "    "+strings.TrimSuffix(line, "\n"))
	}
}

func lineColour(line string) string {
	switch line[:1] {
	case "+":
		return green
	case "-":
		return red
	}
	return ""
}

// line writes one line: what somebody else wrote in it does not begin another.
func (v planView) line(colour, text string) {
	text = safe.Text(text)
	if v.colour && colour != "" {
		text = colour + text + plain
	}
	fmt.Fprintln(v.w, text)
}

// printJSON writes something for machines, which a terminal shows as it is.
func printJSON(w io.Writer, v any) error {
	text, err := jsonText(v)
	if err != nil {
		return err
	}
	_, err = w.Write(safe.JSON(text))
	return err
}

func jsonText(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}
