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
)

// fakeHelm stands in for Helm. It appends its arguments to $HELM_LOG, one a
// line, and plays Helm $FAKE_VERSION: it sends $FAKE_MANIFESTS through the
// post-renderer that it was given, as that Helm does. Other variables:
// FAKE_EXIT is its exit code, FAKE_NAMESPACE and FAKE_PLUGINS its `helm env`,
// FAKE_MANIFESTS is also what a release holds; FAKE_RELEASE is
// the one that it lists; asked for JSON, it lists every release that was not uninstalled
// since, unless FAKE_ABSENT is set, with FAKE_STATUS, and FAKE_STAYS lets uninstall forget to
// remove it; FAKE_HISTORY the revisions of it, as JSON; FAKE_SKIP forgets the post-renderer, FAKE_WAIT waits for a signal: yes at
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
		if name := os.Getenv("FAKE_RELEASE"); slices.Contains(args, "^"+name+"$") {
			fmt.Println(name)
		}
		return 0
	}
	if args[0] == "history" {
		fmt.Println(os.Getenv("FAKE_HISTORY"))
		return 0
	}
	if args[0] == "get" {
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
	fmt.Printf("[{\"name\":%q,\"namespace\":\"apps\",\"status\":%q}]\n", release, status)
	return 0
}

// logArgs writes the arguments down, with the report's path, which is another each time, as REPORT.
func logArgs(args []string) {
	f, err := os.OpenFile(os.Getenv("HELM_LOG"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	for _, a := range args {
		if strings.HasSuffix(a, "report.json") {
			a = a[:strings.IndexByte(a, '=')+1] + "REPORT"
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
	manifests, err := os.ReadFile(os.Getenv("FAKE_MANIFESTS"))
	if err != nil || renderer == "" || os.Getenv("FAKE_SKIP") != "" {
		return 0
	}
	cmd := exec.Command(renderer, rendererArgs...)
	helm4 := strings.HasPrefix(os.Getenv("FAKE_VERSION"), "v4")
	if helm4 {
		p, err := findPlugin(filepath.SplitList(os.Getenv("HELM_PLUGINS")), renderer)
		if err != nil {
			fmt.Fprintln(os.Stderr, "Error:", err)
			return 1
		}
		r, err := p.renderer(rendererArgs, os.Getenv)
		if err != nil {
			fmt.Fprintln(os.Stderr, "Error:", err)
			return 1
		}
		cmd = exec.Command(r.path, r.args...)
		cmd.Env = append(os.Environ(), r.env...)
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
