package trust

import (
	"regexp"
	"strings"
)

// legalPartition is what IAM takes in the second part of a resource: * or a name of
// its own, "Partition "X" is not valid for resource". New partitions keep to aws-….
var legalPartition = regexp.MustCompile(`^(\*|aws(-[a-z0-9]+)*)$`)

// resourceFault says what is wrong with a resource; empty where nothing is. It is *
// or an ARN of six parts (reference_policies_elements_resource.html): arn, partition,
// service, region, AWS account, resource, of which the last may have colons. "If the *
// wildcard is the last character of a resource ARN segment, it can expand to match
// beyond the colon boundaries", so one that ends in * may have fewer. "You can't use a
// wildcard in the service segment".
func resourceFault(text string) string {
	if text == "*" {
		return ""
	}
	// Variables stand "only in the resource portion", which "appears after the fifth
	// colon" (reference_policies_variables.html, "Where you can use policy variables").
	head, _, variable := strings.Cut(text, "${")
	parts := strings.SplitN(head, ":", 6)
	switch {
	case parts[0] != "arn":
		return `is no ARN: want one such as arn:aws:s3:::bucket/*, or *` // "Resource X must be in ARN format or "*""
	case variable && len(parts) < 6:
		return "has a policy variable too early: want it behind the fifth colon"
	case len(parts) > 1 && !legalPartition.MatchString(parts[1]):
		return "has no partition of AWS in its second part: want aws, aws-cn, aws-us-gov or *"
	case len(parts) < 3 || parts[2] == "" || strings.ContainsAny(parts[2], "*?"):
		// "Resource vendor must be fully qualified and cannot contain regexes."
		return "names no service: want it in the third part, without * and ?"
	case len(parts) < 6 && !(strings.HasSuffix(text, "*") && !strings.Contains(text, "::")):
		// "The policy failed legacy parsing"
		return "has too few parts: want arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE, empty parts between their colons"
	case len(parts) == 6:
		return serviceFault(parts[2], parts[3], parts[4], text[len(head)-len(parts[5]):])
	}
	return ""
}

// serviceFault has the rules of the two services whose resources IAM is known to look
// at. A region with wildcards is let be: nobody tells what IAM says to it.
func serviceFault(service, region, account, resource string) string {
	wild := strings.ContainsAny(region, "*?")
	kind, _, typed := strings.Cut(resource, "/")
	switch {
	case service == "iam" && region != "" && !wild:
		return "has a region: IAM has none, want nothing between the third and the fourth colon" // "IAM resource X cannot contain region information."
	case service == "iam" && resource != "*" && resource != "root" && (!typed || strings.ContainsAny(kind, "*?$")):
		// "IAM resource path must either be "*" or start with user/, …": new kinds are
		// not in the list of today.
		return "names no kind of IAM resource: want one such as role/NAME, or *"
	case service == "s3" && region != "" && !wild && account == "":
		// "Resource X can not contain region information." Access points and jobs have
		// a region, and an AWS account with it.
		return "has a region: a bucket's ARN has none, want arn:aws:s3:::BUCKET"
	}
	return ""
}
