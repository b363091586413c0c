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
	// full shows also what documents say that are new.
	full bool
}

func newPlanView(sys *System, w io.Writer) planView { return planView{w: w, colour: coloured(sys, w)} }

// coloured: on a terminal, but not with NO_COLOR (https://no-color.org) or one that knows no
// colours, unless --color says otherwise.
func coloured(sys *System, w io.Writer) bool {
	switch colourTyped(sys.Args) {
	case colourAlways:
		return true
	case colourNever:
		return false
	}
	return isTerminal(w) && sys.Getenv("NO_COLOR") == "" && sys.Getenv("TERM") != "dumb"
}

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

// print writes the changes, by the service accounts that they are for, then in words what
// deserves them, then the numbers: what is right above a question fits on a screen. A document
// that changes is shown as a diff; one that is new, and the settings of what is new, only where
// the plan is to be shown in full.
func (v planView) print(p *awsiam.Plan) {
	if p.Empty() {
		v.warnings(p)
		v.line("", nothingWords(p))
		return
	}
	v.line("", fmt.Sprintf("For %s:", p.Owner))
	for _, g := range groupsOf(p) {
		fmt.Fprintln(v.w)
		if g.title != "" {
			v.line("", g.title+":")
		}
		for _, c := range g.changes {
			v.change(c)
		}
	}
	fmt.Fprintln(v.w)
	v.warnings(p)
	fmt.Fprintf(v.w, "%d to create, %d to update, %d to delete\n", p.Summary.Create, p.Summary.Update, p.Summary.Delete)
}

func (v planView) change(c awsiam.Change) {
	s := actionSigns[c.Action]
	v.line(s.colour, fmt.Sprintf("%s %s %s %s (AWS account %s)", s.sign, c.Action, typeNames[c.Type], safe.Value(c.Name), safe.Value(c.Account)))
	if c.Action == awsiam.Update || c.Action == awsiam.Create && v.full { // what a deleted one says does not matter any more; -o json has it
		v.diff(c.Diff)
	}
}

// group is what a plan does for one service account.
type group struct {
	title   string
	changes []awsiam.Change
}

// groupsOf are the changes of a plan: first those that are for the release as a whole, such as the
// OIDC provider and policies, then those of each service account, then those to roles that
// irsa.yaml no longer names.
func groupsOf(p *awsiam.Plan) []group {
	var whole, rest group
	var roles []string
	byRole := map[string]*group{}
	for _, id := range p.Identities {
		if byRole[id.RoleARN] == nil {
			byRole[id.RoleARN] = &group{}
			roles = append(roles, id.RoleARN)
		}
		g := byRole[id.RoleARN]
		g.title = strings.TrimPrefix(g.title+", ", ", ") + "service account " + id.Namespace + "/" + id.ServiceAccount
	}
	for _, c := range p.Changes {
		switch g := byRole[c.ARN]; {
		case g != nil:
			g.changes = append(g.changes, c)
		case c.Type == awsiam.TypeAssociation:
			if g := groupNamed(p, byRole, c.Name); g != nil {
				g.changes = append(g.changes, c)
				continue
			}
			rest.changes = append(rest.changes, c)
		case c.Type == awsiam.TypeProvider, c.Type == awsiam.TypePolicy, c.Type == awsiam.TypeNodeRole:
			whole.changes = append(whole.changes, c)
		default:
			rest.changes = append(rest.changes, c)
		}
	}
	if rest.title = "no longer in irsa.yaml"; p.Leaving {
		rest.title = ""
	}
	var out []group
	for _, g := range append([]*group{&whole}, groupsIn(byRole, roles)...) {
		if len(g.changes) > 0 {
			out = append(out, *g)
		}
	}
	if len(rest.changes) > 0 {
		out = append(out, rest)
	}
	return out
}

func groupsIn(all map[string]*group, keys []string) []*group {
	var out []*group
	for _, k := range keys {
		out = append(out, all[k])
	}
	return out
}

// groupNamed is the group of a service account, NAMESPACE/NAME.
func groupNamed(p *awsiam.Plan, all map[string]*group, name string) *group {
	for _, id := range p.Identities {
		if id.Namespace+"/"+id.ServiceAccount == name {
			return all[id.RoleARN]
		}
	}
	return nil
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
