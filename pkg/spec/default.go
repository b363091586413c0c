package spec

import "os"

// DefaultFile is the irsa.yaml of this folder, for who names none: irsa.yaml, or irsa.yml where
// there is that one alone.
func DefaultFile() string {
	const name, short = "irsa.yaml", "irsa.yml"
	if _, err := os.Stat(name); err != nil {
		if _, err := os.Stat(short); err == nil {
			return short
		}
	}
	return name
}
