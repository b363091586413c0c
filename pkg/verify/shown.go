package verify

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/verify/webhook"
)

// skipLabel is the label with which pods opt out, as the configuration that was read has
// it; empty where it has none, as older clusters of EKS.
func skipLabel(hook any) string {
	label := ""
	for _, e := range manifest.List(hook, "objectSelector", "matchExpressions") {
		key := manifest.Text(e, "key")
		if manifest.Text(e, "operator") == "DoesNotExist" && (label == "" || key == webhook.Defaults().SkipLabel) {
			label = key
		}
	}
	return label
}

// shown looks at whether the webhook's objectSelector takes the pod. A pod that has its
// role was shown, whatever its labels say by now; what a label keeps away is said by the
// prediction.
func shown(c *chain, r *result, p *pod) {
	selector := manifest.Mapping(hook(c), "objectSelector")
	if p.snippet() || p.spec == nil || c.roleARN == "" || p.isPod() && injectedRole(p) != "" {
		return
	}
	labels := manifest.Mapping(p.meta, "labels")
	if _, out := labels[skipLabel(hook(c))]; out && !running(p) || selects(selector, labels) {
		return
	}
	r.add(found(codeWebhookFailing, p.String(), fmt.Sprintf("the objectSelector of webhook %s leaves %s out: it wants %s", manifest.Text(hook(c), "name"), p, wants(selector)),
		edit(fmt.Sprintf("metadata: {labels: {%s}}   # of the pod template", labelFor(selector)))).
		because("The API server asks the webhook only about pods whose labels its objectSelector takes.").at(p.from.Where))
}

// labelFor is a label that a selector wants; a form where that is not a plain one.
func labelFor(selector map[string]any) string {
	labels := manifest.Mapping(selector, "matchLabels")
	for _, k := range manifest.SortedKeys(labels) {
		return asYAML(k) + ": " + strconv.Quote(fmt.Sprint(labels[k]))
	}
	for _, e := range manifest.List(selector, "matchExpressions") {
		if values := manifest.List(e, "values"); manifest.Text(e, "operator") == "In" && len(values) > 0 {
			return asYAML(manifest.Text(e, "key")) + ": " + strconv.Quote(fmt.Sprint(values[0]))
		}
	}
	return "LABEL: VALUE"
}

// wants is a label selector in words, as kubectl writes one.
func wants(selector map[string]any) string {
	var out []string
	labels := manifest.Mapping(selector, "matchLabels")
	for _, k := range manifest.SortedKeys(labels) {
		out = append(out, fmt.Sprintf("%s=%v", k, labels[k]))
	}
	for _, e := range manifest.List(selector, "matchExpressions") {
		var values []string
		for _, v := range manifest.List(e, "values") {
			values = append(values, fmt.Sprint(v))
		}
		switch key, in := manifest.Text(e, "key"), strings.Join(values, ","); manifest.Text(e, "operator") {
		case "In":
			out = append(out, fmt.Sprintf("%s in (%s)", key, in))
		case "NotIn":
			out = append(out, fmt.Sprintf("%s notin (%s)", key, in))
		case "Exists":
			out = append(out, key)
		case "DoesNotExist":
			out = append(out, "!"+key)
		}
	}
	return strings.Join(out, ",")
}
