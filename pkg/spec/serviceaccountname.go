package spec

// ModeIRSA is the mode of a service account whose pods get the role by its annotation alone.
const ModeIRSA = "irsa"

// CheckServiceAccount says whether a service account could have that name in irsa.yaml.
func CheckServiceAccount(name string) error {
	if message, hint := formats["serviceAccountName"].test(name); message != "" {
		return &NameError{message, hint}
	}
	return nil
}
