package main

import (
	"os"
	"regexp"
	"strings"
)

// files of the checkout that belong to the plugin, beside the programs.
var files = []string{
	"LICENSE", "README.md", "plugin.yaml", "plugin.complete",
	"plugins/post-renderer/plugin.yaml", "plugins/post-renderer-chain/plugin.yaml",
	"scripts/install.sh", "scripts/install.ps1",
}

// pluginFiles reads them.
func pluginFiles() (map[string]entry, error) {
	out := map[string]entry{}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		out[f] = entry{data, modeOf(f)}
	}
	return out, nil
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
func archive(built []program) ([]byte, error) {
	inner, err := pluginFiles()
	if err != nil {
		return nil, err
	}
	programs := sums{}
	for _, p := range built {
		inner["bin/"+p.file] = entry{p.data, 0o755}
		programs["bin/"+p.file] = sumOf(p.data)
	}
	inner["SHA256SUMS"] = entry{programs.text(), 0o644}

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
