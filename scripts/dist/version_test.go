package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../.."

// TestOneVersion: whatever the repository says to be its version is that of plugin.yaml.
func TestOneVersion(t *testing.T) {
	t.Parallel()
	want, err := readVersion(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range places {
		said, err := p.saidIn(root)
		if err != nil {
			t.Fatal(err)
		}
		for name, versions := range said {
			if len(versions) == 0 && !strings.HasSuffix(name, ".md") {
				t.Errorf("%s says no version", name)
			}
			for _, v := range versions {
				if v != want {
					t.Errorf("%s says version %s, plugin.yaml %s: go run ./scripts/dist -set-version", name, v, want)
				}
			}
		}
	}
}

// TestSetVersion: all places say the next version, and nothing else is another than before.
func TestSetVersion(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	was, err := readVersion(root)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, p := range places {
		said, err := p.saidIn(root)
		if err != nil {
			t.Fatal(err)
		}
		for name := range said {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			short, _ := filepath.Rel(root, name)
			texts[short] = string(text)
		}
	}
	texts["README.md"] = "helm-irsa-" + was + "-linux-amd64.tar.gz, oci://ghcr.io/helm-irsa/irsa:" + was + ", irsa-" + was + ".tgz; Roles of version " + was + " and helm-irsa-9.9.9-linux-amd64.tar.gz stay\n"
	for name, text := range texts {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const next = "7.8.9-rc.1"
	if err := setVersion(dir, next); err != nil {
		t.Fatal(err)
	}
	if got, err := readVersion(dir); err != nil || got != next {
		t.Errorf("plugin.yaml: %s, %v", got, err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "README.md"))
	want := "helm-irsa-" + next + "-linux-amd64.tar.gz, oci://ghcr.io/helm-irsa/irsa:" + next + ", irsa-" + next + ".tgz; Roles of version " + was + " and helm-irsa-9.9.9-linux-amd64.tar.gz stay\n"
	if err != nil || string(text) != want {
		t.Errorf("README.md: %s (%v)", text, err)
	}
	if err := setVersion(dir, "v1.0.0"); err == nil {
		t.Error("a version with a v was written")
	}
}

// TestReleasesURL: the hooks fetch from where krew's manifest does.
func TestReleasesURL(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"install.sh", "install.ps1"} {
		text, err := os.ReadFile(filepath.Join(root, "scripts", name))
		if err != nil || strings.Count(string(text), releases+"/v$version") != 1 {
			t.Errorf("%s does not fetch from %s (%v)", name, releases, err)
		}
	}
}

// TestPrograms: nobody else keeps a list of the programs.
func TestPrograms(t *testing.T) {
	t.Parallel()
	listed := regexp.MustCompile(`cmd/helm-irsa\S* \S*cmd/irsa-post-renderer`)
	for _, name := range []string{"Makefile", "scripts/install.sh", "scripts/install.ps1", "test/plugin/plugin.go", "bench/tools.go"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil || listed.Match(text) {
			t.Errorf("%s lists the programs: ./cmd/... is all of them (%v)", name, err)
		}
	}
}

// TestKrewManifest lacks no platform.
func TestKrewManifest(t *testing.T) {
	t.Parallel()
	archives := sums{}
	if _, err := krewManifest("1.2.3", archives); err == nil {
		t.Error("a manifest without archives")
	}
	for p := range strings.SplitSeq(platforms, ",") {
		archives["helm-irsa-1.2.3-"+strings.ReplaceAll(p, "/", "-")+".tar.gz"] = strings.Repeat("a", 64)
	}
	text, err := krewManifest("1.2.3", archives)
	if err != nil || strings.Count(string(text), "/v1.2.3/helm-irsa-1.2.3-") != 5 || !strings.Contains(string(text), "version: v1.2.3") || strings.Contains(string(text), "%!") {
		t.Errorf("%s (%v)", text, err)
	}
}
