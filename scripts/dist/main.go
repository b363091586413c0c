// Command dist makes what a release consists of: `make dist`. The same source gives the
// same bytes: names sorted, no times, no owners, -trimpath.
//
// It is our own, and not goreleaser's: an archive has to hold the plugin twice over, as
// Helm 3 and Helm 4 look for it (archive.go), and the package that Helm 4 verifies is made
// and signed by Helm. Of goreleaser would be left what Go's own commands do.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
)

// platforms are those that a release is made for.
const platforms = "linux/amd64,linux/arm64,darwin/amd64,darwin/arm64,windows/amd64"

// releases is where a release's files are fetched from: below it is a folder v<version>.
// scripts/install.sh and install.ps1 have the same, which a test holds.
const releases = "https://github.com/helm-irsa/helm-irsa/releases/download"

func main() {
	var o options
	flag.StringVar(&o.out, "out", "dist", "the folder to write to")
	flag.StringVar(&o.tag, "tag", "", "refuse to build where this tag is not that of the version in plugin.yaml")
	flag.Func("platforms", "OS/ARCH,… (default "+platforms+")", func(text string) error {
		o.platforms = strings.Split(text, ",")
		return nil
	})
	flag.BoolVar(&o.sbom, "sbom", false, "also write what each program is made of, with cyclonedx-gomod")
	flag.StringVar(&o.sign.helm, "helm", "", "the Helm 4 that packages and signs the plugin; without it no package is made")
	flag.StringVar(&o.sign.key, "key", "", "the name of the key to sign with")
	flag.StringVar(&o.sign.keyring, "keyring", "", "the file with that key, in gpg's old binary format: gpg --export-secret-keys")
	flag.StringVar(&o.sign.passphrase, "passphrase-file", "", "the file with the key's passphrase")
	next := flag.String("set-version", "", "write this version wherever the repository says its own, and build nothing")
	flag.Parse()
	if err := run(o, *next); err != nil {
		fmt.Fprintln(os.Stderr, "dist: error:", err)
		os.Exit(1)
	}
}

type options struct {
	out, tag  string
	platforms []string
	sbom      bool
	sign      signing
}

func run(o options, next string) error {
	if next != "" {
		return setVersion(".", next)
	}
	version, err := readVersion(".")
	if err != nil {
		return fmt.Errorf("reading the version (run it in the repository's root): %w", err)
	}
	if o.tag != "" && o.tag != "v"+version {
		return fmt.Errorf("the tag is %s, and the version in plugin.yaml %s: type go run ./scripts/dist -set-version %s, commit, and tag that", o.tag, version, strings.TrimPrefix(o.tag, "v"))
	}
	if len(o.platforms) == 0 {
		o.platforms = strings.Split(platforms, ",")
	}
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return err
	}
	return release(o, version)
}

// release makes all files of a release, and SHA256SUMS over them.
func release(o options, version string) error {
	all := sums{}
	archives := sums{}
	for _, p := range o.platforms {
		goos, goarch, ok := strings.Cut(p, "/")
		if !ok {
			return fmt.Errorf("-platforms %s: not OS/ARCH", p)
		}
		built, err := programsFor(version, goos, goarch)
		if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		name := fmt.Sprintf("helm-irsa-%s-%s-%s.tar.gz", version, goos, goarch)
		if folder := helmsName(name); folder != "helm-irsa" {
			return fmt.Errorf("version %s: Helm would look for the folder %q in the archive", version, folder)
		}
		data, err := archive(built)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := all.write(o.out, name, data); err != nil {
			return err
		}
		archives[name] = all[name]
		if o.sbom && p == o.platforms[0] {
			if err := boms(o.out, version, built, all); err != nil {
				return err
			}
		}
	}
	if manifest, err := krewManifest(version, archives); err == nil {
		if err := all.write(o.out, "irsa.yaml", manifest); err != nil {
			return err
		}
	} else if !errors.Is(err, errNotAllPlatforms) {
		return err
	}
	if o.sign.helm != "" {
		if err := o.sign.pack(o.out, version, archives, all); err != nil {
			return fmt.Errorf("packaging the plugin: %w", err)
		}
	}
	return os.WriteFile(o.out+"/SHA256SUMS", all.text(), 0o644)
}
