package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/helm-irsa/helm-irsa/bench/results"
)

// report is all that our section of RESULTS.md says.
type report struct {
	Date    time.Time
	Options options
	Helms   []string
	Machine results.Machine
	Load    string
	Large   []large
	Many    many
}

func (r report) markdown() string {
	var rows []results.Row
	var lines [][]string
	for _, l := range r.Large {
		rows, lines = append(rows, l.rows()...), append(lines, l.lines()...)
	}
	rows, lines = append(rows, r.Many.rows()...), append(lines, r.Many.lines()...)
	var b strings.Builder
	fmt.Fprintf(&b, "Written on %s, with Helm %s.\n\n%s\n", r.Date.Format("2006-01-02"), strings.Join(r.Helms, " and "), results.Table(rows))
	b.WriteString(results.Grid([]string{"ours", "time", "AWS calls", "of these, writing", "API server calls", "memory"}, lines))
	b.WriteString("\n" + results.Grid(append([]string{"upgrade, nothing to do"}, r.Many.profile.phases...), r.profiles()))
	fmt.Fprintf(&b, methodText, r.Options.rounds, results.Millis(awsLatency), r.Options.workloads, r.Options.accounts, r.Options.releases, policyShare, r.Many.helm)
	fmt.Fprintf(&b, "\n### Machine of make bench-cluster\n\n%s- Load when it began: %s\n", r.Machine.List(), r.Load)
	return b.String()
}

func (r report) profiles() [][]string {
	var out [][]string
	for _, l := range r.Large {
		out = append(out, l.profile.line(fmt.Sprintf("%s, one large release", l.helm)))
	}
	return append(out, r.Many.profile.line(fmt.Sprintf("%s, one of %d releases", r.Many.helm, r.Many.n)))
}

// The targets for upgrades with nothing to provision.
const targetLarge, targetSmall = 1.05, 1.15

const timesUpgrade = " times helm upgrade"

const samePostRenderer = "helm upgrade, same post-renderer"

// against holds ours against something of Helm's.
func against(work string, ours []sample, name string, theirs []time.Duration, target float64) results.Row {
	return results.Row{
		Work: work, Ours: results.Durations(times(ours)), Theirs: name + ": " + results.Durations(theirs),
		Value: float64(results.Median(times(ours))) / float64(results.Median(theirs)), Target: target, Sense: results.AtMost, Unit: timesUpgrade,
	}
}

func times(samples []sample) []time.Duration {
	out := make([]time.Duration, len(samples))
	for i, s := range samples {
		out[i] = s.took
	}
	return out
}

func (l large) name(what string) string {
	return fmt.Sprintf("%s, one large release: %s", l.helm, what)
}

func (m many) name(what string) string { return fmt.Sprintf("%s, %d releases: %s", m.helm, m.n, what) }

func (l large) rows() []results.Row {
	return []results.Row{
		against(l.name("nothing to do"), l.idle.ours, samePostRenderer, l.idle.plain, targetLarge),
		against(l.name("nothing to do"), l.idle.ours, "helm upgrade, no post-renderer", l.bare, 0),
		against(l.name("one role changes"), l.change.ours, samePostRenderer, l.change.plain, 0),
		against(l.name("first install"), []sample{l.install}, samePostRenderer, []time.Duration{l.plain}, 0),
	}
}

func (m many) rows() []results.Row {
	return []results.Row{
		against(m.name("first install"), m.installs.ours, samePostRenderer, m.installs.plain, 0),
		against(m.name("nothing to do"), m.among.ours, samePostRenderer, m.among.plain, targetSmall),
	}
}

func (l large) lines() [][]string {
	return [][]string{
		line(l.name("first install"), []sample{l.install}, "", ""),
		line(l.name("upgrade, nothing to do"), l.idle.ours, l.idleAPI.String(), megabytes(l.upgradePeak)),
		line(l.name("upgrade, one role changes"), l.change.ours, "", ""),
		line(l.name("verify --live"), l.live, l.liveAPI.String(), megabytes(l.livePeak)),
	}
}

func (m many) lines() [][]string {
	installs := m.installs.ours
	var total time.Duration
	calls, writing := 0, 0
	for _, s := range installs {
		total, calls, writing = total+s.took, calls+s.calls, writing+s.writes
	}
	rest := installs[min(1, len(installs)-1):]
	return [][]string{
		{m.name("all first installs"), fmt.Sprintf("%.1f s", total.Seconds()), fmt.Sprint(calls), fmt.Sprint(writing), "", ""},
		line(m.name("the first, with the provider"), installs[:1], "", ""),
		line(m.name("each of the others"), rest, "", ""),
		line(m.name("upgrade of one, there is no other"), m.lone.ours, "", ""),
		line(m.name("upgrade of one, all are there"), m.among.ours, "", ""),
	}
}

// line is one of the second table: the time, and the calls of AWS, the fewest and the most
// where runs differ.
func line(work string, samples []sample, api, memory string) []string {
	took := results.Millis(samples[0].took)
	if len(samples) > 1 {
		took = results.Durations(times(samples))
	}
	return []string{
		work, took, span(samples, func(s sample) int { return s.calls }), span(samples, func(s sample) int { return s.writes }), api, memory,
	}
}

func span(samples []sample, of func(sample) int) string {
	least, most := of(samples[0]), of(samples[0])
	for _, s := range samples {
		least, most = min(least, of(s)), max(most, of(s))
	}
	if least == most {
		return fmt.Sprint(least)
	}
	return fmt.Sprintf("%d–%d", least, most)
}

func (a apiCalls) String() string { return fmt.Sprintf("%d, and %d by Helm", a.ours, a.helms) }

func megabytes(n int64) string {
	if n == 0 {
		return "unknown"
	}
	return fmt.Sprintf("%.0f MB", float64(n)/1e6)
}

const methodText = `
Times are medians, with the quartiles in brackets; a ratio is one of medians. Memory is that of helm-irsa itself, without Helm and the post-renderer.

### Method of make bench-cluster

- The cluster is the one of test/e2e: etcd, kube-apiserver, controllers, scheduler, kwok, and a webhook of the EKS kind, all on this machine and without added latency. AWS is the local AWS of this repository, which waits %[2]s before every answer. Both are new for each Helm, and for each of the two parts.
- One large release: a chart with %[3]d Deployments of one replica and %[4]d ServiceAccounts. Of every second service account the chart does not say what runs as it, so that irsa.yaml moves its Deployments; every fourth has rollout: true. Each service account has a role by name, and %[6]d of them share a policy.
- Upgrades: ` + "`helm irsa upgrade`" + ` and ` + "`helm upgrade`" + ` with the same post-renderer and the same irsa.yaml, of the same release, in turn, %[1]d rounds after one that does not count; half as many of "one role changes" and of verify. "No post-renderer" is the same chart in another namespace. "One role changes": before every upgrade, of either kind, a service account with rollout: true is given a role of another name; ours makes it, and takes the one before away, and in both cases its pods restart, which is waited for before the next. Ours ends with verify, as by default.
- Helm's own limits for its calls (--qps, --burst-limit) are its defaults on both sides. Nothing is waited for (no --wait); the first installs are one run each.
- ` + "`verify --live`" + ` reads the release, the cluster and AWS, gets a token of each service account from the API server, gives it to STS, and asks who that is. It must end with exit code 0.
- Phases are those of docs/layout.md, as ` + "`helm irsa --debug`" + ` says them, in runs of their own; medians. "Render" waits until Helm has rendered the chart and called the post-renderer, "release" until Helm has ended; "beside them" is the start of Helm, which looks for the plugin, and of helm-irsa.
- "Plan" waits for AWS, which is asked from the start on, in three round trips one after the other. A small release whose Helm renders sooner than that waits for the rest, and for the start of a second Helm; of a large one "verify" is left, which reads its pods and what stands above them once Helm has ended.
- Calls of the API server are counted in a run of their own, by way of a proxy: those of helm-irsa, and those of the Helms that it starts.
- %[5]d releases, with %[7]s: a chart with one Deployment and one ServiceAccount, each in a namespace of its own that the install makes, with a role and a policy of its own; one after the other, each followed by ` + "`helm upgrade --install`" + ` of the same in another namespace. A release this small, with an API server on the same machine, takes Helm so little time that what weighs is the way to AWS before Helm is run, and the start of Helm, which runs twice with ` + "`helm irsa`" + `.
`
