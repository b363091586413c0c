package webhook

import "slices"

// Apply is the pod as the webhook's patch leaves it. The pod must be the one the
// Injection was predicted for; it is not changed. Where the webhook draws the token's
// expiration, the longest is written.
//
// The webhook decodes containers to Kubernetes' types and encodes them again. Of what
// that does, Apply does what every container shows, which is `resources: {}`; it does not
// leave out empty values, nor write quantities in another way, which is the same to the
// API server.
func (in Injection) Apply(pod map[string]any) map[string]any {
	out, _ := clone(pod).(map[string]any)
	if in.Method == "" {
		return out
	}
	if out["spec"] == nil {
		if out == nil {
			out = map[string]any{}
		}
		out["spec"] = map[string]any{} // the API server shows no pod without one
	}
	spec, ok := out["spec"].(map[string]any)
	if !ok {
		return out
	}
	if in.Label != "" {
		in.applyLabel(out)
	}
	if in.Volume.Added {
		// handler.go, getPodSpecPatch: /spec/volumes/0, or /spec/volumes where there is none.
		if volumes, ok := listOf(spec["volumes"]); ok {
			spec["volumes"] = slices.Insert(volumes, 0, any(in.Volume.object()))
		}
	}
	if spec["containers"] == nil {
		spec["containers"] = []any{} // the patch always has them
	}
	for _, c := range in.Containers {
		if c.list == "ephemeralContainers" {
			continue
		}
		list, _ := spec[c.list].([]any)
		if c.index >= len(list) {
			continue
		}
		if o, ok := list[c.index].(map[string]any); ok && o != nil {
			in.applyContainer(o, c)
		}
	}
	return out
}

func (in Injection) applyLabel(pod map[string]any) {
	if pod["metadata"] == nil {
		pod["metadata"] = map[string]any{}
	}
	meta, ok := pod["metadata"].(map[string]any)
	if !ok {
		return
	}
	if meta["labels"] == nil {
		meta["labels"] = map[string]any{}
	}
	if labels, ok := meta["labels"].(map[string]any); ok {
		labels[in.Label] = "enabled"
	}
}

func (in Injection) applyContainer(o map[string]any, c Container) {
	if o["resources"] == nil {
		o["resources"] = map[string]any{}
	}
	if env, ok := listOf(o["env"]); ok && len(c.Env) > 0 {
		for _, e := range c.Env {
			env = append(env, without("value", map[string]any{"name": e.Name, "value": e.Value}))
		}
		o["env"] = env
	}
	if mounts, ok := listOf(o["volumeMounts"]); ok && c.Mount {
		o["volumeMounts"] = append(mounts, map[string]any{
			"name": in.Volume.Name, "readOnly": true, "mountPath": in.MountPath,
		})
	}
}

func (v Volume) object() map[string]any {
	token := map[string]any{
		"audience":          v.Token.Audience,
		"expirationSeconds": v.Token.Expiration,
		"path":              v.Token.Path,
	}
	return map[string]any{
		"name": v.Name,
		"projected": map[string]any{
			"sources": []any{map[string]any{"serviceAccountToken": without("audience", token)}},
		},
	}
}

// without leaves the field out if it is empty, as Kubernetes' types do (omitempty).
func without(field string, o map[string]any) map[string]any {
	if o[field] == "" {
		delete(o, field)
	}
	return o
}

// listOf takes null for an empty list.
func listOf(v any) ([]any, bool) {
	if v == nil {
		return nil, true
	}
	list, ok := v.([]any)
	return list, ok
}
