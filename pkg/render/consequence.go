package render

import (
	"fmt"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// replaced is a name that another one took the place of where no pods are seen.
type replaced struct {
	object *object
	field  string
	from   string
	to     *account
}

// replacedName notes that a service account's name took the place of another one, and carries
// its bindings over or remembers to warn of them.
func (s *session) replacedName(o *object, w wanted, old, bindings string, c Change) {
	a := w.account
	if w.role || old == "" || old == a.Name || bindings == spec.BindingsLeave {
		return
	}
	if bindings == spec.BindingsCarry {
		s.moves = append(s.moves, move{a.namespace, old, a, o})
		return
	}
	s.replaced = append(s.replaced, replaced{o, c.Field, old, a})
}

// warnOfBindings says which bindings a service account does not get though its name took the
// place of one that has them.
func (s *session) warnOfBindings(bindings map[[2]string][]*object) {
	type pair struct {
		from string
		to   *account
	}
	places := map[pair][]string{}
	told := map[string]bool{}
	var order []pair
	for _, r := range s.replaced {
		id := pair{r.from, r.to}
		if places[id] == nil {
			order = append(order, id)
		}
		place := fmt.Sprintf("%s of %s", r.field, r.object)
		if key := r.to.String() + "\n" + r.from + "\n" + place; !told[key] {
			told[key] = true
			places[id] = append(places[id], place)
		}
	}
	for _, id := range order {
		var still []string
		for _, o := range bindings[[2]string{id.to.namespace, id.from}] {
			if o.kind != "ServiceAccount" && !s.binds(o, id.to) {
				still = append(still, o.String())
			}
		}
		if len(still) > 0 {
			s.warnf("write bindings: carry beside the target to bind it to the same roles, or bindings: leave if it needs none of them",
				"service account %s took the place of %s in %s, but not in %s", id.to, id.from, some(places[id]), some(still))
		}
	}
}

// some names the first of many.
func some(names []string) string {
	const most = 3
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

// binds reports whether a binding names the service account.
func (s *session) binds(o *object, a *account) bool {
	for _, subjects := range o.root.All("subjects") {
		if s.subjects(o, subjects)[[2]string{a.namespace, a.Name}] {
			return true
		}
	}
	return false
}

// settings are fields in the configuration of applications that name the service account of
// their pods. They may be made where they are missing, since the application knows them. Those
// pods ask the API server for others, or tell it of their results, and so need the Roles that
// the service account before them has.
var settings = map[string]bool{
	// Flink: https://nightlies.apache.org/flink/flink-docs-stable/docs/deployment/config/#kubernetes
	"kubernetes.service-account":             true,
	"kubernetes.jobmanager.service-account":  true,
	"kubernetes.taskmanager.service-account": true,
	// Spark: https://spark.apache.org/docs/latest/running-on-kubernetes.html#spark-properties
	"spark.kubernetes.authenticate.driver.serviceAccountName":   true,
	"spark.kubernetes.authenticate.executor.serviceAccountName": true,
	// Argo Workflows: https://argo-workflows.readthedocs.io/en/latest/default-workflow-specs/
	// and https://argo-workflows.readthedocs.io/en/latest/workflow-rbac/
	"workflowDefaults.spec.serviceAccountName": true,
}

func isSetting(path []spec.PathPart) bool { return settings[dotted(path)] }

// namesPods reports whether a place in a text is such a field.
func namesPods(p spot) bool { return (p.text != nil || p.o.within != "") && settings[p.dotted] }
