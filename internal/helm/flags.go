package helm

// Which of Helm's flags take a value decides what is a release's name and what
// is a flag's value. The tables hold the flags of install, upgrade, template and uninstall
// of Helm 3.22 and Helm 4.3, as `helm COMMAND --help` prints them; they are made in
//   - Helm 3: cmd/helm/{flags,install,upgrade,template,uninstall}.go, pkg/cli/environment.go (AddFlags)
//   - Helm 4: pkg/cmd/{flags,install,upgrade,template,uninstall}.go, pkg/cli/environment.go (AddFlags)
//
// test/helm compares them with the help of both programs.
//
// Not here are flags whose value is optional (--dry-run, and --wait in Helm 4):
// pflag takes their value only as --flag=value (NoOptDefVal). A flag that is in
// neither Helm yet counts as one without a value.

// valueFlags take a value in every command that has them.
var valueFlags = set(
	"api-versions", "burst-limit", "ca-file", "cert-file", "color", "colour", "content-cache",
	"description", "history-max", "key-file", "keyring", "kube-apiserver", "kube-as-group",
	"kube-as-user", "kube-ca-file", "kube-context", "kube-tls-server-name", "kube-token",
	"kube-version", "kubeconfig", "labels", "name-template", "namespace", "output", "output-dir",
	"password", "post-renderer", "post-renderer-args", "qps", "registry-config", "repo",
	"repository-cache", "repository-config", "set", "set-file", "set-json", "set-literal",
	"set-string", "show-only", "timeout", "username", "values", "version",
	// klog's, hidden (cmd/helm/flags.go, addKlogFlags)
	"log-backtrace-at", "log-dir", "log-file", "log-file-max-size", "stderrthreshold", "v", "vmodule",
)

// upgradeValueFlags take a value in upgrade alone: in Helm 4's install and
// template --server-side is a switch.
var upgradeValueFlags = set("server-side")

// uninstallValueFlags take a value in uninstall alone.
var uninstallValueFlags = set("cascade")

// shorthands are the one-letter flags. -i and -g are switches.
var shorthands = map[byte]string{
	'a': "api-versions", 'f': "values", 'g': "generate-name", 'h': "help", 'i': "install",
	'l': "labels", 'n': "namespace", 'o': "output", 's': "show-only", 'v': "v",
}

// givesValues are the flags after which Helm 3 and 4 no longer copy the values of the release's last revision.
var givesValues = set("values", "set", "set-file", "set-json", "set-literal", "set-string",
	"reset-values", "reuse-values", "reset-then-reuse-values")

// TakesValue says whether the flag --name of a Helm command (install, upgrade, template, uninstall) is followed by a value.
func TakesValue(command, name string) bool {
	return valueFlags[name] || command == "upgrade" && upgradeValueFlags[name] || command == "uninstall" && uninstallValueFlags[name]
}

func set(names ...string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}
