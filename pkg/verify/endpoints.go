package verify

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// endpoints looks at which STS the pods of the service account would call.
func endpoints(c *chain, r *result) {
	v := manifest.Text(c.a.annotations(), regionalKey)
	if regional, err := strconv.ParseBool(v); err == nil && !regional { // as the webhook reads it
		global(c, r, found(codeSTSEndpointUnreachable, c.a.String(), fmt.Sprintf("annotation %s is %q", regionalKey, v),
			setting{c, regionalKey, "token: {stsRegionalEndpoints: true}", "true"}))
	}
	egress(c, r)
}

// global adds a finding of pods that ask the global endpoint: certain in a partition
// that has none, else a matter of the network.
func global(c *chain, r *result, f finding) {
	if region(c) != "" && partition(c) != "aws" {
		r.add(f.saying(", and the global endpoint sts.amazonaws.com does not serve region " + region(c)))
		return
	}
	r.add(f.saying(": the pods ask the global endpoint sts.amazonaws.com, which a VPC's own endpoint for STS does not serve").as(Warning))
}

// endpoint looks at what a container says of it.
func endpoint(c *chain, r *result, p *pod, ct container) {
	if v, ok := ct.env("AWS_STS_REGIONAL_ENDPOINTS"); ok && v.value == "legacy" {
		global(c, r, found(codeSTSEndpointUnreachable, p.String(), fmt.Sprintf("%s, %s has AWS_STS_REGIONAL_ENDPOINTS: legacy", p, ct.label()),
			edit("env: [{name: AWS_STS_REGIONAL_ENDPOINTS, value: regional}]")).at(p.from.Where))
	}
	for _, name := range []string{"AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"} {
		v, ok := ct.env(name)
		if !ok || v.value == "" || strings.Contains(v.value, "://sts.") {
			continue
		}
		r.add(found(codeSTSEndpointUnreachable, p.String(), fmt.Sprintf("%s, %s has %s: %s, and so asks that for its role", p, ct.label(), name, v.value),
			edit("- name: AWS_ENDPOINT_URL_STS\n  value: "+asYAML("https://sts."+orForm(region(c), "REGION")+".amazonaws.com"))).as(Warning).
			because("AWS_ENDPOINT_URL is the endpoint of every service, STS as well (https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html).").at(p.from.Where))
		return
	}
}

// egress: network policies that keep the service account's pods from everything outside.
func egress(c *chain, r *result) {
	pods := c.a.pods
	if len(pods) == 0 && c.a.object() != nil { // whatever pods it has: without labels only a policy for all matches
		pods = []*pod{{from: c.a.object(), account: c.a.key}}
	}
	for _, p := range pods {
		labels := manifest.Mapping(p.meta, "labels")
		if p.isPod() {
			labels = manifest.Mapping(p.from.Body, "metadata", "labels")
		}
		if closed := egressOf(c.facts, namespaceOf(c.facts, p.from)).closed(labels); closed != nil {
			r.add(found(codeSTSEndpointUnreachable, p.String(), fmt.Sprintf("%s keeps %s from every address outside of the cluster at port 443", closed, p),
				edit("egress: [{ports: [{port: 443, protocol: TCP}]}]   # of a NetworkPolicy for these pods")).as(Warning).
				because("The SDK asks STS by HTTPS for the role's credentials, and a pod with an egress policy reaches only what one allows.").at(closed.Where))
			return
		}
	}
}

func restrictsEgress(o *manifest.Object) bool {
	types := manifest.List(o.Body, "spec", "policyTypes")
	for _, t := range types {
		if t == "Egress" {
			return true
		}
	}
	return len(types) == 0 && manifest.Dig(o.Body, "spec", "egress") != nil
}

// letsOut: a rule that some address outside may match at port 443.
func letsOut(rule any) bool {
	ports := manifest.List(rule, "ports")
	at443 := len(ports) == 0
	for _, p := range ports {
		port, ok := manifest.Plain(manifest.Dig(p, "port"))
		end, hasEnd := manifest.Plain(manifest.Dig(p, "endPort"))
		protocol := manifest.Text(p, "protocol")
		at443 = at443 || (protocol == "" || protocol == "TCP") && (!ok || port == "443" || port == "https" || hasEnd && end != "")
	}
	to := manifest.List(rule, "to")
	outside := len(to) == 0
	for _, t := range to {
		outside = outside || manifest.Mapping(t, "ipBlock") != nil
	}
	return at443 && outside
}
