package probe

import (
	"cmp"
	"slices"

	"github.com/helm-irsa/helm-irsa/pkg/discover"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// rendering is what one render came to.
type rendering struct {
	kinds     *manifest.Table
	namespace string
	objects   []placed
	accounts  []*account
}

// placed is an object and the template that it came from.
type placed struct {
	*manifest.Object
	file string
}

// account is a ServiceAccount of a rendering.
type account struct {
	namespace, name, file string
	hook                  bool
	varies                bool // another render gives it another name
	annotations           map[string]any
}

func (r *rendering) add(file string, o *manifest.Object) {
	r.objects = append(r.objects, placed{o, file})
	if o.Kind != "ServiceAccount" || o.Group() != "" {
		return
	}
	r.accounts = append(r.accounts, &account{
		namespace: cmp.Or(o.Namespace, r.namespace), name: o.Name, file: file, hook: hookOf(o) != "",
		annotations: manifest.Mapping(o.Body, "metadata", "annotations"),
	})
}

// runs calls see with each workload and the service account of each of its pods.
func (r *rendering) runs(see func(o placed, namespace, serviceAccount string)) {
	for _, o := range r.objects {
		for _, pod := range r.kinds.Of(o.Object).PodsOf(o.Body) {
			// A pod that names none runs as the namespace's service account of this name
			// (https://kubernetes.io/docs/concepts/security/service-accounts/).
			see(o, cmp.Or(o.Namespace, r.namespace), cmp.Or(pod.ServiceAccount, "default"))
		}
	}
}

func (r *rendering) workloadsOf(a *account) []discover.Workload {
	var out []discover.Workload
	r.runs(func(o placed, namespace, serviceAccount string) {
		w := discover.Workload{Kind: o.Kind, Name: o.Name}
		if namespace == a.namespace && serviceAccount == a.name && !slices.Contains(out, w) {
			out = append(out, w)
		}
	})
	return out
}

func (r *rendering) elsewhere() []discover.Runner {
	var out []discover.Runner
	r.runs(func(o placed, namespace, serviceAccount string) {
		run := discover.Runner{Workload: discover.Workload{Kind: o.Kind, Name: o.Name}, Namespace: namespace, ServiceAccount: serviceAccount}
		made := slices.ContainsFunc(r.accounts, func(a *account) bool { return a.namespace == namespace && a.name == serviceAccount })
		if !made && !slices.Contains(out, run) {
			out = append(out, run)
		}
	})
	return out
}

// makers are the objects whose operators make service accounts for them.
func (r *rendering) makers() []maker {
	var out []maker
	for _, o := range r.objects {
		kind := r.kinds.Of(o.Object)
		if kind == nil {
			continue
		}
		if names := kind.MakesFor(o.Name); len(names) > 0 {
			out = append(out, maker{discover.Workload{Kind: o.Kind, Name: o.Name}, names})
		}
	}
	return out
}

// refersTo are the objects whose controller asks for a token of the service account.
func (r *rendering) refersTo(a *account) []discover.Workload {
	var out []discover.Workload
	for _, o := range r.objects {
		for _, ref := range manifest.References(o.Object) {
			w := discover.Workload{Kind: o.Kind, Name: o.Name}
			if ref.Name == a.name && cmp.Or(ref.Namespace, r.namespace) == a.namespace && !slices.Contains(out, w) {
				out = append(out, w)
			}
		}
	}
	return out
}

// annotated reports whether any object but service accounts has the annotation, wherever.
func (r *rendering) annotated(key, value string) bool {
	return slices.ContainsFunc(r.objects, func(o placed) bool {
		return o.Kind != "ServiceAccount" && manifest.Text(o.Body, "metadata", "annotations", key) == value
	})
}
