package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

// place is where the repository says its version: the second part of what the pattern
// matches, in every file of the name.
type place struct {
	files   string // a pattern of names
	pattern *regexp.Regexp
}

// number is a version as Helm wants it of a plugin: semver without a v. Of the forms that
// semver has for what comes before a release, these are told apart from a platform behind it.
const number = `[0-9]+\.[0-9]+\.[0-9]+(?:-(?:alpha|beta|rc)\.[0-9]+)?`

// places are all that have to say the same version. A git URL is installed by what
// plugin.yaml says at the tag, and Artifact Hub reads it there: so the files have it, and
// the tag is held against them.
var places = []place{
	{"plugin.yaml", regexp.MustCompile(`(?m)^(version: *)(` + number + `)()$`)},
	{"plugins/*/plugin.yaml", regexp.MustCompile(`(?m)^(version: *)(` + number + `)()$`)},
	{"charts/*/Chart.yaml", regexp.MustCompile(`(?m)^(version: *|appVersion: *")(` + number + `)("?)$`)},
	{"README.md", mention},
	{"docs/*.md", mention},
	{"docs/examples/ci/github-actions.yaml", mention},
}

// mention is a release's file, image or tag in a page.
var mention = regexp.MustCompile(`(helm-irsa-|helm-irsa:|/irsa:|irsa-|--version v?|setup-helm-irsa@v|qovery-sa-helper-|app.kubernetes.io/version: ")(` + number + `)(-(?:linux|darwin|windows)-|\.tgz|\b)`)

var plain = regexp.MustCompile(`^` + number + `$`)

// readVersion is what plugin.yaml says.
func readVersion(root string) (string, error) {
	text, err := os.ReadFile(filepath.Join(root, "plugin.yaml"))
	if err != nil {
		return "", err
	}
	m := places[0].pattern.FindSubmatch(text)
	if m == nil {
		return "", errors.New("plugin.yaml has no version")
	}
	return string(m[2]), nil
}

// saidIn are the versions that the files of a place say.
func (p place) saidIn(root string) (map[string][]string, error) {
	names, err := filepath.Glob(filepath.Join(root, p.files))
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("no file %s: %w", p.files, err)
	}
	out := map[string][]string{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		out[name] = nil
		for _, m := range p.pattern.FindAllSubmatch(text, -1) {
			out[name] = append(out[name], string(m[2]))
		}
	}
	return out, nil
}

// setVersion writes a version to all places that say the one of plugin.yaml.
func setVersion(root, next string) error {
	if !plain.MatchString(next) {
		return fmt.Errorf("-set-version %s: not of the form 1.2.3 or 1.2.3-rc.1", next)
	}
	was, err := readVersion(root)
	if err != nil {
		return err
	}
	for _, p := range slices.Backward(places) { // plugin.yaml last: it says what is still to be replaced
		said, err := p.saidIn(root)
		if err != nil {
			return err
		}
		for name := range said {
			if err := p.rewrite(name, was, next); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p place) rewrite(name, was, next string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	out := p.pattern.ReplaceAllFunc(text, func(found []byte) []byte {
		m := p.pattern.FindSubmatch(found)
		if string(m[2]) != was {
			return found
		}
		return slices.Concat(m[1], []byte(next), m[3])
	})
	return os.WriteFile(name, out, 0o644)
}
