package spec

import "strings"

// Sharer is an entry of role.sharedWith, taken apart.
type Sharer struct {
	// Scope is ACCOUNT/REGION of the cluster, and Cluster its name; empty where the entry
	// does not say them: then they are those of the role's own release.
	Scope, Cluster string
	Namespace      string
	// Release is * for every release of the namespace.
	Release string
}

// ParseSharer reads an entry of role.sharedWith. It reports false for what is none.
func ParseSharer(entry string) (Sharer, bool) {
	if !matches(sharerPattern, entry) {
		return Sharer{}, false
	}
	var s Sharer
	release := entry
	if i := strings.LastIndexByte(entry, ':'); i >= 0 {
		s.Cluster, release = entry[:i], entry[i+1:]
	}
	if parts := strings.SplitN(s.Cluster, "/", 3); len(parts) == 3 && matches(accountPattern, parts[0]) {
		s.Scope, s.Cluster = parts[0]+"/"+parts[1], parts[2]
	}
	s.Namespace, s.Release, _ = strings.Cut(release, "/")
	return s, true
}

// validateSharing finds a consent to share a role that nobody gave a name: a derived name
// is of one service account only.
func (l *loader) validateSharing(f *File) {
	for i, sa := range f.ServiceAccounts {
		if len(sa.Role.SharedWith) > 0 && sa.Role.Name == "" && sa.Role.ARN == "" {
			l.fault(serviceAccountAt(i).key("role").key("sharedWith"),
				"a role whose name is derived is never shared", "give the role a name: role.name")
		}
	}
}
