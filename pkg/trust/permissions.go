package trust

// ParsePermissions reads a permission policy, which IAM calls identity-based: the
// document of a managed policy or of an inline one. It takes what Parse takes, JSON
// or URL-encoded JSON, and gives the same kind of error, for what cannot be read as
// a policy at all. All else that IAM refuses is kept, and named by CheckPermissions:
// elements that are missing, or one too many, such as Principal, and any Version. Of
// Action and NotAction in one statement, and of Resource and NotResource, the later
// counts.
func ParsePermissions(text string) (Document, error) { return parse(text, permissionForm) }
