package verify

import (
	"fmt"
	"net/netip"
	"net/url"
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
	if asksAgent(c, p) {
		return
	}
	if v, ok := ct.env("AWS_STS_REGIONAL_ENDPOINTS"); ok && v.value == "legacy" {
		global(c, r, found(codeSTSEndpointUnreachable, p.String(), fmt.Sprintf("%s, %s has AWS_STS_REGIONAL_ENDPOINTS: legacy", p, ct.label()),
			edit("env: [{name: AWS_STS_REGIONAL_ENDPOINTS, value: regional}]")).at(p.from.Where))
	}
	v, ok := configured(ct, "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL")
	if keys, _ := ct.env("AWS_ACCESS_KEY_ID"); !ok || v.value == "" || servesSTS(v.value) || keys.value+keys.from != "" { // with keys it asks for no role
		return
	}
	r.add(found(codeSTSEndpointUnreachable, p.String(), fmt.Sprintf("%s, %s has %s: %s, and so asks that for its role", p, ct.label(), v.name, v.value),
		edit("- name: AWS_ENDPOINT_URL_STS\n  value: "+asYAML("https://sts."+orForm(region(c), "REGION")+"."+orForm(spec.DNSSuffix(region(c)), "amazonaws.com")))).as(Warning).
		because("AWS_ENDPOINT_URL is the endpoint of every service, STS as well (https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html).").at(p.from.Where))
}

// configured is the first of these variables that says where a container asks: that of a service
// goes before that of all, and both may be switched off
// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html, precedence).
func configured(ct container, names ...string) (variable, bool) {
	if off, _ := ct.env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"); strings.EqualFold(off.value, "true") {
		return variable{}, false
	}
	for _, name := range names {
		if v, ok := ct.env(name); ok && v.value+v.from != "" {
			return v, true
		}
	}
	return variable{}, false
}

// servesSTS: the endpoint has STS in its name, as those of regions, of FIPS and of a VPC have,
// such as https://vpce-ID.sts.REGION.vpce.amazonaws.com
// (https://docs.aws.amazon.com/general/latest/gr/sts.html;
// https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html).
func servesSTS(endpoint string) bool {
	u, err := url.Parse(endpoint)
	return err == nil && slices.ContainsFunc(strings.Split(u.Hostname(), "."), func(label string) bool { return label == "sts" || label == "sts-fips" })
}

// egress: network policies that keep the service account's pods from what gives them credentials.
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
		// What a policy does to pods of the node's own network is undefined; most network
		// plugins let them pass (https://kubernetes.io/docs/concepts/services-networking/network-policies/,
		// NetworkPolicy and hostNetwork pods).
		if manifest.Dig(p.spec, "hostNetwork") == true {
			continue
		}
		to := toSTS
		if asksAgent(c, p) {
			to = toAgent
		}
		namespace := namespaceOf(c.facts, p.from)
		if closed := egressOf(c.facts, namespace).closed(labels, to); closed != nil && !othersLetOut(c.facts, namespace) {
			f := keptFrom(closed, p, to)
			if to == toAgent && closed.Live { // of a cluster, whose policies of other kinds are not read
				f = f.saying("; policies of a network plugin, such as Cilium's, were not read, and may let it").as(Info)
			}
			r.add(f)
			return
		}
	}
}

// destination is what gives a pod its credentials.
type destination int

const (
	toSTS   destination = iota // outside of the cluster, at port 443
	toAgent                    // the Pod Identity agent of the node, at port 80 of a link-local address
	destinations
)

// keptFrom is the finding for a pod that a policy keeps from what gives it credentials.
func keptFrom(by *manifest.Object, p *pod, to destination) finding {
	if to == toAgent {
		return found(codeSTSEndpointUnreachable, p.String(), fmt.Sprintf("%s keeps %s from %s at port 80, the Pod Identity agent", by, p, agentAddress),
			edit(fmt.Sprintf("egress: [{to: [{ipBlock: {cidr: %s/32}}], ports: [{port: 80, protocol: TCP}]}]   # of a NetworkPolicy for these pods; Cilium takes the agent for the host: toEntities: [host] of a CiliumNetworkPolicy", agentAddress))).as(Warning).
			because("The SDK asks the agent on the node for credentials, and a pod with an egress policy reaches only what one allows (https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html).").at(by.Where)
	}
	return found(codeSTSEndpointUnreachable, p.String(), fmt.Sprintf("%s keeps %s from every address outside of the cluster at port 443", by, p),
		edit("egress: [{ports: [{port: 443, protocol: TCP}]}]   # of a NetworkPolicy for these pods")).as(Warning).
		because("The SDK asks STS by HTTPS for the role's credentials, and a pod with an egress policy reaches only what one allows.").at(by.Where)
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

// letsOut: a rule that something there may match: some address outside at port 443, or the agent's.
func letsOut(rule any, to destination) bool {
	want, name := 443, "https"
	if to == toAgent {
		want, name = 80, "proxy" // aws/eks-pod-identity-agent, charts/eks-pod-identity-agent/templates/daemonset.yaml
	}
	ports := manifest.List(rule, "ports")
	open := len(ports) == 0
	for _, p := range ports {
		port, ok := manifest.Plain(manifest.Dig(p, "port"))
		end, _ := manifest.Plain(manifest.Dig(p, "endPort"))
		first, err := strconv.Atoi(port)
		last, without := strconv.Atoi(end)
		within := err == nil && (first == want || without == nil && first <= want && want <= last)
		protocol := manifest.Text(p, "protocol")
		open = open || (protocol == "" || protocol == "TCP") && (!ok || port == name || within)
	}
	peers := manifest.List(rule, "to")
	return open && (len(peers) == 0 || slices.ContainsFunc(peers, func(peer any) bool { return mayBe(peer, to) }))
}

// mayBe: the destination may be among a rule's peers. The agent's pods have the node's network: whether
// selectors of pods match them there is the network plugin's affair.
func mayBe(peer any, to destination) bool {
	block := manifest.Mapping(peer, "ipBlock")
	if to == toSTS || block == nil {
		return block != nil || to == toAgent
	}
	has := func(cidr any) bool {
		s, _ := cidr.(string)
		network, err := netip.ParsePrefix(strings.TrimSpace(s))
		return err == nil && (network.Contains(agentAddress) || network.Contains(agentAddress6))
	}
	return has(block["cidr"]) && !slices.ContainsFunc(manifest.List(block, "except"), has)
}
