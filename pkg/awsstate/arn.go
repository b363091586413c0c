package awsstate

import "strings"

// AccountOf is the AWS account in an ARN; empty where it has none.
func AccountOf(arn string) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		return parts[4]
	}
	return ""
}
