package verify

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// endpoints looks at which STS the pods of the service account would call.
func endpoints(c *chain, r *result) {
	v := manifest.Text(c.a.seen(), regionalKey)
	if regional, err := strconv.ParseBool(v); err == nil && !regional { // as the webhook reads it
		global(c, r, found(codeSTSEndpointUnreachable, c.a.String(), fmt.Sprintf("annotation %s is %q", regionalKey, v),
			setting{c, regionalKey, "token: {stsRegionalEndpoints: true}", "true"}))
	}
	egress(c, r)
}

// globalRegions are those whose SDKs ask the global endpoint in legacy mode; in all others they
// ask the region's own, whatever is said
// (botocore/args.py, LEGACY_GLOBAL_STS_REGIONS;
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-sts-regionalized-endpoints.html).
var globalRegions = strings.Fields(`ap-northeast-1 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 eu-central-1 eu-north-1
	eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2`)

// global adds a finding of pods that ask the global endpoint, which is a matter of the network.
func global(c *chain, r *result, f finding) {
	if at := region(c); at != "" && !slices.Contains(globalRegions, at) {
		return
	}
	r.add(f.saying(": the pods ask the global endpoint sts.amazonaws.com, which a VPC's own endpoint for STS does not serve").as(Info))
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
			edit("- name: AWS_ENDPOINT_URL_STS\n  value: "+asYAML("https://sts."+orForm(region(c), "REGION")+"."+orForm(spec.DNSSuffix(region(c)), "amazonaws.com")))).as(Warning).
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
