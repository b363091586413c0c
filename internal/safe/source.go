package safe

// Source is what somebody typed of irsa.yaml and its cluster. Every command that a hint tells
// to type is for the same.
type Source struct {
	// Files are irsa.yaml's, Folders those that policies may lie in.
	Files, Folders []string
	// Cluster are the flags of the cluster that were given, without what all begin with: name,
	// region, account-id, issuer; and their values.
	Cluster [][2]string
}

// ownFlags and helmFlags are what those flags are called: of a command of ours, and of one that
// wraps Helm's.
var ownFlags, helmFlags = [3]string{"-f", "--policy-folder", "--cluster-"}, [3]string{"--irsa-file", "--irsa-policy-folder", "--irsa-cluster-"}

// From adds the flags of a source to a command of ours.
func (t *Typed) From(s Source) *Typed { return t.from(s, ownFlags) }

// FromHelm adds the flags of a source to a command that wraps Helm's.
func (t *Typed) FromHelm(s Source) *Typed { return t.from(s, helmFlags) }

func (t *Typed) from(s Source, flags [3]string) *Typed {
	for _, f := range s.Files {
		t.Given(flags[0], f)
	}
	for _, f := range s.Folders {
		t.Given(flags[1], f)
	}
	for _, f := range s.Cluster {
		t.Given(flags[2]+f[0], f[1])
	}
	return t
}
