package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/helm-irsa/helm-irsa/bench/results"
)

// page is all that our section of RESULTS.md says.
type page struct {
	Date    time.Time
	Machine results.Machine
	Streams streams
	Rows    []results.Row
	// AWSCLI is its version, as it says it.
	AWSCLI string
}

func (p page) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Written on %s.\n\n%s\n", p.Date.Format("2006-01-02"), results.Table(p.Rows))
	fmt.Fprintf(&b, methodText, smallRounds, largeRounds, memoryRounds, kustomizeVersion)
	fmt.Fprintf(&b, provisionText, identityRounds, parallel, results.Millis(awsLatency), scenarioRounds, cmp.Or(p.AWSCLI, "not installed"), upgradeRounds, helmVersion, results.Millis(apiLatency), quickRounds)
	fmt.Fprintf(&b, "\n### Streams\n\n- 110 KB: %s\n- 100 MB: %s\n", p.Streams.smallText, p.Streams.largeText)
	fmt.Fprintf(&b, "\n### Machine\n\n%s", p.Machine.List())
	return b.String()
}

const methodText = `Times are medians, with the quartiles in brackets; a ratio is one of medians.

### Method

- The two programs of a row run in turn, ours first, in one run: %[1]d rounds for the small stream, %[2]d for the large one, after a round that does not count. So do those of the first scenario and of an upgrade, further down.
- A time is that of a whole process, from its start until it has ended and all its output is read. Input and output go through pipes of the same harness; kustomize %[4]s reads its input from files, as it must.
- Small: both write ` + "`eks.amazonaws.com/role-arn`" + ` on ServiceAccount ` + "`epinio-server`" + `. Both outputs are searched for the annotation, once and on that service account, before anything is timed. "The start of that process alone" is ours with ` + "`--version`" + `: what Go's runtime and the libraries take before any work. net/http is among them, since the reader of Java's properties links it.
- Large: one service account among all is annotated. The output is compared, byte for byte, with the input and the two lines that it should gain.
- Memory: the largest resident set that the system reports for the process, the worst of %[3]d runs.
- Run it on an idle machine: where another program keeps a core busy, every start of a process takes longer, cat becomes faster here (its three processes share a cache) and ours slower (it reads and cuts at the same time).
`

const provisionText = `
#### Provisioning

AWS is on this machine: the local AWS of this repository, in the harness's own process, or moto_server. The Kubernetes API is played as well (test/cluster). Every program runs with a HOME of its own, and nothing of the user's AWS, Helm or Kubernetes.

- Plan and apply: ` + "`helm-irsa apply --yes`" + ` and then ` + "`helm-irsa plan --exit-code`" + `, whole processes, %[1]d rounds, each with a fresh local AWS that waits %[3]s before every answer. Calls are counted on its log, the most of any round. The log must have the provider, and a policy, a role and an attachment for each service account; the plan must be empty.
- The time that apply is held against is that of all its calls, those that only read among them, with %[2]d under way at any time.
- The first scenario: an AWS account with an EKS cluster and nothing else gets an OIDC provider, a policy, and two roles that trust one service account each and have the policy. ` + "`helm-irsa apply --yes`" + ` against a shell script of seven commands of the AWS CLI (%[5]s), as Epinio's page says; %[4]d rounds. Local AWS is new each time, moto is reset. After every run the provider, both trusts and the attachments are asked for by hand.
- Where ` + "`aws`" + ` is the shell script of a version manager, the script runs what that becomes: its own start does not count.
- The commands make 7 calls one after the other, helm-irsa 12 in 5 round trips: with a latency, what counts is the way to AWS, and the ratio falls. The target is for the programs, without.
- Upgrade: ` + "`helm irsa upgrade`" + ` in Helm %[7]s against ` + "`helm upgrade`" + ` with the same post-renderer and the same arguments, of testdata/charts/epinio-1.13, to what is installed already; %[6]d rounds, %[9]d without latency. After every run, the release must have its next revision and its ServiceAccount the role; the API refuses patches, so neither may render anything else. With ` + "`--disable-openapi-validation`" + `: the played API has no schemas, and Helm would make a call a document for want of them.
- "Roles by ARN": irsa.yaml names roles that others made, and AWS is not asked, neither before nor, with HELM_IRSA_VERIFY=never, at the end. "All is there": irsa.yaml is applied already; AWS is asked, %[3]s a call, and must be asked nothing that writes; the upgrade ends with verify, as by default. The Kubernetes API waits %[8]s before every answer, the way to a cluster from outside its region; in the rows "no latency", nothing. There, what ` + "`helm irsa`" + ` costs is the start of Helm itself, which runs twice: once to find the plugin. ` + "`helm-irsa upgrade`" + `, without the first Helm, shows the rest.
`
