package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/helm-irsa/helm-irsa/internal/upgrade"
)

// fakeHelm stands in for Helm. It appends its arguments to $HELM_LOG, one a
// line, and plays Helm $FAKE_VERSION: it sends $FAKE_MANIFESTS through the
// post-renderer that it was given, as that Helm does; without it, a Deployment web.
// A chart in a folder that is not there is an error. Other variables:
// FAKE_EXIT is its exit code, FAKE_NAMESPACE and FAKE_PLUGINS its `helm env`,
// FAKE_MANIFESTS is also what a release holds; FAKE_RELEASE is
// the one that it lists; asked for JSON, it lists every release that was not uninstalled
// since, unless FAKE_ABSENT is set, with FAKE_STATUS, in namespace FAKE_LISTED_IN, of chart FAKE_LISTED_CHART, with the values FAKE_VALUES, and FAKE_STAYS lets uninstall forget to
// remove it; FAKE_HISTORY the revisions of it, as JSON; FAKE_TEMPLATE is what template prints, FAKE_CHART the folder of the chart that pull gets, FAKE_SKIP forgets the post-renderer, PIDS is a folder for process IDs, FAKE_WAIT waits for a signal: yes at
// once, rendered once it has rendered, and forever does not end then.
func fakeHelm(args []string) int {
	switch args[0] {
	case "version":
		fmt.Println(os.Getenv("FAKE_VERSION"))
		return 0
	case "env":
		logArgs(args)
		fmt.Println(map[string]string{"HELM_NAMESPACE": os.Getenv("FAKE_NAMESPACE"), "HELM_PLUGINS": os.Getenv("FAKE_PLUGINS")}[args[1]])
		return 0
	case "__complete":
		fmt.Printf("asked\t%s\n--atomic\twait\n:4\n", strings.Join(args[1:], " "))
		return 0
	}
	if i := slices.Index(args, "--filter"); args[0] == "list" && slices.Contains(args, "json") {
		return fakeList(strings.Trim(args[i+1], "^$"))
	}
	logArgs(args)
	if args[0] == "list" { // asked with --filter ^NAME$
		if name := os.Getenv("FAKE_RELEASE"); !slices.Contains(args, "--filter") || slices.Contains(args, "^"+name+"$") {
			fmt.Println(name)
		}
		return 0
	}
	if name := os.Getenv("FAKE_TEMPLATE"); args[0] == "template" && name != "" {
		text, err := os.ReadFile(name)
		if err != nil {
			return 1
		}
		fmt.Printf("%s", text)
		return 0
	}
	if folder := os.Getenv("FAKE_CHART"); args[0] == "pull" && folder != "" {
		return fakePull(folder, args)
	}
	if args[0] == "history" {
		fmt.Println(os.Getenv("FAKE_HISTORY"))
		return 0
	}
	if args[0] == "get" {
		if args[1] == "values" {
			fmt.Println(os.Getenv("FAKE_VALUES"))
			return 0
		}
		if os.Getenv("FAKE_UNREACHABLE") != "" {
			fmt.Fprintln(os.Stderr, "Error: kubernetes cluster unreachable")
			return 1
		}
		if args[1] == "manifest" {
			text, err := os.ReadFile(os.Getenv("FAKE_MANIFESTS"))
			if err != nil {
				fmt.Fprintln(os.Stderr, "Error: release: not found")
				return 1
			}
			fmt.Printf("%s", text)
		}
		return 0
	}
	if args[0] == "install" || args[0] == "upgrade" { // there it is again
		_ = os.Remove(goneFile(args[1]))
	}
	if os.Getenv("FAKE_WAIT") == "yes" {
		return waitForSignal()
	}
	if dir := os.Getenv("PIDS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "helm"), []byte(strconv.Itoa(os.Getpid())), 0o644); err != nil {
			return 1
		}
	}
	if code := fakeRender(args); code != 0 {
		return code
	}
	if os.Getenv("FAKE_WAIT") != "" {
		return waitForSignal()
	}
	if os.Getenv("FAKE_EXIT") != "" {
		fmt.Fprintln(os.Stderr, "Error: helm's own")
		return int(os.Getenv("FAKE_EXIT")[0] - '0')
	}
	if args[0] == "uninstall" && os.Getenv("FAKE_STAYS") == "" {
		if err := os.WriteFile(goneFile(args[1]), nil, 0o644); err != nil {
			return 1
		}
	}
	return 0
}

// fakePull packs a folder into the destination.
func fakePull(folder string, args []string) int {
	c, err := loader.LoadDir(folder)
	if err == nil {
		_, err = chartutil.Save(c, args[slices.Index(args, "--destination")+1])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		return 1
	}
	return 0
}

// goneFile says that a release was uninstalled.
func goneFile(release string) string { return os.Getenv("HELM_LOG") + ".gone." + release }

// fakeList is helm list for a release, as JSON.
func fakeList(release string) int {
	if os.Getenv("FAKE_UNREACHABLE") != "" {
		fmt.Fprintln(os.Stderr, "Error: Kubernetes cluster unreachable")
		return 1
	}
	if _, err := os.Stat(goneFile(release)); err == nil || os.Getenv("FAKE_ABSENT") != "" {
		fmt.Println("[]")
		return 0
	}
	status := os.Getenv("FAKE_STATUS")
	if status == "" {
		status = "deployed"
	}
	namespace := os.Getenv("FAKE_LISTED_IN")
	if namespace == "" {
		namespace = "apps"
	}
	fmt.Printf("[{\"name\":%q,\"namespace\":%q,\"status\":%q,\"chart\":%q}]\n", release, namespace, status, os.Getenv("FAKE_LISTED_CHART"))
	return 0
}

// logArgs writes the arguments down, with where the wrapper waits, which is another each time, as ADDRESS.
func logArgs(args []string) {
	f, err := os.OpenFile(os.Getenv("HELM_LOG"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	for _, a := range args {
		if i := strings.Index(a, "="); i >= 0 && strings.Contains(a, "helm-irsa-run-") {
			a = a[:i+1] + "ADDRESS"
		}
		if strings.Contains(a, "helm-irsa-chart-") {
			a = "FOLDER"
		}
		fmt.Fprintln(f, strings.ReplaceAll(a, os.Getenv("WORK"), "$WORK"))
	}
	if plugins := os.Getenv("HELM_PLUGINS"); plugins != "" {
		fmt.Fprintln(f, "HELM_PLUGINS="+strings.ReplaceAll(filepath.Clean(plugins), os.Getenv("WORK"), "$WORK"))
	}
}

func waitForSignal() int {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	if err := os.WriteFile("ready.new", []byte(strconv.Itoa(os.Getpid())), 0o644); err != nil || os.Rename("ready.new", "ready") != nil {
		return 1
	}
	fmt.Println("helm got", <-c)
	if os.Getenv("FAKE_WAIT") == "forever" {
		if err := os.WriteFile("got", nil, 0o644); err != nil {
			return 1
		}
		select {}
	}
	return 5
}

func fakeRender(args []string) int {
	var renderer string
	var rendererArgs []string
	for _, a := range args {
		if v, ok := strings.CutPrefix(a, "--post-renderer="); ok {
			renderer = v
		}
		if v, ok := strings.CutPrefix(a, "--post-renderer-args="); ok {
			rendererArgs = append(rendererArgs, v)
		}
	}
	if renderer == "" || os.Getenv("FAKE_SKIP") != "" {
		return 0
	}
	if i := slices.IndexFunc(args, func(a string) bool { return strings.HasPrefix(a, "./") }); i > 0 {
		if _, err := os.Stat(args[i]); err != nil {
			fmt.Fprintf(os.Stderr, "Error: path %q not found\n", args[i])
			return 1
		}
	}
	manifests := []byte("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {serviceAccountName: web, containers: []}}}\n")
	if name := os.Getenv("FAKE_MANIFESTS"); name != "" {
		text, err := os.ReadFile(name)
		if err != nil {
			return 0
		}
		manifests = text
	}
	cmd := exec.Command(renderer, rendererArgs...)
	helm4 := strings.HasPrefix(os.Getenv("FAKE_VERSION"), "v4")
	if helm4 {
		path, args, env, err := upgrade.PluginCommand(filepath.SplitList(os.Getenv("HELM_PLUGINS")), renderer, rendererArgs, os.Getenv)
		if err != nil {
			fmt.Fprintln(os.Stderr, "Error:", err)
			return 1
		}
		cmd = exec.Command(path, args...)
		cmd.Env = append(os.Environ(), env...)
	}
	var out, said bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(manifests), &out, &said
	if err := cmd.Run(); err != nil {
		if helm4 {
			said.Reset()
		}
		fmt.Fprintf(os.Stderr, "Error: error while running command %s. error output:\n%s", filepath.Base(renderer), said.String())
		return 1
	}
	_, _ = io.Copy(os.Stdout, &out)
	return 0
}
