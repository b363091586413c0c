package awsstate

import "strings"

// PolicyMark begins what helm irsa writes at the end of the description of a policy that it
// makes, in parentheses: whose it is.
const PolicyMark = "(helm-irsa: "

// OwnWords is a policy's description without that mark.
func OwnWords(description string) string {
	if i := strings.LastIndex(description, PolicyMark); i >= 0 && strings.HasSuffix(description, ")") {
		return strings.TrimSuffix(description[:i], " ")
	}
	return description
}
