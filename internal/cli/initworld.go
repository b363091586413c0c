package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/kube"
	"github.com/helm-irsa/helm-irsa/internal/ownership"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/internal/voice"
	"github.com/helm-irsa/helm-irsa/internal/whichcluster"
	"github.com/helm-irsa/helm-irsa/pkg/catalog"
	"github.com/helm-irsa/helm-irsa/pkg/discover"
	"github.com/helm-irsa/helm-irsa/pkg/draft"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// world is what init finds out before anything is chosen.
type world struct {
	chart   discover.Options
	found   *discover.Result
	done    func()
	cluster clusterFacts
	release *listedRelease // nil where there is none, or nobody could be asked
	// subjects are the service accounts that may get a role: those of the chart, and those that
	// would be made for workloads that run without one.
	subjects []*subject
	// gitOps is what keeps a service account as Git says; empty where nothing does.
	gitOps string
	// adopt: a service account of the release is another tool's in the cluster.
	adopt bool
}

// subject is a service account that may get a role.
type subject struct {
	namespace, name string
	// called is what --grant calls it: its name, or NAMESPACE/NAME where several have that name.
	called string
	hook   bool
	runs   []discover.Workload
	// usedBy are the workloads that it would be made for; none where the chart makes it.
	usedBy []draft.Workload
	// entry is the catalogue's that fits; empty where none does.
	entry string
	// role is what it has already; nil where it has none. mode is how, and from is what says so.
	role       *draft.Role
	mode, from string
	// hadKiam is the role of kiam's annotation on its pods, and kiam says that role is that one.
	hadKiam string
	kiam    bool
	// adopt is what helm irsa apply has to take over, as --adopt has it.
	adopt []string
}

// words are the comment above it.
func (s *subject) words(granted bool) []string {
	var out []string
	switch {
	case len(s.usedBy) > 0:
		out = append(out, "The chart makes none for "+s.usedBy[0].Kind+" "+s.usedBy[0].Name+": it is added.")
	case len(s.runs) > 0:
		out = append(out, "Of "+runners(s.runs)+".")
	}
	if s.role != nil && !granted {
		out = append(out, s.from)
	}
	for i := range out {
		out[i] = safe.Text(out[i])
	}
	return out
}

// listedRelease is a release as helm list prints it.
type listedRelease struct {
	Name, Namespace, Status string
	// Chart is the chart's name, a dash and its version.
	Chart string
}

// of reports whether the release is of a chart of that name; true where Helm does not say.
func (r *listedRelease) of(chart string) bool {
	rest, ok := strings.CutPrefix(r.Chart, chart+"-")
	return r.Chart == "" || ok && regexp.MustCompile(`^v?[0-9]`).MatchString(rest)
}

// world renders the chart, and asks the cluster and AWS.
func (o *initOptions) world() (*world, error) {
	w := &world{done: func() {}}
	var err error
	if w.cluster, err = findCluster(o); err != nil {
		return nil, err
	}
	if w.chart, w.done, err = o.opened(); err != nil {
		return nil, err
	}
	if err := w.read(o); err != nil {
		w.done()
		return nil, err
	}
	return w, nil
}

// read reads the release, the chart and what is there already.
func (w *world) read(o *initOptions) error {
	if err := w.readRelease(o); err != nil {
		return err
	}
	var err error
	w.chart.Bare = true
	if w.found, err = o.inspect(w.chart); err != nil {
		return err
	}
	if w.release != nil && !w.release.of(w.found.Chart.Name) {
		return faults.Hinted(fmt.Errorf("release %s in namespace %s is of chart %s, not of %s", w.release.Name, w.release.Namespace, w.release.Chart, w.found.Chart.Name),
			"give the chart of that release, or another release's name")
	}
	w.list(o.sys)
	if err := w.readChart(o); err != nil {
		return err
	}
	if err := w.readCluster(o); err != nil {
		return err
	}
	return w.readAWS(o)
}

// list makes the subjects. One that a chart makes twice, such as for a hook, is one in the cluster.
func (w *world) list(sys *System) {
	for _, a := range w.found.ServiceAccounts {
		if a.NameVaries {
			how := "no value of the chart names it"
			if len(a.Values.Name) > 0 {
				how = "--set " + a.Values.Name[0] + "=NAME gives it one name"
			}
			voice.To(sys.Stderr).Warning(fmt.Sprintf("the chart calls service account %s/%s otherwise with each render, so that irsa.yaml cannot name it: it is left out; %s", a.Namespace, a.Name, how))
			continue
		}
		if spec.CheckServiceAccount(a.Name) != nil || !spec.Takes("namespace", a.Namespace) {
			voice.To(sys.Stderr).Warning(fmt.Sprintf("the chart makes service account %s/%s, which is no name that Kubernetes takes: it is left out", a.Namespace, a.Name))
			continue
		}
		if s := w.subjectIn(a.Namespace, a.Name); s != nil {
			s.runs, s.hook, s.entry = append(s.runs, a.Workloads...), s.hook && a.Hook, cmp.Or(s.entry, a.Catalog)
			continue
		}
		w.subjects = append(w.subjects, &subject{namespace: a.Namespace, name: a.Name, hook: a.Hook, runs: a.Workloads, entry: a.Catalog})
	}
	defer func() {
		for _, s := range w.subjects {
			if s.called = s.name; len(w.meant(s.name)) > 1 {
				s.called = s.namespace + "/" + s.name
			}
		}
	}()
	for _, r := range w.found.Elsewhere {
		// One that the chart names and does not make is somebody else's to make.
		if r.ServiceAccount == "default" && w.subjectIn(r.Namespace, r.Name) == nil && spec.CheckServiceAccount(r.Name) == nil {
			w.subjects = append(w.subjects, &subject{namespace: r.Namespace, name: r.Name, usedBy: []draft.Workload{{Kind: r.Kind, Name: r.Name}}})
		}
	}
}

// subjectIn finds one by its namespace and its name; nil where there is none.
func (w *world) subjectIn(namespace, name string) *subject {
	for _, s := range w.subjects {
		if s.namespace == namespace && s.name == name {
			return s
		}
	}
	return nil
}

// meant are those that --grant means by NAME or NAMESPACE/NAME.
func (w *world) meant(called string) []*subject {
	namespace, name, both := strings.Cut(called, "/")
	return slices.DeleteFunc(slices.Clone(w.subjects), func(s *subject) bool {
		return both && (s.namespace != namespace || s.name != name) || !both && s.name != called
	})
}

// subject finds the one that is meant; nil where there is none, or more than one.
func (w *world) subject(called string) *subject {
	if all := w.meant(called); len(all) == 1 {
		return all[0]
	}
	return nil
}

// hasRoles: something has a role already, so that irsa.yaml has something to say.
func (w *world) hasRoles() bool {
	return slices.ContainsFunc(w.subjects, func(s *subject) bool { return s.role != nil })
}

// target is where policies are for.
func (w *world) target() catalog.Target {
	return catalog.Target{Partition: spec.PartitionOf(w.cluster.region()), Region: w.cluster.region(), AccountID: w.cluster.accountID(), ClusterName: w.cluster.name()}
}

// readRelease asks Helm for the release, and, where no values were given, for its values: helm
// upgrade takes those of the last revision then.
func (w *world) readRelease(o *initOptions) error {
	all, err := o.releases()
	if err != nil {
		o.sys.unread("whether the release is there already", err)
		return nil
	}
	var elsewhere []string
	for i, r := range all {
		switch {
		case r.Name != o.options.Release:
		case r.Namespace == w.chart.Namespace:
			w.release = &all[i]
		default:
			elsewhere = append(elsewhere, r.Namespace)
		}
	}
	// Helm calls the namespace default where nobody names one.
	if w.release == nil && len(elsewhere) == 1 && o.options.Namespace == "" && w.chart.Namespace == "default" {
		return faults.Hinted(fmt.Errorf("release %s is in namespace %s, not in default", o.options.Release, elsewhere[0]), "add -n %s", safe.Word(elsewhere[0]))
	}
	if w.release == nil || given(o.sources) {
		return nil
	}
	w.chart.Values, err = valuesOf(o.sys, w.release)
	return err
}

// releases are those of the name in all namespaces, or in the release's where only that may be read.
func (o *initOptions) releases() ([]listedRelease, error) {
	client, err := newHelm(o.sys)
	if err != nil {
		return nil, err
	}
	// With each status that a release can be upgraded from; Helm 4 has no --all.
	list := []string{"list", "--filter", "^" + regexp.QuoteMeta(o.options.Release) + "$", "--output", "json", "--deployed", "--failed", "--pending"}
	text, err := client.Ask(o.sys.context(), append(list, "--all-namespaces")...)
	if err != nil {
		text, err = client.Ask(o.sys.context(), append(list, "--namespace", cmp.Or(o.options.Namespace, o.namespace()))...)
	}
	if err != nil {
		return nil, err
	}
	var all []listedRelease
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		return nil, fmt.Errorf("reading what helm list prints: %w", err)
	}
	return all, nil
}

// given: there are any values.
func given(s discover.Sources) bool {
	return len(s.Files)+len(s.JSON)+len(s.Set)+len(s.String)+len(s.File)+len(s.Literally) > 0
}

// valuesOf are the values that somebody gave the release.
func valuesOf(sys *System, r *listedRelease) (map[string]any, error) {
	client, err := newHelm(sys)
	if err != nil {
		return nil, err
	}
	text, err := client.Ask(sys.context(), "get", "values", r.Name, "--namespace", r.Namespace, "--output", "json")
	if err != nil {
		return nil, fmt.Errorf("reading the values of release %s: %w", r.Name, err)
	}
	values := map[string]any{}
	if strings.TrimSpace(text) == "" {
		return values, nil
	}
	if err := json.Unmarshal([]byte(text), &values); err != nil {
		return nil, fmt.Errorf("reading the values of release %s: %w", r.Name, err)
	}
	return values, nil
}

// unread warns of what was not looked at.
func (s *System) unread(what string, err error) {
	voice.To(s.Stderr).Warning(fmt.Sprintf("unknown: %s: %s", what, faults.FirstLine(err)))
}

// readChart renders the chart, and reads the roles that annotations give to its service accounts,
// and those of kiam to its pods.
func (w *world) readChart(o *initOptions) error {
	stream, err := o.render(w.chart)
	if err != nil {
		return err
	}
	objects, err := manifest.Read("the chart", bytes.NewReader(stream))
	if err != nil {
		return o.said(err)
	}
	kinds := manifest.Kinds()
	for i := range objects.List {
		object := &objects.List[i]
		if s := w.subjectIn(cmp.Or(object.Namespace, w.chart.Namespace), object.Name); s != nil && object.Kind == "ServiceAccount" {
			// Without a grant it is what Helm is to write anyway.
			w.named(o, s, manifest.Text(object.Body, "metadata", "annotations", spec.RoleAnnotation), "It has this role by the chart's values.")
		}
		for _, pod := range kinds.Of(object).PodsOf(object.Body) {
			role := manifest.Text(pod.Metadata, "annotations", kiamRole)
			namespace := cmp.Or(object.Namespace, w.chart.Namespace)
			s := w.subjectIn(namespace, cmp.Or(pod.ServiceAccount, "default"))
			if pod.ServiceAccount == "" || pod.ServiceAccount == "default" {
				s = w.subjectIn(namespace, object.Name)
			}
			if role == "" || s == nil {
				continue
			}
			if s.hadKiam != "" && s.hadKiam != role {
				return faults.Hinted(fmt.Errorf("service account %s: its pods have two roles by %s: %s and %s", s.called, kiamRole, s.hadKiam, role),
					"say what it gets: --grant %s, of helm irsa catalog", safe.Word(s.called+"=ENTRY"))
			}
			s.hadKiam = role
		}
	}
	return nil
}

// readCluster reads the service accounts that are in the cluster: what role they have, and whose
// they are.
func (w *world) readCluster(o *initOptions) error {
	client, err := kube.Open(kube.Options{Namespace: w.chart.Namespace, Getenv: o.sys.Getenv})
	if err != nil {
		o.sys.unread("which service accounts have a role in the cluster", err)
		return nil
	}
	release := ownership.Release{Name: o.options.Release, Namespace: w.chart.Namespace}
	for _, s := range w.subjects {
		d, err := client.ServiceAccount(o.sys.context(), s.namespace, s.name)
		var gone *kube.ConnectError
		if errors.As(err, &gone) || errors.Is(err, context.Canceled) {
			o.sys.unread("which service accounts have a role in the cluster", err)
			return o.sys.context().Err()
		}
		if err != nil {
			o.sys.unread(fmt.Sprintf("whether service account %s/%s has a role in the cluster", s.namespace, s.name), err)
			continue
		}
		if d == nil {
			continue
		}
		a, err := ownership.Parse(d)
		if err != nil {
			return err
		}
		if err := w.owned(s, a, release); err != nil {
			return err
		}
		from := "It has this role already, which stays as it is."
		if owner := a.Owner(release); owner.Who == "eksctl" {
			from = "It has this role by eksctl, which keeps it."
		}
		w.named(o, s, a.Annotation(spec.RoleAnnotation), from)
	}
	return nil
}

// named takes a role that an annotation names. What Helm writes by the values goes before what the
// cluster has.
func (w *world) named(o *initOptions, s *subject, arn, from string) {
	if arn == "" {
		return
	}
	if _, err := spec.ParseRoleARN(arn); err != nil {
		o.sys.unread(fmt.Sprintf("what role service account %s/%s has", s.namespace, s.name), err)
		return
	}
	if s.role != nil && s.role.ARN != arn {
		voice.To(o.sys.Stderr).Warning(fmt.Sprintf("service account %s/%s has role %s in the cluster, and the chart's values give it %s", s.namespace, s.name, arn, s.role.ARN))
		return
	}
	s.role, s.from = &draft.Role{ARN: arn}, from
}

// owned notes whose the service account is.
func (w *world) owned(s *subject, a *ownership.Account, release ownership.Release) error {
	if a.OfHook() || a.Owned(release) {
		return nil
	}
	owner := a.Owner(release)
	switch {
	case owner.Release != nil && *owner.Release != release && len(s.usedBy) == 0:
		return faults.Hinted(fmt.Errorf("service account %s/%s is in the cluster already and belongs to %s", s.namespace, s.name, owner),
			"an irsa.yaml is for one release: name that one, or another release whose service accounts are called otherwise")
	case owner.Controller:
		w.gitOps = owner.Who
	default:
		w.adopt = true
	}
	return nil
}

// clusterFacts are what is known of the cluster, and what of that irsa.yaml is to say: what the
// kubeconfig says is found there again, by every command.
type clusterFacts struct {
	known, said spec.Cluster
	found       whichcluster.Cluster
}

func (c clusterFacts) name() string      { return c.known.Name }
func (c clusterFacts) region() string    { return c.known.Region }
func (c clusterFacts) accountID() string { return c.known.AccountID }

// findCluster finds the cluster as the commands do that read irsa.yaml.
func findCluster(o *initOptions) (clusterFacts, error) {
	known, err := inKubeconfig(o.sys, o.cluster)
	if err != nil {
		return clusterFacts{}, err
	}
	if _, ok := known.ToLookUp(); ok {
		if known, err = lookedUp(o.sys, known); err != nil {
			o.sys.unread("which cluster of EKS the kubeconfig is for", err)
		}
	}
	said, err := typedCluster(o.sys, o.cluster)
	return clusterFacts{known.Complete(spec.Cluster{}), said.Complete(spec.Cluster{}), known}, err
}
