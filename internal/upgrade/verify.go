package upgrade

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/live"
	"github.com/helm-irsa/helm-irsa/internal/whichcluster"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/render"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

// verification is what install and upgrade end with: the chain of every service account of
// irsa.yaml, from its running pods to AWS.
type verification struct {
	b       *begun
	cluster *whichcluster.Comparison
	state   <-chan stateRead
	stop    context.CancelFunc
	// rolls are the workloads that replace their pods, by service account, once the cluster was
	// looked at.
	rolls map[string]string
}

// rolling gives rolls.
func (v *verification) rolling() map[string]string {
	if v == nil {
		return nil
	}
	return v.rolls
}

type stateRead struct {
	state  *awsstate.State
	unread []*awsiam.Fault
	err    error
}

// statePatience is how long AWS is waited for once Helm has ended: it is read while Helm
// works, so that what is not there by then is slow, or cannot be reached at all.
const statePatience = 2 * time.Second

// proof is what a verification came to.
type proof int

const (
	fine   proof = iota // or not to be verified
	broken              // some service account cannot assume its role
	unread              // AWS could not be read
)

// verifies: there is something to verify at the end. A dry run and template install nothing.
func (r *request) verifies() bool {
	return r.Verify && r.changes() && len(r.file.ServiceAccounts) > 0
}

// beginVerify takes what is known of AWS, while Helm works: what was read before, and written
// since. Where nothing was to be planned, AWS is read now. The release is read meanwhile too. It is
// nil where nothing is to be verified.
func beginVerify(b *begun, h *handed, p *proposal) *verification {
	if !b.verifies() {
		return nil
	}
	go func() { _, _ = h.first() }() // end asks again
	ctx, stop := context.WithCancel(b.Context)
	out := make(chan stateRead, 1)
	go func() {
		s := b.aws.session
		if s == nil {
			var err error
			if s, err = b.connect(ctx, false); err != nil {
				out <- stateRead{err: err}
				return
			}
		}
		state, unread, err := s.State(ctx)
		out <- stateRead{state, unread, err}
	}()
	return &verification{b: b, cluster: p.cluster, state: out, stop: stop}
}

// leave ends what is still read.
func (v *verification) leave() {
	if v != nil {
		v.stop()
	}
}

// end says what it came to: one line for each service account where nothing is broken, else the
// findings. A broken chain is exit code 2; what is unknown is said and is no failure.
// However slow AWS is, it is waited for where something depends on the proof.
func (v *verification) end(h *handed, depended bool) (proof, error) {
	if v == nil {
		return fine, nil
	}
	defer v.stop()
	objects, err := h.objects()
	if err != nil {
		return unread, err
	}
	in := verify.Input{Objects: objects, File: v.b.file, Typed: v.b.typed(), Namespace: v.b.namespace, Release: v.b.Args.Release()}
	if in.Snapshot, err = v.aws(depended); err != nil {
		return unread, err
	}
	seen := v.look(&in)
	bad := verify.Report{Status: verify.Broken}
	partly := false
	for _, a := range seen.report.ServiceAccounts {
		switch {
		case a.Status == verify.OK:
			v.b.Say.Info(v.verifiedWords(a))
		case a.Status == verify.Unknown && in.Snapshot == nil: // that AWS was not read is said already
		case a.Status == verify.Unknown:
			v.b.Say.Info(v.partlyWords(a, seen))
			partly = true
		case seen.replaced[AccountName(a)] != "":
			v.b.Say.Info(fmt.Sprintf("not verified yet: %s: pods of %s are being replaced", AccountName(a), seen.replaced[AccountName(a)]))
			partly = true
		case seen.pods && elsewhere(h.report, a):
			v.b.Say.Info(fmt.Sprintf("not verified: the cluster has no service account %s now, which irsa.yaml leaves to others to make (create: %s)", AccountName(a), spec.CreateNever))
		default:
			bad.ServiceAccounts = append(bad.ServiceAccounts, a)
			for _, f := range a.Findings { // several service accounts may have one in common
				if !slices.ContainsFunc(bad.Findings, func(had verify.Finding) bool {
					return had.Code == f.Code && had.Subject == f.Subject && had.Message == f.Message
				}) {
					bad.Findings = append(bad.Findings, f)
				}
			}
		}
	}
	if partly {
		v.b.Say.Hint("to verify them in the cluster: " + v.b.again("verify"))
	}
	switch {
	case len(bad.ServiceAccounts) > 0:
		v.b.View.Findings(&bad)
		return broken, ErrBroken
	case in.Snapshot == nil:
		v.b.Say.Hint("to verify them: " + v.b.again("verify"))
		return unread, nil
	}
	return fine, nil
}

// elsewhere: nothing is wrong with a service account but that it is not there, and the release does
// not make it: it comes from elsewhere, or is one of a hook, which Helm removes when that has run.
func elsewhere(r render.Report, a verify.ServiceAccountReport) bool {
	absent := slices.ContainsFunc(r.Accounts, func(made render.Account) bool {
		return made.State == "absent" && made.Name == a.Name && made.Namespace == a.Namespace
	})
	return absent && !slices.ContainsFunc(a.Links, func(l verify.LinkStatus) bool {
		return l.Status == verify.Broken && l.Name != verify.LinkServiceAccount
	})
}

// ErrBroken is the error of a release whose service accounts cannot assume their roles, which
// has been said.
var ErrBroken = errors.New("")

// looked is what verify says, once the cluster was looked at.
type looked struct {
	report *verify.Report
	// pods: the running pods were seen.
	pods bool
	// replaced are the workloads whose pods are being replaced, by service account, where
	// nothing but those pods is wrong.
	replaced map[string]string
}

// look judges with what runs in the cluster now. Where that cannot be read, the release and AWS
// are judged alone.
func (v *verification) look(in *verify.Input) looked {
	alone := *in
	if v.b.clusterErr != nil {
		return looked{report: v.ours(verify.Verify(alone))}
	}
	with := *in
	with.Objects = &manifest.Objects{}
	with.Objects.Add(in.Objects)
	lines, err := live.Add(v.b.Context, v.b.request.cluster, &with)
	if err != nil {
		v.b.Say.Warning("the pods were not looked at: " + faults.FirstLine(err))
		return looked{report: v.ours(verify.Verify(alone))}
	}
	if more := len(lines) - 1; more >= 0 {
		text := "not all of the cluster could be looked at: " + lines[0]
		if more > 0 {
			text += fmt.Sprintf("; and %d more", more)
		}
		v.b.Say.Warning(text)
	}
	v.rolls = rollouts(with.Objects.List)
	out := looked{report: v.ours(verify.Verify(with)), pods: true, replaced: map[string]string{}}
	if out.report.Status != verify.Broken {
		return out
	}
	// What is wrong with running pods alone is mended where they are being replaced.
	without := with
	without.Objects = &manifest.Objects{Complete: with.Objects.Complete, List: slices.DeleteFunc(slices.Clone(with.Objects.List), func(o manifest.Object) bool { return o.Live && o.Kind == "Pod" })}
	for _, a := range verify.Verify(without).ServiceAccounts {
		if workload := v.rolls[AccountName(a)]; a.Status != verify.Broken && workload != "" {
			out.replaced[AccountName(a)] = workload
		}
	}
	return out
}

// ours is a report of the service accounts of irsa.yaml alone: others of the namespace are of
// other releases.
func (v *verification) ours(r *verify.Report) *verify.Report {
	out := *r
	out.ServiceAccounts, out.Status = nil, verify.OK
	for _, a := range r.ServiceAccounts {
		if !slices.ContainsFunc(v.b.file.ServiceAccounts, func(sa spec.ServiceAccount) bool {
			return sa.Name == a.Name && sa.NamespaceIn(v.b.namespace) == a.Namespace
		}) {
			continue
		}
		out.ServiceAccounts = append(out.ServiceAccounts, a)
		switch {
		case a.Status == verify.Broken, a.Status == verify.Unknown && out.Status == verify.OK:
			out.Status = a.Status
		}
	}
	return &out
}

// rollouts are the workloads of the cluster that replace their pods, by the service account that
// their pods run as, NAMESPACE/NAME.
func rollouts(objects []manifest.Object) map[string]string {
	out := map[string]string{}
	for _, o := range objects {
		if !o.Live || !rollsOut(o.Body) {
			continue
		}
		account := manifest.Text(o.Body, "spec", "template", "spec", "serviceAccountName")
		if account == "" {
			account = "default"
		}
		out[o.Namespace+"/"+account] = strings.ToLower(o.Kind) + "/" + o.Name
	}
	return out
}

// rollsOut reports whether a workload has pods left that its template does not make any more:
// by the fields that kubectl rollout status reads
// (https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#complete-deployment;
// k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go).
func rollsOut(body map[string]any) bool {
	number := func(keys ...string) (float64, bool) {
		text, ok := manifest.Plain(manifest.Dig(body, keys...))
		var n float64
		_, err := fmt.Sscan(text, &n)
		return n, ok && err == nil
	}
	generation, known := number("metadata", "generation")
	observed, _ := number("status", "observedGeneration")
	switch {
	case manifest.Dig(body, "spec", "template") == nil || !known:
		return false
	case manifest.Text(body, "spec", "updateStrategy", "type") == "OnDelete": // whoever deletes them replaces them
		return false
	case observed < generation:
		return true
	}
	switch manifest.Text(body, "kind") {
	case "Deployment":
		replicas, _ := number("status", "replicas")
		updated, _ := number("status", "updatedReplicas")
		return replicas > updated
	case "DaemonSet":
		desired, _ := number("status", "desiredNumberScheduled")
		updated, _ := number("status", "updatedNumberScheduled")
		return updated < desired
	case "StatefulSet":
		now, next := manifest.Text(body, "status", "currentRevision"), manifest.Text(body, "status", "updateRevision")
		return next != "" && now != next
	}
	return false
}

// verifiedWords say that a service account is fine; where Helm's cluster may be another
// one than that of which AWS knows the tokens, they say that too.
func (v *verification) verifiedWords(a verify.ServiceAccountReport) string {
	text := fmt.Sprintf("%s can assume %s", AccountName(a), a.RoleARN)
	if v.cluster != nil && v.cluster.Match == whichcluster.NotCompared {
		return fmt.Sprintf("verified in AWS alone: %s, if Helm's cluster is %s, which could not be compared: %s", text, v.cluster.Name, v.cluster.Reason)
	}
	return "verified: " + text
}

// partlyWords say what is known of a service account that is not wholly verified.
func (v *verification) partlyWords(a verify.ServiceAccountReport, seen looked) string {
	if !onlyCluster(a) {
		return fmt.Sprintf("not wholly verified: %s: %s", AccountName(a), unknownWords(a))
	}
	text := fmt.Sprintf("checked: %s can assume %s, as AWS and the release say", AccountName(a), a.RoleARN)
	if !seen.pods {
		return text + "; its pods were not looked at"
	}
	for _, l := range a.Links {
		if l.Name == verify.LinkAgent && l.Status == verify.Unknown {
			return text + "; no pod shows yet whether the agent of EKS Pod Identity gives it"
		}
	}
	return text + "; no pod shows yet whether the webhook gives it"
}

// onlyCluster: all that is not known of a service account is what only its cluster shows.
func onlyCluster(a verify.ServiceAccountReport) bool {
	return !slices.ContainsFunc(a.Links, func(l verify.LinkStatus) bool {
		return l.Status == verify.Unknown && l.Name != verify.LinkWebhook && l.Name != verify.LinkAgent
	})
}

// unknownWords are the links of a service account that could not be looked at, and why.
func unknownWords(a verify.ServiceAccountReport) string {
	var out []string
	for _, l := range a.Links {
		if l.Status == verify.Unknown {
			out = append(out, strings.TrimSuffix(string(l.Name)+": "+l.Why, ": "))
		}
	}
	return strings.Join(out, "; ")
}

// AccountName is how a service account is named in messages: NAMESPACE/NAME.
func AccountName(a verify.ServiceAccountReport) string {
	if a.Namespace == "" {
		return a.Name
	}
	return a.Namespace + "/" + a.Name
}

// aws waits for the state of AWS. Where AWS could not be read it is unknown, which is said.
func (v *verification) aws(depended bool) (*awsstate.State, error) {
	var r stateRead
	var enough <-chan time.Time
	if !depended {
		enough = time.After(statePatience)
	}
	select {
	case r = <-v.state:
	case <-enough:
		v.stop()
		r.err = errors.New("AWS did not answer in time")
	}
	if r.err != nil {
		v.b.Say.Warning("the roles were not verified: " + faults.FirstLine(r.err))
		return nil, nil
	}
	for _, f := range r.unread {
		v.b.Say.Warning("unknown: " + f.Error())
		v.b.Say.Hint(f.Hint())
	}
	return r.state, nil
}
