package verify

import (
	"cmp"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// credentialsURI is the variable by which SDKs find the agent of EKS Pod Identity, which EKS
// writes into pods when they are made
// (https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html).
const credentialsURI = "AWS_CONTAINER_CREDENTIALS_FULL_URI"

// agentAddress is where pods ask the agent over IPv4, agentAddress6 over IPv6
// (https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html).
var (
	agentAddress  = netip.MustParseAddr("169.254.170.23")
	agentAddress6 = netip.MustParseAddr("fd00:ec2::23")
)

// checkAgent looks at what keeps the agent of EKS Pod Identity from giving the pods their role,
// and gives what is known of the agent itself.
func checkAgent(c *chain, r *result) (there Status, why string) {
	there, why, where := agentThere(c)
	if there == Broken {
		fix := repair(edit("kubectl get pods -n kube-system -o wide   # of eks-pod-identity-agent: why none is ready"))
		if where == "" {
			fix = run{safe.Type("aws", "eks", "create-addon").Flag("--cluster-name", safe.Cluster, c.snapshot.Cluster.Name).With("--addon-name", "eks-pod-identity-agent")}
		}
		r.add(found(codePodIdentityAgentMissing, theCluster, why, fix).at(where))
	}
	for _, p := range c.a.pods {
		if p.spec == nil || terminating(p) {
			continue
		}
		if why := withoutAgent(p); why != "" {
			if usesToken(c, p) {
				continue
			}
			r.add(found(codePodIdentityUnsupported, p.String(), fmt.Sprintf("%s %s, where EKS Pod Identity gives no role", p, why),
				edit("mode: irsa   # irsa.yaml, for a service account of pods that run there")).at(p.from.Where))
			continue
		}
		if f, ok := olderThanAssociation(c, p); ok {
			r.add(triedPod(c, p, f))
		}
		r.maybe(proxied(p))
	}
	return there, why
}

// usesToken: the service account has the annotation, and the pod, running or to be made, asks
// STS for that role with a token, where no agent is: the trust policy lets it in.
func usesToken(c *chain, p *pod) bool {
	arn := manifest.Text(c.a.annotations(), roleKey)
	if running(p) {
		arn = injectedRole(p)
	}
	r := c.roles[arn]
	return r != nil && r.Trust != nil && trusts(c, r)
}

// asksAgent: the pod's SDK asks the agent of EKS Pod Identity for credentials, and not STS. One that
// was made before the association, or runs where no agent is, may have a token instead.
func asksAgent(c *chain, p *pod) bool {
	switch {
	case !c.podIdentity:
		return false
	case running(p):
		return slices.ContainsFunc(p.containers(), func(ct container) bool { v, _ := ct.env(credentialsURI); return v.value+v.from != "" })
	}
	return withoutAgent(p) == ""
}

// agentThere finds the agent. That no node has it is known where the DaemonSets that kube-system
// has on every cluster with nodes of its own are among the live objects, and the agent's is not;
// that all DaemonSets were read may be said of the release's namespace alone. Nodes of EKS Auto
// Mode have it built in (https://docs.aws.amazon.com/eks/latest/userguide/pod-id-agent-setup.html).
func agentThere(c *chain) (there Status, why, where string) {
	for _, n := range c.index.byKind["Node"] {
		if manifest.Text(n.Body, "metadata", "labels", autoModeLabel) == "auto" {
			return OK, "nodes of EKS Auto Mode have the agent", ""
		}
	}
	if slices.ContainsFunc(c.a.pods, builtInAgent) {
		return OK, "its pods run on nodes of EKS Auto Mode, which have the agent", ""
	}
	read := false
	var dead, idle *manifest.Object
	for _, o := range c.index.byKind["DaemonSet"] {
		if !hasAgentImage(o) && (o.Namespace != "kube-system" || !isAgent(o)) {
			// Every cluster but one of EKS Auto Mode alone has both
			// (https://docs.aws.amazon.com/eks/latest/userguide/eks-add-ons.html).
			read = read || o.Live && o.Namespace == "kube-system" && (o.Name == "aws-node" || o.Name == "kube-proxy")
			continue
		}
		// There is a DaemonSet for each sort of nodes, such as hybrid ones: one that has none of
		// its sort, or no pod that is ready, tells nothing of the others
		// (https://docs.aws.amazon.com/eks/latest/userguide/hybrid-nodes-add-ons.html).
		wanted, ready := manifest.Dig(o.Body, "status", "desiredNumberScheduled"), manifest.Dig(o.Body, "status", "numberReady")
		switch {
		case positiveNumber(wanted) && ready != nil && !positiveNumber(ready):
			dead = cmp.Or(dead, o)
		case wanted != nil && !positiveNumber(wanted):
			idle = cmp.Or(idle, o)
		default:
			return OK, o.String() + " is there", ""
		}
	}
	switch {
	case dead != nil:
		return Broken, fmt.Sprintf("no pod of %s is ready", dead), dead.Where
	case idle != nil:
		return OK, idle.String() + " is there", ""
	case !read:
		return Unknown, "whether the nodes have the Pod Identity agent is not known: kube-system's DaemonSets were not read", ""
	case c.snapshot.Cluster.AutoMode || autoModeBeside(c):
		return Unknown, "EKS Auto Mode makes nodes here, which have the agent; whether the pods run on them is not known", ""
	}
	return Broken, "kube-system has no DaemonSet eks-pod-identity-agent, which gives pods the roles of associations", ""
}

// autoModeLabel is that of nodes of EKS Auto Mode, and what pods select them by
// (https://docs.aws.amazon.com/eks/latest/userguide/associate-workload.html).
const autoModeLabel = "eks.amazonaws.com/compute-type"

// builtInAgent: the pod is to run on nodes of EKS Auto Mode.
func builtInAgent(p *pod) bool { return onNodes(p, autoModeLabel, "auto") }

// autoNode is the name of a node of EKS Auto Mode: the ID of the instance alone, as listings of
// nodes show it; no page of AWS says so, and more than 'unknown' is not made of it.
var autoNode = regexp.MustCompile(`^i-[0-9a-f]+$`)

// autoModeBeside: the cluster has nodes of EKS Auto Mode beside others, by what makes them
// (https://docs.aws.amazon.com/eks/latest/userguide/create-node-class.html), or by the name of one
// that a pod runs on.
func autoModeBeside(c *chain) bool {
	const group = "eks.amazonaws.com"
	return slices.ContainsFunc(c.index.byKind["NodeClass"], func(o *manifest.Object) bool { return o.Group() == group }) ||
		slices.ContainsFunc(c.index.byKind["NodePool"], func(o *manifest.Object) bool {
			return manifest.Text(o.Body, "spec", "template", "spec", "nodeClassRef", "group") == group
		}) ||
		slices.ContainsFunc(c.a.pods, func(p *pod) bool { return running(p) && autoNode.MatchString(manifest.Text(p.spec, "nodeName")) })
}

// onNodes: the pod is to run on nodes with this label and no others, by its node selector or by
// each term of its required node affinity, of which one is enough
// (https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#node-affinity).
// Without a value any value will do.
func onNodes(p *pod, label, value string) bool {
	wants := func(v any) bool { s, _ := manifest.Plain(v); return s != "" && (value == "" || s == value) }
	if wants(manifest.Mapping(p.spec, "nodeSelector")[label]) {
		return true
	}
	terms := manifest.List(p.spec, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
	return len(terms) > 0 && !slices.ContainsFunc(terms, func(term any) bool {
		return !slices.ContainsFunc(manifest.List(term, "matchExpressions"), func(e any) bool {
			values := manifest.List(e, "values")
			return manifest.Text(e, "key") == label && manifest.Text(e, "operator") == "In" && len(values) > 0 &&
				!slices.ContainsFunc(values, func(v any) bool { return !wants(v) })
		})
	})
}

const agent = "eks-pod-identity-agent"

// isAgent: the add-on's name, or its image under another name.
func isAgent(o *manifest.Object) bool { return strings.HasPrefix(o.Name, agent) || hasAgentImage(o) }

// hasAgentImage: whatever its name and namespace, it puts the agent on nodes.
func hasAgentImage(o *manifest.Object) bool {
	return slices.ContainsFunc(manifest.List(o.Body, "spec", "template", "spec", "containers"), func(ct any) bool {
		return strings.Contains(manifest.Text(ct, "image"), agent)
	})
}

// windowsBuildLabel is on nodes of Windows alone
// (https://kubernetes.io/docs/reference/labels-annotations-taints/#nodekubernetesiowindows-build).
const windowsBuildLabel = "node.kubernetes.io/windows-build"

// withoutAgent says where the pod runs, or is to, that has no agent: "You can't use EKS Pod
// Identities with … Linux and Windows pods that run on Fargate … Windows pods that run on
// Amazon EC2 instances"
// (https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html#pod-id-restrictions).
func withoutAgent(p *pod) string {
	labels := manifest.Mapping(p.meta, "labels")
	switch {
	case manifest.Text(p.spec, "schedulerName") == "fargate-scheduler", labels["eks.amazonaws.com/fargate-profile"] != nil,
		strings.HasPrefix(manifest.Text(p.spec, "nodeName"), "fargate-"), onNodes(p, autoModeLabel, "fargate"):
		return "runs on Fargate"
	case manifest.Text(p.spec, "os", "name") == "windows", onNodes(p, "kubernetes.io/os", "windows"), onNodes(p, windowsBuildLabel, ""):
		return "runs on Windows"
	}
	return ""
}

// olderThanAssociation: a running pod that EKS did not give the agent's address. One that
// still has a role by a token of its own may go on with that.
func olderThanAssociation(c *chain, p *pod) (finding, bool) {
	if !p.isPod() || !running(p) || c.a.association == nil {
		return finding{}, false
	}
	for _, ct := range p.containers() {
		if v, ok := ct.env(credentialsURI); ok && v.value+v.from != "" {
			return finding{}, false
		}
	}
	f := found(codePodOlderThanAssociation, p.String(), fmt.Sprintf("%s has no %s, and its service account has Pod Identity association %s", p, credentialsURI, c.association.ID), run{restart(c, p)}).at(p.from.Where)
	role := injectedRole(p)
	if role == "" {
		return f, true
	}
	f = f.saying(fmt.Sprintf("; it still has AWS_ROLE_ARN %s, and its token", role))
	switch r := c.roles[role]; {
	case r == nil || r.Trust == nil:
		return f, true
	case trusts(c, r):
		return f.saying(", which the trust policy lets in").as(Warning), true
	}
	return f.saying(", which the trust policy no longer lets in"), true
}

// proxied: a container whose SDK asks a proxy for the agent's address, which only the node
// itself reaches
// (https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html: "add the
// following IP addresses to the no_proxy/NO_PROXY environment variable").
func proxied(p *pod) (finding, bool) {
	for _, ct := range p.containers() {
		proxy := ""
		for _, name := range []string{"HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"} {
			if v, ok := ct.env(name); ok && v.value+v.from != "" {
				proxy = name
			}
		}
		if proxy == "" {
			continue
		}
		agent := agentAddress
		if v, _ := ct.env(credentialsURI); strings.Contains(v.value, agentAddress6.String()) {
			agent = agentAddress6
		}
		past, unread := false, false
		for _, name := range []string{"NO_PROXY", "no_proxy"} {
			v, _ := ct.env(name)
			past = past || leavesOut(v.value, agent)
			unread = unread || v.value == "" && v.from != ""
		}
		if past {
			continue
		}
		f := found(codePodIdentityProxy, p.String(), fmt.Sprintf("%s, %s has %s, and NO_PROXY without %s, the address of the Pod Identity agent", p, ct.label(), proxy, agent),
			edit(fmt.Sprintf("- name: NO_PROXY   # and no_proxy, beside what stands there\n  value: %s,[%s]", agentAddress, agentAddress6))).at(p.from.Where)
		if unread || len(manifest.List(ct.body, "envFrom")) > 0 {
			f = f.as(Warning)
		}
		return f, true
	}
	return finding{}, false
}

// leavesOut: the list of NO_PROXY has the address, a network that it is in, or everything.
func leavesOut(list string, agent netip.Addr) bool {
	for entry := range strings.SplitSeq(list, ",") {
		entry = strings.TrimSpace(entry)
		bare := strings.Trim(entry, "[]")
		if addr, err := netip.ParseAddr(bare); err == nil && addr == agent || entry == "*" {
			return true
		}
		if at, err := netip.ParseAddrPort(entry); err == nil && at.Addr() == agent && at.Port() == 80 {
			return true
		}
		if network, err := netip.ParsePrefix(entry); err == nil && network.Contains(agent) {
			return true
		}
	}
	return false
}
