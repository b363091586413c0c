package localaws

import (
	"encoding/json"
	"regexp"
	"strings"
)

var (
	accountID = regexp.MustCompile(`^\d{12}$`)
	// serviceName is that of an AWS service, in any partition.
	serviceName = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?$`)
)

// checkTrust is what IAM says to a trust policy in this parameter, its size and the
// principals it names included.
func (c *call) checkTrust(parameter string) (string, error) {
	text := c.args.get(parameter)
	statements, err := checkDocument(text, trustPolicy)
	if err != nil {
		return "", err
	}
	for _, s := range statements {
		for _, element := range []string{"Principal", "NotPrincipal"} {
			if err := c.checkPrincipals(s[element]); err != nil {
				return "", err
			}
		}
	}
	if limit := c.opts.Limits.TrustSize; size(text) > limit {
		return "", overQuota("ACLSizePerRole", limit)
	}
	return text, nil
}

// checkPrincipals: "*" or an object of kinds of principals
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html).
func (c *call) checkPrincipals(raw json.RawMessage) error {
	if raw == nil || string(raw) == `"*"` {
		return nil
	}
	var kinds map[string]json.RawMessage
	if json.Unmarshal(raw, &kinds) != nil || len(kinds) == 0 {
		return malformed("Invalid principal in policy: %s", raw)
	}
	for name, raw := range kinds {
		values, ok := words(raw)
		if !ok {
			return malformed("Invalid principal in policy: %q:%s", name, raw)
		}
		for _, v := range values {
			if !c.knowsPrincipal(name, v) {
				return malformed("Invalid principal in policy: %q:%q", name, v)
			}
		}
	}
	return nil
}

// knowsPrincipal: roles and users must exist; providers need not, which is how
// trust in a provider that is missing comes about.
func (c *call) knowsPrincipal(kind, value string) bool {
	switch kind {
	case "AWS":
		return c.knowsAWS(value)
	case "Service":
		return serviceName.MatchString(value)
	case "Federated", "CanonicalUser":
		return value != ""
	}
	return false
}

func (c *call) knowsAWS(value string) bool {
	if value == "*" || accountID.MatchString(value) {
		return true
	}
	a, ok := parseARN(value)
	if !ok || a.partition != c.partition() || !accountID.MatchString(a.account) {
		return false
	}
	class, rest, _ := strings.Cut(a.resource, "/")
	switch {
	case a.service == "sts":
		return class == "assumed-role" && rest != "" || class == "federated-user" && rest != ""
	case a.service != "iam":
		return false
	case a.resource == "root":
		return true
	case class == "role":
		return c.roleOfARN(value) != nil
	case class == "user":
		return c.knowsUser(a.account, rest)
	}
	return false
}

// knowsUser: the users of an AWS account are those of its credentials, and local.
func (c *call) knowsUser(account, name string) bool {
	if name == "local" {
		return true
	}
	for _, known := range c.state.Credentials {
		if known.Account == account && known.User == name {
			return true
		}
	}
	return false
}

// forget writes a deleted role's ID in place of its ARN, wherever a trust policy has
// it as principal: IAM keeps principals by ID, shows the ID once it "can no longer
// map it back to an ARN", and a new role of that name does not bring the ARN back
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_policy-examples.html).
// Such a document is refused when it is written again.
func (c *call) forget(gone *role) {
	for _, a := range c.state.Accounts {
		for _, r := range a.Roles {
			if strings.Contains(r.Trust, gone.ARN) {
				r.Trust = replacePrincipal(r.Trust, gone.ARN, gone.ID)
			}
		}
	}
}

// replacePrincipal changes nothing but the principals that are exactly this one.
func replacePrincipal(document, from, to string) string {
	statements, err := checkDocument(document, trustPolicy)
	if err != nil {
		return document
	}
	for _, s := range statements {
		for _, element := range []string{"Principal", "NotPrincipal"} {
			if raw := string(s[element]); raw != "" {
				document = strings.ReplaceAll(document, raw, strings.ReplaceAll(raw, `"`+from+`"`, `"`+to+`"`))
			}
		}
	}
	return document
}
