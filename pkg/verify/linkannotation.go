package verify

// checkAnnotation tells how the service account is given its role.
func checkAnnotation(c *chain, r *result) {
	n := c.naming
	r.set(n.status, n.why)
	if n.late != "" && n.status == OK {
		r.set(Unknown, n.late)
	}
	for _, f := range n.findings {
		r.add(doubted(c, f))
	}
}

// doubted: where only a trust policy says that the service account should have a role, a fault
// of the policy or of the provider is more certain than that of the service account, which may
// have been left out of the documents.
func doubted(c *chain, f finding) finding {
	if f.Code != codeAnnotationMissing || c.a.presumed == nil {
		return f
	}
	worst := Info.rank() + 1
	for _, k := range checks {
		if k.link != "" && k.link.rank() < LinkIssuer.rank() {
			continue
		}
		for _, other := range resultOf(c, k.link).findings {
			if other.Link.rank() >= LinkIssuer.rank() {
				worst = min(worst, other.Severity.rank())
			}
		}
	}
	if f.Severity.rank() <= worst && worst <= Warning.rank() {
		return f.as([]Severity{Warning, Info}[worst])
	}
	return f
}
