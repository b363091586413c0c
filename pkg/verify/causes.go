package verify

import "slices"

// caused says which findings another explains: first those of a role that the service account
// should not have, then by the table of codes. A finding explains another only where it is at
// least as bad.
func caused(c *chain, all []finding) []finding {
	roots := map[string]*[3]int{} // of a code, how many of each severity are under nothing
	count := func(f finding, n int) {
		if roots[f.Code] == nil {
			roots[f.Code] = &[3]int{}
		}
		roots[f.Code][f.Severity.rank()] += n
	}
	for i, f := range all {
		if c.naming.astray && slices.Contains(ofTheRole, f.Link) {
			all[i].Under = codeAnnotationMissing
			continue
		}
		count(f, 1)
	}
	for i, f := range all {
		if f.Under != "" {
			continue
		}
		for _, root := range codeIndex[f.Code].Under {
			if of := roots[root]; of != nil && slices.Max(of[:f.Severity.rank()+1]) > 0 {
				if all[i].Under == "" {
					count(f, -1)
				}
				all[i].Under = root
			}
		}
	}
	return all
}

// ofTheRole are the links that are about the role that the service account names.
var ofTheRole = []Link{LinkTrust, LinkPermissions, LinkProvider}
