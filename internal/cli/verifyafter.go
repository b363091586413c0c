package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

// verification is what install and upgrade end with: the chain of every service account of
// irsa.yaml, from what Helm installed to AWS.
type verification struct {
	sys       *System
	wrapper   *wrapperOptions
	file      *spec.File
	namespace string
	// kept is what the post-renderer hands to us.
	kept     *kept
	snapshot <-chan snapshotResult
	stop     context.CancelFunc
	// again is the command that verifies with the cluster as well.
	again string
	// cluster is nil where clusters were not to be compared.
	cluster *comparison
}

// of says what the comparison of clusters came to.
func (v *verification) of(cluster *comparison) {
	if v != nil {
		v.cluster = cluster
	}
}

// verifiedWords say that a service account is fine; where Helm's cluster may be another
// one than that of which AWS knows the tokens, they say that too.
func (v *verification) verifiedWords(a verify.ServiceAccountReport) string {
	text := fmt.Sprintf("%s can assume %s", accountName(a), a.RoleARN)
	if v.cluster != nil && v.cluster.match == notCompared {
		return fmt.Sprintf("verified in AWS alone: %s, if Helm's cluster is %s, which could not be compared: %s", text, v.cluster.name, v.cluster.reason)
	}
	return "verified: " + text
}

type snapshotResult struct {
	taken *awsiam.Snapshot
	err   error
}

// takeSnapshot opens AWS and reads it, while the caller does something else.
func takeSnapshot(ctx context.Context, open func() (*awsiam.Session, error)) <-chan snapshotResult {
	out := make(chan snapshotResult, 1)
	go func() {
		s, err := open()
		if err != nil {
			out <- snapshotResult{nil, err}
			return
		}
		taken, err := s.Snapshot(ctx)
		out <- snapshotResult{taken, err}
	}()
	return out
}

// snapshotPatience is how long AWS is waited for once Helm has ended: it is read while
// Helm works, so that what is not there by then is slow, or cannot be reached at all.
const snapshotPatience = 2 * time.Second

// proof is what a verification came to.
type proof int

const (
	fine   proof = iota // or not to be verified
	broken              // some service account cannot assume its role
	unread              // AWS could not be read
)

// beginVerify reads AWS while Helm works. It is nil where nothing is to be verified: a
// dry run and template install nothing.
func (o *wrapperOptions) beginVerify(file *spec.File, namespace string, folder *runFolder) *verification {
	if !o.verify || o.args.Command == "template" || o.args.DryRun() || len(file.ServiceAccounts) == 0 {
		return nil
	}
	ctx, stop := context.WithCancel(o.sys.context())
	taken := takeSnapshot(ctx, func() (*awsiam.Session, error) { return sessionFor(o, ctx, file, namespace) })
	return &verification{
		sys: o.sys, wrapper: o, file: file, namespace: namespace, kept: folder.keep(),
		snapshot: taken, stop: stop, again: o.irsaAgain("verify", namespace),
	}
}

// args are those of the post-renderer.
func (v *verification) args() []string {
	if v == nil || v.kept.path == "" {
		return nil
	}
	return []string{"--keep", v.kept.path}
}

// begun: the post-renderer began to render. It is asked once Helm has ended.
func (v *verification) begun() bool {
	if v == nil {
		return false
	}
	text, _ := v.kept.end()
	return len(text) > 0
}

// end says what it came to: one line for each service account where nothing is broken, else the
// findings. A broken chain is exit code 2; what is unknown is said and is no failure.
// However slow AWS is, it is waited for where something depends on the proof.
func (v *verification) end(depended bool) (proof, error) {
	if v == nil {
		return fine, nil
	}
	defer v.stop()
	objects, err := v.objects()
	if err != nil {
		return unread, err
	}
	in := verify.Input{Objects: objects, File: v.file, Namespace: v.namespace, Release: v.wrapper.args.Release()}
	if in.Snapshot, err = v.aws(depended); err != nil {
		return unread, err
	}
	r := verify.Verify(in)
	say, bad, partly := voice{v.sys.Stderr}, *r, false
	bad.ServiceAccounts = nil
	for _, a := range r.ServiceAccounts {
		switch a.Status {
		case verify.OK:
			say.info(v.verifiedWords(a))
		case verify.Unknown:
			if in.Snapshot == nil { // that AWS was not read is said already
				continue
			}
			if onlyCluster(a) {
				say.info(fmt.Sprintf("checked: %s can assume %s, as AWS and the release say; its pods were not looked at", accountName(a), a.RoleARN))
			} else {
				say.info(fmt.Sprintf("not wholly verified: %s: %s", accountName(a), unknownWords(a)))
			}
			partly = true
		default:
			bad.ServiceAccounts = append(bad.ServiceAccounts, a)
		}
	}
	if partly {
		say.hint("to verify them in the cluster: " + v.again)
	}
	switch {
	case len(bad.ServiceAccounts) > 0:
		verifyView{newPlanView(v.sys, v.sys.Stderr)}.print(&bad)
		return broken, exited(2)
	case in.Snapshot == nil:
		return unread, nil
	}
	return fine, nil
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

func accountName(a verify.ServiceAccountReport) string {
	if a.Namespace == "" {
		return a.Name
	}
	return a.Namespace + "/" + a.Name
}

// objects are what Helm installed; nil where it did not call our post-renderer, which was
// said. Where nothing could be handed to us, Helm is asked for the release.
func (v *verification) objects() (*manifest.Objects, error) {
	text, ok := v.kept.end()
	if ok && len(text) == 0 {
		return nil, nil
	}
	from := io.Reader(bytes.NewReader(text))
	if !ok {
		var parts []io.Reader
		for _, what := range []string{"manifest", "hooks"} {
			part, err := v.wrapper.askHelm(v.wrapper.helm, "get", what, v.wrapper.args.Release(), "--namespace", v.namespace)
			if err != nil {
				return nil, fmt.Errorf("verifying: reading what was installed: %w", err)
			}
			parts = append(parts, strings.NewReader(part+"\n---\n"))
		}
		from = io.MultiReader(parts...)
	}
	return manifest.Read("the release", from)
}

// aws waits for the snapshot. Where AWS could not be read it is unknown, which is said.
func (v *verification) aws(depended bool) (*awsstate.State, error) {
	var r snapshotResult
	var enough <-chan time.Time
	if !depended {
		enough = time.After(snapshotPatience)
	}
	select {
	case r = <-v.snapshot:
	case <-enough:
		v.stop()
		r.err = errors.New("AWS did not answer in time")
	}
	if r.err != nil {
		voice{v.sys.Stderr}.warning("the roles were not verified: " + firstLine(r.err))
		return nil, nil
	}
	return judgeable(v.sys, r.taken)
}
