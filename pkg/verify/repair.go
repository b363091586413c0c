package verify

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// repair is how a finding is mended. It stays a value until the report is written, and then
// becomes text, once: commands to paste, or what to write where.
type repair interface {
	// steps are its lines, in the order in which they are to be done.
	steps() []string
}

// run is a command.
type run struct{ *safe.Typed }

func (r run) steps() []string { return []string{r.String()} }

// both are two commands, the second of which needs the first.
type both struct{ first, second *safe.Typed }

func (b both) steps() []string {
	if b.first.OK() && b.second.OK() {
		return []string{b.first.String() + " && " + b.second.String()}
	}
	return []string{b.first.String(), b.second.String()}
}

// edit is what to write, or to take away, in the source of an object.
type edit string

func (e edit) steps() []string { return []string{string(e)} }

// several are repairs of which each is needed, in their order.
type several []repair

func (s several) steps() []string {
	var out []string
	for _, r := range s {
		out = append(out, r.steps()...)
	}
	return distinct(out)
}

// distinct are the texts without those that came before.
func distinct(all []string) []string {
	had := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool {
		again := had[s]
		had[s] = true
		return again
	})
}

// writeRole gives a service account its role: by an upgrade where irsa.yaml has it, else by
// hand.
type writeRole struct {
	of  *chain
	arn string
	// byHand is what else is to be done than to annotate it; nil for that.
	byHand repair
}

func (w writeRole) steps() []string {
	switch {
	case ours(w.of):
		return upgradeAnew(w.of).steps()
	case w.byHand != nil:
		return w.byHand.steps()
	}
	return annotate{of: w.of, arn: w.arn}.steps()
}

// annotate writes the role into the annotation of a service account, and makes its pods anew:
// the webhook looks at a pod only when it is created.
type annotate struct {
	of  *chain
	arn string
	// note is a remark on the command.
	note string
}

func (a annotate) steps() []string {
	if a.of.a.name == "default" {
		return ownServiceAccount(a.of, a.arn).steps()
	}
	if by := writer(a.of); by != "" {
		return append(several{atSource(a.of, by, annotationKey(a.of.facts, roleKey), a.arn)}, rollouts(a.of)...).steps()
	}
	command := annotateServiceAccount(a.of).Pair(annotationKey(a.of.facts, roleKey)+"=", safe.RoleARN, a.arn).With("--overwrite")
	if !command.OK() {
		return run{command}.steps()
	}
	out := append(several{run{command}}, rollouts(a.of)...).steps()
	if a.note != "" {
		out[len(out)-1] += "   # " + a.note
	}
	return out
}

// ownServiceAccount is for pods that run as default: a role on that would be every pod's of
// the namespace that names no service account.
func ownServiceAccount(c *chain, arn string) repair {
	kind, name := "Deployment", "NAME"
	if len(c.a.pods) > 0 {
		kind, name = orForm(c.a.pods[0].from.Kind, kind), orName(c.a.pods[0].from.Name)
	}
	return edit(fmt.Sprintf("serviceAccounts:                # irsa.yaml: a service account of its own\n- name: %s\n  role: {arn: %q}\n  usedBy: [{workload: {kind: %s, name: %[1]s}}]", asYAML(name), arn, asYAML(kind)))
}

// setting is one of the webhook's other annotations of a service account, and the line of
// irsa.yaml that writes it. An empty value takes it away.
type setting struct {
	of               *chain
	annotation, line string
	value            string
}

func (s setting) steps() []string {
	if ours(s.of) {
		return several{inFile(s.of, s.line), upgradeAnew(s.of)}.steps()
	}
	if by := writer(s.of); by != "" {
		return atSource(s.of, by, annotationKey(s.of.facts, s.annotation), s.value).steps()
	}
	if s.value == "" {
		return run{annotateServiceAccount(s.of).With(annotationKey(s.of.facts, s.annotation) + "-")}.steps()
	}
	return run{annotateServiceAccount(s.of).With(annotationKey(s.of.facts, s.annotation)+"="+s.value, "--overwrite")}.steps()
}

// byApply is of what helm irsa apply writes anew: the release's own statement of a trust
// policy, and the provider. Where the role is somebody else's, it is mended by hand.
type byApply struct {
	of     *chain
	byHand repair
}

func (b byApply) steps() []string {
	if oursInAWS(b.of) && applyLetsIn(b.of) {
		return apply(b.of.facts).steps()
	}
	return b.byHand.steps()
}

// letIn is a statement that lets service accounts assume a role.
type letIn struct {
	issuer, provider, audience string
	subjects                   []string
}

func (l letIn) steps() []string {
	s, err := trust.WebIdentityStatement(trust.Issuer{URL: "https://" + l.issuer, ProviderARN: l.provider}, l.audience, l.subjects)
	if err != nil {
		return []string{""}
	}
	return []string{s.Text()}
}

// longerSession lets sessions of the role last as long as the pods ask for.
type longerSession struct {
	of      *chain
	seconds int
}

func (l longerSession) steps() []string {
	if seconds := strconv.Itoa(l.seconds); oursInAWS(l.of) {
		return several{inFile(l.of, "role: {maxSessionDuration: "+seconds+"s}"), apply(l.of.facts)}.steps()
	}
	return run{onRole(l.of.holder, "update-role").With("--max-session-duration", strconv.Itoa(l.seconds))}.steps()
}

// together is one repair for all: statements that differ in their subjects alone are one
// with all of these, else each is a step of its own.
func together(all []repair) []string {
	if len(all) == 1 {
		return all[0].steps()
	}
	var out []string
	var first *letIn
	for _, r := range all {
		if b, ok := r.(byApply); ok && !(oursInAWS(b.of) && applyLetsIn(b.of)) {
			r = b.byHand
		}
		s, ok := r.(letIn)
		if !ok || first != nil && (s.issuer != first.issuer || s.provider != first.provider || s.audience != first.audience) {
			first = nil
			break
		}
		if first == nil {
			first = &letIn{s.issuer, s.provider, s.audience, nil}
		}
		first.subjects = append(first.subjects, s.subjects...)
	}
	if first != nil {
		slices.Sort(first.subjects)
		first.subjects = slices.Compact(first.subjects)
		return first.steps()
	}
	for _, r := range all {
		out = append(out, r.steps()...)
	}
	return distinct(out)
}

// textOf is a repair as it is told.
func textOf(steps []string) string { return strings.Join(steps, "\n") }
