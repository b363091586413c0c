// Command dist makes the release archives: `make dist`. The same source gives
// the same bytes: names sorted, no times, no owners, -trimpath.
package main

import (
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// platforms are those that a release is made for.
const platforms = "linux/amd64,linux/arm64,darwin/amd64,darwin/arm64,windows/amd64"

var programs = []string{"helm-irsa", "irsa-post-renderer"}

// files of the checkout that belong to the plugin, beside the binaries.
var files = []string{
	"LICENSE", "README.md", "plugin.yaml", "plugin.complete",
	"plugins/post-renderer/plugin.yaml", "plugins/post-renderer-chain/plugin.yaml",
	"scripts/install.sh", "scripts/install.ps1",
}

func main() {
	out := flag.String("out", "dist", "the folder to write to")
	only := flag.String("platforms", platforms, "OS/ARCH,…")
	flag.Parse()
	if err := run(*out, strings.Split(*only, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "dist: error:", err)
		os.Exit(1)
	}
}

func run(out string, platforms []string) error {
	version, err := pluginVersion()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	var sums strings.Builder
	for _, p := range platforms {
		goos, goarch, ok := strings.Cut(p, "/")
		if !ok {
			return fmt.Errorf("-platforms %s: not OS/ARCH", p)
		}
		name := fmt.Sprintf("helm-irsa-%s-%s-%s.tar.gz", version, goos, goarch)
		if folder := helmsName(name); folder != "helm-irsa" {
			return fmt.Errorf("version %s: Helm would look for the folder %q in the archive", version, folder)
		}
		data, err := archive(version, goos, goarch)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(out, name), data, 0o644); err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(data), name)
		fmt.Println(filepath.Join(out, name))
	}
	return os.WriteFile(filepath.Join(out, "SHA256SUMS"), []byte(sums.String()), 0o644)
}

// pluginVersion is the release's version: what Helm shows, without a v.
func pluginVersion() (string, error) {
	text, err := os.ReadFile("plugin.yaml")
	if err != nil {
		return "", fmt.Errorf("run it in the repository's root: %w", err)
	}
	m := regexp.MustCompile(`(?m)^version: *(\S+)`).FindSubmatch(text)
	if m == nil {
		return "", errors.New("plugin.yaml has no version")
	}
	return string(m[1]), nil
}

// helmsName is the plugin's folder as Helm takes it from the archive's name
// (stripPluginName in pkg/plugin/installer/http_installer.go, and in Helm 4 in
// internal/plugin/installer/extractor.go).
func helmsName(name string) string {
	name = strings.TrimSuffix(name, ".tar.gz")
	return regexp.MustCompile(`(.*)-[0-9]+\..*`).ReplaceAllString(name, `$1`)
}

// archive holds the whole plugin in the folder helm-irsa/, as Helm 4 wants it of
// a local file (internal/plugin/installer/local_installer.go, installFromArchive),
// and at its root a plugin.yaml that points into that folder, since Helm 3 wants
// one there of a URL (pkg/plugin/installer/http_installer.go, Install).
func archive(version, goos, goarch string) ([]byte, error) {
	inner := map[string]entry{}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		inner[f] = entry{data, modeOf(f)}
	}
	var sums strings.Builder
	for _, p := range programs {
		data, err := build(p, version, goos, goarch)
		if err != nil {
			return nil, err
		}
		name := "bin/" + p
		if goos == "windows" {
			name += ".exe"
		}
		inner[name] = entry{data, 0o755}
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(data), name)
	}
	inner["SHA256SUMS"] = entry{[]byte(sums.String()), 0o644}

	all := map[string]entry{}
	for name, e := range inner {
		all["helm-irsa/"+name] = e
	}
	for _, f := range []string{"plugin.yaml", "plugin.complete"} {
		all[f] = entry{pointInside(inner[f].data), modeOf(f)}
	}
	return pack(all)
}

// pointInside makes the paths of a plugin's file go through the inner folder.
func pointInside(text []byte) []byte {
	return []byte(strings.NewReplacer(
		`${HELM_PLUGIN_DIR}/`, `${HELM_PLUGIN_DIR}/helm-irsa/`,
		`${HELM_PLUGIN_DIR}\\`, `${HELM_PLUGIN_DIR}\\helm-irsa\\`, // inside a quoted YAML string
		`${HELM_PLUGIN_DIR}\`, `${HELM_PLUGIN_DIR}\helm-irsa\`,
		`$HELM_PLUGIN_DIR/`, `$HELM_PLUGIN_DIR/helm-irsa/`,
	).Replace(string(text)))
}

func modeOf(file string) int64 {
	if strings.HasSuffix(file, ".sh") || file == "plugin.complete" {
		return 0o755
	}
	return 0o644
}

func build(program, version, goos, goarch string) ([]byte, error) {
	tmp, err := os.MkdirTemp("", "helm-irsa-dist-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	file := filepath.Join(tmp, program)
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false",
		"-ldflags", "-s -w -buildid= -X main.version=v"+version, "-o", file, "./cmd/"+program)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("go build ./cmd/%s: %w", program, err)
	}
	return os.ReadFile(file)
}
