package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/helm-irsa/helm-irsa/internal/adopt"
	"github.com/helm-irsa/helm-irsa/internal/helm"
	"github.com/helm-irsa/helm-irsa/internal/kube"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// look is what is done before Helm is run, while AWS is compared: whether a service
// account that the release brings is there already and belongs to somebody else. Helm
// stops at it, but after AWS was changed, and does not say whose it is.
type look struct {
	o       *wrapperOptions
	helm    helm.Client // o's own is changed while this asks
	release adopt.Release
	names   []kube.Account
	major   int

	stop   context.CancelFunc
	answer chan looked
}

// looked is what a look found.
type looked struct {
	client *kube.Client
	// foreign are the service accounts that Helm would stop at.
	foreign []foreign
	// own are the service accounts that are the release's.
	own []*adopt.Account
	// unread could not be looked at; nor could anything where err is set.
	unread []error
	err    error
}

// foreign is a service account of somebody else.
type foreign struct {
	account *adopt.Account
	owner   adopt.Owner
	// alive: the owner is a release that is there still, or about which Helm could not be
	// asked, which why says.
	alive bool
	why   error
}

// lookPatience is how long the cluster is waited for, once AWS has been compared or Helm
// has ended. What comes later is left to Helm, which asks the same.
const lookPatience = 10 * time.Second

// beginLook starts the look; nil where there is nothing to look for. A dry run asks the
// cluster only where it was told to.
func (o *wrapperOptions) beginLook(file *spec.File, namespace string, major int) (*look, error) {
	dry, _ := o.args.Given("dry-run")
	switch {
	case o.args.Command == "template", o.takesOwnership():
		return nil, nil
	case o.args.DryRun() && dry != "server" && !o.adopt:
		return nil, nil
	case o.args.Release() == "" && o.adopt:
		return nil, hinted(errors.New("--irsa-adopt: the release's name is not known yet"), "name the release")
	case o.args.Release() == "":
		return nil, nil
	}
	l := &look{o: o, helm: o.helm, release: adopt.Release{Name: o.args.Release(), Namespace: namespace}, major: major, answer: make(chan looked, 1)}
	for _, sa := range file.ServiceAccounts {
		// Where irsa.yaml says that it is made elsewhere, only the chart could bring it.
		if sa.Create != spec.CreateNever {
			l.names = append(l.names, kube.Account{Namespace: sa.NamespaceIn(namespace), Name: sa.Name})
		}
	}
	if len(l.names) == 0 {
		return nil, nil
	}
	ctx, stop := context.WithCancel(o.sys.context())
	l.stop = stop
	go func() { l.answer <- l.read(ctx) }()
	return l, nil
}

// takesOwnership: Helm was told to take whatever is there (Helm 3.17 and later).
func (o *wrapperOptions) takesOwnership() bool {
	return o.args.On("take-ownership")
}

// read looks at the service accounts side by side.
func (l *look) read(ctx context.Context) looked {
	client, err := l.o.openCluster(l.release.Namespace)
	if err != nil {
		return looked{err: err}
	}
	accounts, errs := make([]*adopt.Account, len(l.names)), make([]error, len(l.names))
	var g errgroup.Group
	for i, name := range l.names {
		g.Go(func() error {
			accounts[i], errs[i] = readLive(ctx, client, name)
			return nil // what may not be read of one is said beside the others
		})
	}
	_ = g.Wait()
	out := looked{client: client}
	for i, a := range accounts {
		switch unread := (*kube.Unread)(nil); {
		case errors.As(errs[i], &unread):
			out.unread = append(out.unread, errs[i])
		case errs[i] != nil:
			out.err = errs[i]
		case a != nil && !a.Owned(l.release) && !a.OfHook():
			out.foreign = append(out.foreign, foreign{account: a})
		case a != nil && a.Owned(l.release):
			out.own = append(out.own, a)
		}
	}
	return l.judge(out)
}

// readLive is a service account of the cluster; nil where there is none.
func readLive(ctx context.Context, client *kube.Client, name kube.Account) (*adopt.Account, error) {
	d, err := client.ServiceAccount(ctx, name.Namespace, name.Name)
	if d == nil || err != nil {
		return nil, err
	}
	return adopt.Parse(d)
}

// judge asks Helm, where there is something to ask about: what the release has already
// is no conflict for upgrade (pkg/action/upgrade.go, toBeCreated), and another release
// may be gone.
func (l *look) judge(found looked) looked {
	if len(found.foreign) == 0 {
		return found
	}
	has := l.accountsOfRelease()
	kept := found.foreign[:0]
	for _, f := range found.foreign {
		if has[kube.Account{Namespace: f.account.Namespace, Name: f.account.Name}] {
			continue
		}
		f.owner = f.account.Owner(l.release)
		if f.owner.Release != nil {
			f.alive, f.why = l.releaseIsThere(*f.owner.Release)
		}
		kept = append(kept, f)
	}
	found.foreign = kept
	return found
}

// end waits for the look, before AWS is changed, and gives what is to be adopted. The error
// is a refusal: of service accounts, and of a cluster that Helm would not reach either.
// What could not be looked at is one only where adoption was asked for.
func (l *look) end(file *spec.File) (*adoption, error) {
	found, ok := l.wait()
	if !ok {
		return nil, nil
	}
	if err := found.err; err != nil && !l.o.adopt && !errors.Is(err, context.Canceled) {
		return nil, hinted(fmt.Errorf("nothing was changed in AWS, since Helm would fail: %w", err), "%s", afterMending)
	}
	if err := l.held(found, file); err != nil {
		return nil, err
	}
	return l.adoption(found)
}

// afterMending is the hint where the same command failed in the same way again.
const afterMending = "after mending that, the same command again"

// wait gives what was found; false where nothing was looked for, or that takes too long.
func (l *look) wait() (looked, bool) {
	if l == nil {
		return looked{}, false
	}
	patience := time.NewTimer(lookPatience)
	defer patience.Stop()
	if l.o.adopt {
		patience.Stop() // each call of the cluster has an end of its own
	}
	select {
	case found := <-l.answer:
		return found, true
	case <-patience.C:
		return looked{}, false
	}
}

// explain says, after Helm failed, whose the service account is that it may have stopped
// at, or the role.
func (l *look) explain(file *spec.File) {
	found, ok := l.wait()
	if !ok {
		return
	}
	if err := l.held(found, file); err != nil {
		voice{l.o.sys.Stderr}.each([]error{err})
	}
	if _, err := l.adoption(found); err != nil {
		voice{l.o.sys.Stderr}.each([]error{err})
	}
}

// leave ends the look, whether it was waited for or not.
func (l *look) leave() {
	if l != nil {
		l.stop()
	}
}

func (l *look) adoption(found looked) (*adoption, error) {
	if !l.o.adopt {
		l.debug(found)
		var refusals []error
		for _, f := range found.foreign {
			refusals = append(refusals, f.refusal(l.release, false))
		}
		return nil, errors.Join(refusals...)
	}
	if found.err != nil {
		return nil, fmt.Errorf("--irsa-adopt: %w", found.err)
	}
	var errs []error
	for _, err := range found.unread {
		errs = append(errs, fmt.Errorf("--irsa-adopt: %w", err))
	}
	a := &adoption{look: l, client: found.client}
	for _, f := range found.foreign {
		if !f.adoptable() {
			errs = append(errs, f.refusal(l.release, true))
			continue
		}
		a.accounts = append(a.accounts, f)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	if len(a.accounts) == 0 {
		return nil, nil
	}
	return a, a.rehearse()
}

// debug says what could not be looked at, where Helm was asked to debug: what Helm says
// of it comes next.
func (l *look) debug(found looked) {
	if !debugging(l.o.sys) {
		return
	}
	for _, err := range append(found.unread, found.err) {
		if err != nil {
			voice{l.o.sys.Stderr}.info("debug: looking for service accounts of others: " + firstLine(err))
		}
	}
}

// adoptable: nobody would take it back.
func (f foreign) adoptable() bool { return !f.owner.Controller && !f.alive }

// refusal says whose the service account is, what Helm would say, and what to do.
func (f foreign) refusal(r adopt.Release, asked bool) error {
	text := fmt.Sprintf("%s is in the cluster already and belongs to %s", f.account, f.owner)
	switch {
	case f.why != nil:
		text += fmt.Sprintf(", and whether that is still there is not known: %s", firstLine(f.why))
	case f.alive:
		text += ", which is still there"
	}
	text += `: Helm stops with "invalid ownership metadata"`
	keep := "in irsa.yaml, write create: never under it, and let the chart not make it"
	switch {
	case f.adoptable():
		return hinted(errors.New(text), "add --irsa-adopt to give it to release %s; or, to leave it to its owner, %s", safe.Word(r.Name), keep)
	case asked:
		text += "; --irsa-adopt does not take it, since its owner would write or delete it again"
	}
	return hinted(errors.New(text), "to leave it to its owner, %s; or take it out of there first", keep)
}

// given is the value of a flag of Helm's.
func (o *wrapperOptions) given(flag string) string {
	v, _ := o.args.Given(flag)
	return v
}

// kubeFlags are Helm's flags for the cluster, and the variables in which Helm hands them
// on to plugins: pkg/cli/environment.go, AddFlags and EnvVars.
var kubeFlags = map[string]string{
	"kube-context": "HELM_KUBECONTEXT", "kube-token": "HELM_KUBETOKEN", "kube-as-user": "HELM_KUBEASUSER",
	"kube-as-group": "HELM_KUBEASGROUPS", "kube-apiserver": "HELM_KUBEAPISERVER", "kube-ca-file": "HELM_KUBECAFILE",
	"kube-tls-server-name": "HELM_KUBETLS_SERVER_NAME", "kube-insecure-skip-tls-verify": "HELM_KUBEINSECURE_SKIP_TLS_VERIFY",
	"kubeconfig": "KUBECONFIG",
}

// kubeEnv is the environment with Helm's flags for the cluster in it: who starts this
// program directly has them on the command line.
func (o *wrapperOptions) kubeEnv(name string) string {
	for flag, variable := range kubeFlags {
		if variable != name {
			continue
		}
		if v, ok := o.args.Given(flag); ok {
			if v == "" && strings.HasSuffix(flag, "-verify") { // a switch
				return "true"
			}
			return v
		}
	}
	return o.sys.Getenv(name)
}

func debugging(sys *System) bool {
	v := sys.Getenv("HELM_DEBUG")
	return v == "true" || v == "1"
}
