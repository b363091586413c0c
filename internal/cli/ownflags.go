package cli

import (
	"errors"
	"fmt"

	"github.com/helm-irsa/helm-irsa/internal/helm"
)

// ownPrefix is what the wrapper's own flags begin with; everything else is Helm's.
const ownPrefix = "irsa-"

// ownFlags are the wrapper's flags: the value says what it is in the help, empty for a switch.
var ownFlags = []struct{ name, value, help string }{
	{"irsa-file", "FILE", "the irsa.yaml to use (default $HELM_IRSA_FILE, else ./irsa.yaml)"},
	{"irsa-provision", "never", "whether AWS is changed; this version only renders"},
	{"irsa-verify", "never", "whether the chain of trust is checked; this version only renders"},
	{"irsa-yes", "", "do not ask before changing AWS (not in this version)"},
	{"irsa-adopt", "", "give an account of another tool to Helm (not in this version)"},
	{"irsa-keep-roles", "", "keep the roles (not in this version)"},
}

// own is how internal/helm tells our flags from Helm's.
func own() helm.Own {
	return helm.Own{Prefix: ownPrefix, TakesValue: func(name string) bool {
		for _, f := range ownFlags {
			if f.name == name {
				return f.value != ""
			}
		}
		return false
	}}
}

// readOwn sets the options from our flags. What this version cannot do yet is
// refused rather than taken and not done.
func (o *wrapperOptions) readOwn(flags []helm.Flag) error {
	for _, f := range flags {
		switch f.Name {
		case "irsa-file":
			if f.Value == "" {
				return errors.New("--irsa-file needs a file")
			}
			o.file = f.Value
		case "irsa-provision":
			if err := onlyNever(f, "does not provision yet"); err != nil {
				return err
			}
		case "irsa-verify":
			if err := onlyNever(f, "does not verify yet"); err != nil {
				return err
			}
		case "irsa-yes", "irsa-adopt", "irsa-keep-roles":
			return hinted(fmt.Errorf("--%s: this version does not provision yet", f.Name), "leave --%s away", f.Name)
		default:
			return unknownOwn(f.Name)
		}
	}
	return nil
}

func onlyNever(f helm.Flag, cannot string) error {
	switch f.Value {
	case "never":
		return nil
	case "auto":
		return hinted(fmt.Errorf("--%s=auto: this version %s", f.Name, cannot), "leave --%s away, or --%s=never", f.Name, f.Name)
	}
	return hinted(fmt.Errorf("--%s=%s: not auto or never", f.Name, f.Value), "--%s=never", f.Name)
}

func unknownOwn(name string) error {
	names := make([]string, len(ownFlags))
	for i, f := range ownFlags {
		names[i] = f.name
	}
	return hinted(fmt.Errorf("unknown flag --%s", name), "did you mean --%s?", nearest(name, names))
}

// nearest returns the candidate with the smallest edit distance; the first of several. There must be one.
func nearest(name string, candidates []string) string {
	best, least := "", -1
	for _, c := range candidates {
		if d := distance(name, c); least < 0 || d < least {
			best, least = c, d
		}
	}
	return best
}

// distance is the number of letters to insert, drop or replace (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}
