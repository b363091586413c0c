package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/helm-irsa/helm-irsa/bench/results"
	"github.com/helm-irsa/helm-irsa/internal/localaws"
)

const (
	upgradeRounds = 11
	quickRounds   = 31 // without latency: a round is short, and noise weighs more
	// apiLatency is how long every call of the Kubernetes API takes where a row says so.
	apiLatency = 20 * time.Millisecond
)

// upgradeCase is one way to have nothing to provision.
type upgradeCase struct {
	work string
	spec string
	// api is the Kubernetes API's latency; aws asks local AWS, too, with awsLatency.
	api time.Duration
	aws bool
	// direct starts helm-irsa itself rather than `helm irsa`.
	direct bool
}

func upgradeCases() []upgradeCase {
	return []upgradeCase{
		{work: "helm irsa upgrade, roles by ARN", spec: arnSpec(), api: apiLatency},
		{work: "helm irsa upgrade, all is there", spec: scenarioSpec, api: apiLatency, aws: true},
		{work: "helm irsa upgrade, by ARN, no latency", spec: arnSpec()},
		{work: "helm-irsa upgrade, by ARN, no latency", spec: arnSpec(), direct: true},
	}
}

// arnSpec is scenarioSpec for roles that somebody else made: no AWS.
func arnSpec() string {
	return fmt.Sprintf(`apiVersion: helm-irsa.dev/v1alpha1
kind: ReleaseIdentity
serviceAccounts:
- name: epinio-server
  role: {arn: %q}
- name: epinio-staging
  role: {arn: %q}
  usedBy: [{preset: epinio-staging}]
`, scenarioARN(0), scenarioARN(1))
}

// scenarioARN is the role of the i-th service account of the scenario.
func scenarioARN(i int) string {
	return "arn:aws:iam::" + benchAccount + ":role/" + scenarioAccounts[i].role
}

// measureUpgrade upgrades a release to what it is already, in our way and with Helm
// alone and the same post-renderer.
func measureUpgrade(t tools, _ streams, tmp string) ([]results.Row, error) {
	dir, err := subfolder(tmp, "upgrade")
	if err != nil {
		return nil, err
	}
	var rows []results.Row
	for _, c := range upgradeCases() {
		r, err := measureUpgradeCase(c, t, dir)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.work, err)
		}
		rows = append(rows, r)
	}
	return rows, nil
}

func measureUpgradeCase(c upgradeCase, t tools, dir string) (results.Row, error) {
	file, err := writeFile(dir, "irsa.yaml", c.spec)
	if err != nil {
		return results.Row{}, err
	}
	api := startAPIServer(c.api)
	defer api.server.Close()
	env, aws, err := c.environment(t, dir, file, api)
	if err != nil {
		return results.Row{}, err
	}
	if aws != nil {
		defer aws.Close()
	}
	side := func(p program) contender {
		p.env = env
		return contender{run: func() (outcome, error) {
			o, err := p.run(nil, nil)
			if err == nil {
				err = api.advanced()
			}
			o.out = 0 // Helm prints the time and the revision
			return o, err
		}}
	}
	install, plain, ours := c.programs(t, file)
	if _, err := side(install).run(); err != nil {
		return results.Row{}, err
	}
	rounds := upgradeRounds
	if c.api == 0 {
		rounds = quickRounds
	}
	as, bs, err := inTurn(rounds, side(ours), side(plain))
	if err != nil {
		return results.Row{}, err
	}
	return results.Row{
		Work: c.work, Ours: results.Durations(as), Theirs: "helm upgrade: " + results.Durations(bs),
		Value: float64(results.Median(as)) / float64(results.Median(bs)), Target: 1.15, Sense: results.AtMost, Unit: " times helm upgrade",
	}, onlyRead(aws)
}

// programs are what installs the release, Helm's upgrade of it, and ours.
func (c upgradeCase) programs(t tools, file string) (install, plain, ours program) {
	line := []string{"epinio", filepath.Join(t.root, "testdata", "charts", "epinio-1.13"), "--namespace", "epinio", "--disable-openapi-validation"}
	filter := []string{"--post-renderer=" + t.ours}
	for _, arg := range []string{"-f", file, "--namespace", "epinio", "--release", "epinio"} {
		filter = append(filter, "--post-renderer-args="+arg)
	}
	// Without hooks, since nothing runs the job that one of them is.
	install = program{path: t.helm, args: slices.Concat([]string{"install", "--no-hooks"}, line, filter)}
	plain = program{path: t.helm, args: slices.Concat([]string{"upgrade"}, line, filter)}
	ours = program{path: t.helm, args: slices.Concat([]string{"irsa", "upgrade"}, line, []string{"--irsa-file", file})}
	if c.direct {
		ours.path, ours.args = t.helmIRSA, ours.args[1:]
	}
	return install, plain, ours
}

// environment is what both sides run in: folders of their own, the played API, and an
// AWS in which irsa.yaml is applied, or none at all.
func (c upgradeCase) environment(t tools, dir, file string, api *apiServer) (env []string, aws *localaws.Server, err error) {
	endpoint := "http://127.0.0.1:1" // where nobody answers
	if c.aws {
		if aws, err = startAWS(awsLatency); err != nil {
			return nil, nil, err
		}
		endpoint = aws.URL()
	}
	env = awsEnv(dir, endpoint, "HELM_BIN="+t.helm, "HELM_PLUGINS="+t.plugins, "HELM_KUBEAPISERVER="+api.server.URL, "KUBECONFIG="+filepath.Join(dir, "none"))
	if !c.aws { // and so nothing is asked at the end either
		env = append(env, "HELM_IRSA_VERIFY=never")
	}
	if c.aws {
		apply := program{t.helmIRSA, []string{"apply", "epinio", "-n", "epinio", "--yes", "-f", file}, env}
		if _, err := apply.run(nil, nil); err != nil {
			return nil, aws, err
		}
		aws.ResetCalls()
	}
	return env, aws, nil
}

// onlyRead reports whether AWS was asked, and nothing written.
func onlyRead(aws *localaws.Server) error {
	if aws == nil {
		return nil
	}
	calls := aws.Calls()
	if len(calls) == 0 {
		return fmt.Errorf("AWS was not asked")
	}
	for _, c := range calls {
		if !strings.HasPrefix(c.Operation, "Get") && !strings.HasPrefix(c.Operation, "List") && !strings.HasPrefix(c.Operation, "Describe") {
			return fmt.Errorf("there was something to provision: %s", c.Operation)
		}
	}
	return nil
}
