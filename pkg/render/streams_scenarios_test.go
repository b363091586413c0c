package render_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const irsaHead = "apiVersion: helm-irsa.dev/v1alpha1\nkind: ReleaseIdentity\nserviceAccounts:\n"

// entry is one service account of a generated irsa.yaml.
type entry struct {
	name, namespace string
	more            string // further lines
	usedBy          []string
}

func (e entry) arn() string { return "arn:aws:iam::111122223333:role/test/" + e.name }

func (e entry) String() string {
	s := fmt.Sprintf("- name: %q\n  namespace: %q\n  allowDefault: true\n  role: {arn: %q}\n%s", e.name, e.namespace, e.arn(), e.more)
	if len(e.usedBy) > 0 {
		s += "  usedBy:\n  - " + strings.Join(e.usedBy, "\n  - ") + "\n"
	}
	return s
}

// object is the service account as it must be added.
func (e entry) object(more map[string]any) map[string]any {
	o := map[string]any{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": map[string]any{
		"name": e.name, "namespace": e.namespace,
		"annotations": map[string]any{roleAnnotation: e.arn(), "helm-irsa.dev/added": "true"},
	}}
	for k, v := range more {
		o[k] = v
	}
	return o
}

func (e entry) key() [2]string { return [2]string{e.namespace, e.name} }

// scenarios are the irsa.yaml files that are tried on a stream.
func (in *realStream) scenarios() []scenario {
	out := []scenario{in.add()}
	if accounts := in.accounts(); len(accounts) > 0 {
		out = append(out, in.annotate(accounts))
	}
	if moves := in.movable(); len(moves) > 0 {
		out = append(out, in.move(moves))
	}
	return append(out, in.everything())
}

// accounts are the stream's service accounts, each once.
func (in *realStream) accounts() []entry {
	var out []entry
	for _, o := range in.objects() {
		e := entry{name: o.name, namespace: o.in(in.namespace)}
		if o.group == "" && o.kind == "ServiceAccount" && !slices.ContainsFunc(out, func(other entry) bool { return other.key() == e.key() }) {
			out = append(out, e)
		}
	}
	return out
}

// movable are up to three workloads: the first, one in the middle and the last.
func (in *realStream) movable() []object {
	var all []object
	for _, o := range in.objects() {
		// A hook cannot run as a service account that comes with the release, and jobs
		// named alike are one target.
		if o.template() != nil && o.hook() == "" {
			all = append(all, o)
		}
	}
	if len(all) > 3 {
		all = []object{all[0], all[len(all)/2], all[len(all)-1]}
	}
	return all
}

func (in *realStream) add() scenario {
	e := entry{name: "helm-irsa-added", namespace: in.namespace}
	return scenario{
		name: "add", irsa: irsaHead + e.String(), edit: func([]object) {},
		added: map[[2]string]map[string]any{e.key(): e.object(nil)},
	}
}

func (in *realStream) annotate(accounts []entry) scenario {
	irsa := irsaHead
	for _, e := range accounts {
		irsa += e.String()
	}
	return scenario{name: "annotate", irsa: irsa, edit: func(objects []object) { in.giveRoles(objects, accounts) }}
}

func (in *realStream) giveRoles(objects []object, accounts []entry) {
	for _, o := range objects {
		for _, e := range accounts {
			if o.group == "" && o.kind == "ServiceAccount" && o.name == e.name && o.in(in.namespace) == e.namespace {
				annotate(o.value, "metadata", roleAnnotation, e.arn())
			}
		}
	}
}

// moving makes entries of one new service account for each namespace of the workloads.
func (in *realStream) moving(workloads []object, more string) []entry {
	var out []entry
	for _, w := range workloads {
		target := fmt.Sprintf("workload: {kind: %s, name: %q}", w.kind, w.name)
		i := slices.IndexFunc(out, func(e entry) bool { return e.namespace == w.in(in.namespace) })
		if i < 0 {
			i = len(out)
			out = append(out, entry{name: "helm-irsa-moved", namespace: w.in(in.namespace), more: more})
		}
		out[i].usedBy = append(out[i].usedBy, target)
	}
	return out
}

func (in *realStream) move(workloads []object) scenario {
	entries := in.moving(workloads, "")
	s := scenario{name: "move", irsa: irsaHead, added: map[[2]string]map[string]any{}}
	for _, e := range entries {
		s.irsa += e.String()
		s.added[e.key()] = in.movedAccount(e)
	}
	s.edit = func(objects []object) {
		for _, e := range entries {
			in.relocate(objects, e)
		}
	}
	return s
}

// moves reports whether the entry's targets name the workload.
func (in *realStream) moves(e entry, o object) bool {
	return o.template() != nil && o.in(in.namespace) == e.namespace &&
		slices.Contains(e.usedBy, fmt.Sprintf("workload: {kind: %s, name: %q}", o.kind, o.name))
}

// left are the service accounts that the entry's workloads leave.
func (in *realStream) left(objects []object, e entry) map[string]bool {
	out := map[string]bool{}
	for _, o := range objects {
		if in.moves(e, o) && account(o.template()) != e.name {
			out[account(o.template())] = true
		}
	}
	return out
}

// movedAccount is the added service account, with the pull secrets of those that were left.
func (in *realStream) movedAccount(e entry) map[string]any {
	left := in.left(in.objects(), e)
	var secrets []any
	for _, o := range in.objects() {
		if o.group != "" || o.kind != "ServiceAccount" || !left[o.name] || o.in(in.namespace) != e.namespace {
			continue
		}
		list, _ := o.value["imagePullSecrets"].([]any)
		for _, s := range list {
			if !slices.ContainsFunc(secrets, func(other any) bool { return jsonText(other) == jsonText(s) }) {
				secrets = append(secrets, s)
			}
		}
	}
	if secrets == nil {
		return e.object(nil)
	}
	return e.object(map[string]any{"imagePullSecrets": secrets})
}

// relocate makes the workloads run as the service account and gives it the bindings of
// those that they left.
func (in *realStream) relocate(objects []object, e entry) {
	left := in.left(objects, e)
	for _, o := range objects {
		if in.moves(e, o) {
			pod := at(o.template(), "spec")
			// The twin too, where it is there or the API server would be left with it.
			if _, ok := pod["serviceAccount"]; ok || pod["serviceAccountName"] == nil || pod["serviceAccountName"] == "" {
				pod["serviceAccount"] = e.name
			}
			pod["serviceAccountName"] = e.name
		}
		subjects, ok := o.value["subjects"].([]any)
		if !ok || o.group != "rbac.authorization.k8s.io" || !strings.HasSuffix(o.kind, "RoleBinding") {
			continue
		}
		for _, s := range subjects {
			subject, _ := s.(map[string]any)
			name, _ := subject["name"].(string)
			namespace, _ := subject["namespace"].(string)
			if namespace == "" {
				namespace = o.in(in.namespace)
			}
			if subject["kind"] == "ServiceAccount" && left[name] && namespace == e.namespace {
				o.value["subjects"] = append(subjects, map[string]any{"kind": "ServiceAccount", "name": e.name, "namespace": e.namespace})
				break
			}
		}
	}
}

// everything annotates the first service account and stamps its pods, moves the last
// workload, adds a service account with token settings, and drops kiam's annotations.
func (in *realStream) everything() scenario {
	const rollout = "  rollout: true\n"
	added := entry{name: "helm-irsa-added", namespace: in.namespace, more: "  token: {expirationSeconds: 3600}\n"}
	want := added.object(nil)
	annotationsOf(want)["eks.amazonaws.com/token-expiration"] = "3600"
	s := scenario{name: "everything", whole: true, irsa: irsaHead + added.String(), added: map[[2]string]map[string]any{added.key(): want}}

	var entries []entry // those that pods may run as
	if accounts := in.accounts(); len(accounts) > 0 {
		accounts[0].more = rollout + "  token: {audience: test.example.com, stsRegionalEndpoints: true}\n"
		s.irsa += accounts[0].String()
		entries = append(entries, accounts[0])
	}
	own := slices.Clone(entries)
	var moved []entry
	if workloads := in.movable(); len(workloads) > 0 {
		moved = in.moving(workloads[len(workloads)-1:], rollout)
		s.irsa += moved[0].String()
		s.added[moved[0].key()] = in.movedAccount(moved[0])
		entries = append(entries, moved[0])
	}
	s.irsa += "migrate: {kiam: true, kube2iam: true}\n"
	s.edit = func(objects []object) {
		in.giveRoles(objects, own)
		for _, o := range objects {
			for _, e := range own {
				if o.group == "" && o.kind == "ServiceAccount" && o.name == e.name && o.in(in.namespace) == e.namespace {
					annotate(o.value, "metadata", "eks.amazonaws.com/audience", "test.example.com")
					annotate(o.value, "metadata", "eks.amazonaws.com/sts-regional-endpoints", "true")
				}
			}
		}
		for _, e := range moved {
			in.relocate(objects, e)
		}
		for _, o := range objects {
			for _, e := range entries {
				in.stamp(o, e)
			}
		}
	}
	return s
}

// stamp marks the pods of the service account's workloads and drops what kiam left there.
func (in *realStream) stamp(o object, e entry) {
	holder := o.template()
	if holder == nil || o.in(in.namespace) != e.namespace || account(holder) != e.name {
		return
	}
	for key := range annotationsOf(holder) {
		if strings.HasPrefix(key, "iam.amazonaws.com/") {
			delete(annotationsOf(holder), key)
		}
	}
	if podTemplates[o.group+"/"+o.kind].rolls && o.hook() == "" {
		annotate(holder, "metadata", identityAnnotation, "digest of "+e.name) // its value is pinned by the golden cases
	}
}

var stagingInJSON = regexp.MustCompile(`"serviceAccountName":"[^"]*"`)

// epinio is the first scenario of the design, with the edit made by hand.
func (in *realStream) epinio(t *testing.T) scenario {
	t.Helper()
	server := entry{name: "epinio-server", namespace: in.namespace}
	staging := entry{name: "epinio-staging", namespace: in.namespace, usedBy: []string{"preset: epinio-staging"}}
	s := scenario{name: "epinio", whole: true, irsa: irsaHead + server.String() + staging.String(), added: map[[2]string]map[string]any{}}
	for _, e := range []entry{server, staging} {
		if !slices.ContainsFunc(in.accounts(), func(have entry) bool { return have.key() == e.key() }) {
			s.added[e.key()] = e.object(nil)
		}
	}
	s.edit = func(objects []object) {
		in.giveRoles(objects, []entry{server, staging})
		set := 0
		for _, o := range objects {
			if o.kind == "ConfigMap" && strings.HasPrefix(o.name, "epinio-stage-scripts") {
				// The older generation has a ConfigMap of that name too, without this key.
				data := at(o.value, "data")
				if text, ok := data["staging-values.json"].(string); ok {
					data["staging-values.json"] = stagingInJSON.ReplaceAllString(text, `"serviceAccountName":"epinio-staging"`)
					set++
				}
			}
		}
		for _, o := range objects {
			if set > 0 || o.kind != "Deployment" || o.name != "epinio-server" {
				continue
			}
			containers, _ := at(o.template(), "spec")["containers"].([]any)
			container, _ := containers[0].(map[string]any)
			env, _ := container["env"].([]any)
			container["env"] = withVariable(env, "STAGING_SERVICE_ACCOUNT_NAME", "epinio-staging")
			set++
		}
		if set == 0 {
			t.Error("the stream has no place that names the staging account")
		}
	}
	return s
}

// withVariable sets a variable, or puts it first.
func withVariable(env []any, name, value string) []any {
	for _, v := range env {
		if variable, ok := v.(map[string]any); ok && variable["name"] == name {
			variable["value"] = value
			return env
		}
	}
	return append([]any{map[string]any{"name": name, "value": value}}, env...)
}
