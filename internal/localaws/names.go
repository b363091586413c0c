package localaws

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Names and paths: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html,
// API_CreatePolicy.html and API_PutRolePolicy.html there.
var (
	nameText    = regexp.MustCompile(`^[\w+=,.@-]+$`)
	pathText    = regexp.MustCompile(`^(/|/[\x21-\x7e]+/)$`)
	policyPath  = regexp.MustCompile(`^/([A-Za-z0-9.,+@=_-]+/)*$`)
	policyARN   = regexp.MustCompile(`^arn:[a-z-]+:iam::(\d{12}|aws):policy/[\x21-\x7e]+$`)
	versionText = regexp.MustCompile(`^v[1-9][0-9]*(\.[A-Za-z0-9-]*)?$`)
	descText    = regexp.MustCompile(`^[\x{09}\x{0A}\x{0D}\x{20}-\x{7E}\x{A1}-\x{FF}]*$`)
)

// checkName is what IAM says to the name in this parameter.
func (c *call) checkName(parameter string, most int) (string, error) {
	name := c.args.get(parameter)
	lower := lowerFirst(parameter)
	switch {
	case name == "":
		return "", constraint(name, lower, "have length greater than or equal to 1")
	case len(name) > most:
		return "", constraint(name, lower, fmt.Sprintf("have length less than or equal to %d", most))
	case !nameText.MatchString(name):
		return "", validation("The specified value for %s is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-", lower)
	}
	return name, nil
}

// checkPath is / where the request has no path. Of a policy IAM takes fewer characters.
func (c *call) checkPath(text *regexp.Regexp) (string, error) {
	path := c.args.get("Path")
	switch {
	case path == "":
		return "/", nil
	case len(path) > 512:
		return "", constraint(path, "path", "have length less than or equal to 512")
	case !text.MatchString(path):
		return "", validation("The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.")
	}
	return path, nil
}

func (c *call) checkDescription() (string, error) {
	text := c.args.get("Description")
	switch {
	case len([]rune(text)) > 1000:
		return "", constraint(text, "description", "have length less than or equal to 1000")
	case !descText.MatchString(text):
		return "", constraint(text, "description", `satisfy regular expression pattern: [\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*`)
	}
	return text, nil
}

// checkPolicyARN is the policy's ARN in this parameter.
func (c *call) checkPolicyARN(parameter string) (string, error) {
	arn := c.args.get(parameter)
	switch {
	case len(arn) < 20:
		return "", constraint(arn, lowerFirst(parameter), "have length greater than or equal to 20")
	case !policyARN.MatchString(arn):
		return "", invalidInput("ARN %s is not valid.", arn)
	}
	return arn, nil
}

// checkEnum is what IAM says to a parameter that has few values; it may be absent.
func (c *call) checkEnum(parameter string, values []string) error {
	text := c.args.get(parameter)
	if text == "" || slices.Contains(values, text) {
		return nil
	}
	return constraint(text, lowerFirst(parameter), "satisfy enum value set: ["+strings.Join(values, ", ")+"]")
}

// hasPathPrefix: without a prefix in the request, every path has it.
func (c *call) hasPathPrefix(path string) bool {
	return strings.HasPrefix(path, c.args.get("PathPrefix"))
}
