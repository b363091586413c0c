package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// sense says on which side of the target a value has to be.
type sense int

const (
	atLeast sense = iota
	atMost
)

func (s sense) String() string { return [...]string{"at least", "at most"}[s] }

// row is one line of the table.
type row struct {
	Work, Ours, Theirs string
	Value, Target      float64 // no target where it is 0
	Sense              sense
	Unit               string // of Value and Target, with the blank before it
	Skipped            bool   // Theirs says why there is no Value
}

// met says yes, or by how much the target is missed; nothing where there is none.
func (r row) met() string {
	if r.Target == 0 {
		return ""
	}
	missed := r.Value/r.Target - 1
	if r.Sense == atLeast {
		missed = -missed
	}
	if missed <= 0 {
		return "yes"
	}
	return fmt.Sprintf("missed by %.0f %%", max(1, 100*missed))
}

func (r row) target() string {
	if r.Target == 0 {
		return "none"
	}
	return fmt.Sprintf("%s %.3g", r.Sense, r.Target)
}

// table is a Markdown table, aligned to be read as it is.
func table(rows []row) string {
	cells := [][]string{{"work", "ours", "theirs", "ratio", "target", "met"}}
	for _, r := range rows {
		if r.Skipped {
			cells = append(cells, []string{r.Work, "", r.Theirs, "", "", "not measured"})
			continue
		}
		cells = append(cells, []string{
			r.Work, r.Ours, r.Theirs, fmt.Sprintf("%.3g%s", r.Value, r.Unit), r.target(), r.met(),
		})
	}
	widths := make([]int, len(cells[0]))
	for _, line := range cells {
		for i, c := range line {
			widths[i] = max(widths[i], len([]rune(c)))
		}
	}
	rule := make([]string, len(widths))
	for i, w := range widths {
		rule[i] = strings.Repeat("-", w)
	}
	cells = slices.Insert(cells, 1, rule)
	var b strings.Builder
	for _, line := range cells {
		for i, c := range line {
			fmt.Fprintf(&b, "| %-*s ", widths[i], c)
		}
		b.WriteString("|\n")
	}
	return b.String()
}

// durations is a median and the quartiles around it.
func durations(d []time.Duration) string {
	d = slices.Sorted(slices.Values(d))
	return fmt.Sprintf("%s (%s–%s)", millis(median(d)), millis(d[len(d)/4]), millis(d[len(d)-1-len(d)/4]))
}

// millis shows three digits.
func millis(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	switch {
	case ms < 10:
		return fmt.Sprintf("%.2f ms", ms)
	case ms < 100:
		return fmt.Sprintf("%.1f ms", ms)
	}
	return fmt.Sprintf("%.0f ms", ms)
}

// median is the middle one, or the mean of the two in the middle; there must be one.
func median(d []time.Duration) time.Duration {
	d = slices.Sorted(slices.Values(d))
	half := len(d) / 2
	if len(d)%2 == 1 {
		return d[half]
	}
	return (d[half-1] + d[half]) / 2
}

// results are all that RESULTS.md says.
type results struct {
	Date    time.Time
	Machine machine
	Streams streams
	Rows    []row
	// AWSCLI is its version, as it says it.
	AWSCLI string
}

func (r results) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Results\n\n`make bench` wrote this on %s.\n\n%s\n", r.Date.Format("2006-01-02"), table(r.Rows))
	fmt.Fprintf(&b, methodText, smallRounds, largeRounds, memoryRounds, kustomizeVersion)
	fmt.Fprintf(&b, provisionText, identityRounds, parallel, millis(awsLatency), scenarioRounds, or(r.AWSCLI, "not installed"), upgradeRounds, helmVersion, millis(apiLatency), quickRounds)
	fmt.Fprintf(&b, "\n## Streams\n\n- 110 KB: %s\n- 100 MB: %s\n", r.Streams.smallText, r.Streams.largeText)
	fmt.Fprintf(&b, "\n## Machine\n\n%s", r.Machine.list())
	return b.String()
}

const methodText = `Times are medians, with the quartiles in brackets; a ratio is one of medians.

## Method

- The two programs of a row run in turn, ours first, in one run: %[1]d rounds for the small stream, %[2]d for the large one, after a round that does not count. So do those of the first scenario and of an upgrade, further down.
- A time is that of a whole process, from its start until it has ended and all its output is read. Input and output go through pipes of the same harness; kustomize %[4]s reads its input from files, as it must.
- Small: both write ` + "`eks.amazonaws.com/role-arn`" + ` on ServiceAccount ` + "`epinio-server`" + `. Both outputs are searched for the annotation, once and on that account, before anything is timed.
- Large: one account among all is annotated. The output is compared, byte for byte, with the input and the two lines that it should gain.
- Memory: the largest resident set that the system reports for the process, the worst of %[3]d runs.
- Run it on an idle machine: where another program keeps a core busy, every start of a process takes longer, cat becomes faster here (its three processes share a cache) and ours slower (it reads and cuts at the same time).
`

const provisionText = `
### Provisioning

AWS is on this machine: the local AWS of this repository, in the harness's own process, or moto_server. The Kubernetes API is played as well (test/cluster). Every program runs with a HOME of its own, and nothing of the user's AWS, Helm or Kubernetes.

- Plan and apply: ` + "`helm-irsa apply --yes`" + ` and then ` + "`helm-irsa plan --exit-code`" + `, whole processes, %[1]d rounds, each with a fresh local AWS that waits %[3]s before every answer. Calls are counted on its log, the most of any round. The log must have the provider, and a policy, a role and an attachment for each account; the plan must be empty.
- The time that apply is held against is that of all its calls, those that only read among them, with %[2]d under way at any time.
- The first scenario: an account with an EKS cluster and nothing else gets an OIDC provider, a policy, and two roles that trust one account each and have the policy. ` + "`helm-irsa apply --yes`" + ` against a shell script of seven commands of the AWS CLI (%[5]s), as Epinio's page says; %[4]d rounds. Local AWS is new each time, moto is reset. After every run the provider, both trusts and the attachments are asked for by hand.
- Where ` + "`aws`" + ` is the shell script of a version manager, the script runs what that becomes: its own start does not count.
- The commands make 7 calls one after the other, helm-irsa 12 in 5 round trips: with a latency, what counts is the way to AWS, and the ratio falls. The target is for the programs, without.
- Upgrade: ` + "`helm irsa upgrade`" + ` in Helm %[7]s against ` + "`helm upgrade`" + ` with the same post-renderer and the same arguments, of testdata/charts/epinio-1.13, to what is installed already; %[6]d rounds, %[9]d without latency. After every run, the release must have its next revision and its ServiceAccount the role; the API refuses patches, so neither may render anything else. With ` + "`--disable-openapi-validation`" + `: the played API has no schemas, and Helm would make a call a document for want of them.
- "Roles by ARN": irsa.yaml names roles that others made, and AWS is not asked, neither before nor, with HELM_IRSA_VERIFY=never, at the end. "All is there": irsa.yaml is applied already; AWS is asked, %[3]s a call, and must be asked nothing that writes; the upgrade ends with verify, as by default. The Kubernetes API waits %[8]s before every answer, the way to a cluster from outside its region; in the rows "no latency", nothing. There, what ` + "`helm irsa`" + ` costs is the start of Helm itself, which runs twice: once to find the plugin. ` + "`helm-irsa upgrade`" + `, without the first Helm, shows the rest.
`
