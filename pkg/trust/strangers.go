package trust

import (
	"slices"
	"strings"
)

// Which keys say who asks, and which the caller chooses, is from
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
// and reference_policies_iam-condition-keys.html. S3 goes by nearly the same list where it
// calls a policy public
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html).

// network are the keys that say where a call comes from.
var network = map[string]keyRule{
	"aws:sourceip":     {foreign: []string{"203.0.113.77"}, open: openAddress},
	"aws:vpcsourceip":  {foreign: []string{"203.0.113.77"}, open: openAddress},
	"aws:sourcevpc":    {foreign: []string{"vpc-0" + strangerName}, open: openBefore("", 12, strangerName)},
	"aws:sourcevpce":   {foreign: []string{"vpce-0" + strangerName}, open: openBefore("", 13, strangerName)},
	"aws:sourcevpcarn": {foreign: []string{"arn:aws:ec2:eu-west-3:" + strangerAccount + ":vpc/vpc-0"}, open: openPrincipal},
	"aws:vpceaccount":  {foreign: []string{strangerAccount}, open: openBefore("", 12, strangerAccount)},
	"aws:vpceorgid":    {foreign: []string{strangerOrg}, open: openBefore("", 12, "strangerst")},
	"aws:vpceorgpaths": {foreign: []string{strangerOrg + "/r-stra/"}, open: openBefore("/", 999, "strangerst")},
}

// direct are the keys that say of a call that AWS made it for somebody, which a stranger's
// own calls are not.
var direct = map[string]keyRule{
	"aws:principalisawsservice": {always: true, foreign: []string{"false"}},
	"aws:viaawsservice":         {always: true, foreign: []string{"false"}},
}

const strangerOrg = "o-strangerst"

// anybody is a principal of an AWS account that nobody named, as {"AWS": "*"} lets him ask.
func anybody() stranger {
	return stranger{
		principal: Principal{"AWS", "arn:aws:iam::" + strangerAccount + ":role/" + strangerName},
		action:    ActionAssumeRole,
		rule: func(key string) keyRule {
			if rule, ok := network[key]; ok {
				return rule
			}
			if rule, ok := direct[key]; ok {
				return rule
			}
			switch key {
			case "aws:principalarn":
				return keyRule{always: true, foreign: []string{"arn:aws:iam::" + strangerAccount + ":role/" + strangerName}, open: openPrincipal}
			case "aws:principalaccount":
				return keyRule{always: true, foreign: []string{strangerAccount}, open: openBefore("", 12, strangerAccount)}
			case "aws:userid": // a role's ID, which AWS gives, then a colon and a name
				return keyRule{always: true, foreign: []string{"AROASTRANGEROFNOBODY:x"}, open: openBefore(":", 20, "AROASTRANGEROFNOBODY:x")}
			case "aws:principalorgid": // "o-" and ten characters or more
				return keyRule{foreign: []string{strangerOrg}, open: openBefore("", 12, "strangerst")}
			case "aws:principalorgpaths":
				return keyRule{foreign: []string{strangerOrg + "/r-stra/"}, open: openBefore("/", 999, "strangerst")}
			}
			return keyRule{never: ofServices(key), free: !ofServices(key)}
		},
	}
}

// ofServices are the keys that only calls of AWS services have.
func ofServices(key string) bool {
	return slices.Contains([]string{
		"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner",
		"aws:principalservicename", "aws:principalservicenameslist",
	}, key)
}

// anybodyOf is a principal of one AWS account that the policy trusts as a whole. Who is
// left out there is said by the names of roles, and by what that AWS account has agreed
// on: an external ID, MFA, tags.
func anybodyOf(account string) stranger {
	own := "arn:aws:iam::" + account + ":role/" + strangerName
	return stranger{
		principal: Principal{"AWS", own}, action: ActionAssumeRole,
		rule: func(key string) keyRule {
			if rule, ok := network[key]; ok {
				return rule
			}
			if rule, ok := direct[key]; ok {
				return rule
			}
			switch {
			case key == "aws:principalarn":
				return keyRule{always: true, foreign: []string{own}, open: func(c Condition, pattern string) (string, bool) {
					head, name, ok := strings.Cut(pattern, "/")
					_, open := openAtStart(name[strings.LastIndexByte(name, '/')+1:])
					return fill(strings.NewReplacer("*", account).Replace(head)+"/"+name, strangerName), ok && open
				}}
			case key == "sts:externalid", strings.HasPrefix(key, "aws:principaltag/"), strings.HasPrefix(key, "aws:requesttag/"):
				return keyRule{foreign: []string{strangerName}}
			case key == "aws:multifactorauthpresent":
				return keyRule{foreign: []string{"false"}}
			case key == "aws:multifactorauthage":
				return keyRule{foreign: []string{"99999999"}}
			case key == "aws:userid":
				return keyRule{always: true, foreign: []string{"AROASTRANGEROFNOBODY:x"}, open: openBefore(":", 20, "AROASTRANGEROFNOBODY:x")}
			}
			return keyRule{never: ofServices(key), free: !ofServices(key)}
		},
	}
}

// anyToken is somebody with a token of an OIDC provider that the policy does not name by
// its subject: another service account of the cluster. The audience is no protection: a
// pod may ask for a token of any, and the provider's list of audiences is the same for all.
func anyToken(provider string) stranger {
	issuer := providerOf(provider)
	prefix, open := strings.ToLower(ProviderName(issuer))+":", openSubject
	if sharedIssuers[issuer] == "sub" {
		open = openOwner
	}
	return stranger{
		principal: Principal{"Federated", provider}, action: ActionWebIdentity,
		rule: func(key string) keyRule {
			if rule, ok := network[key]; ok {
				return rule
			}
			if key == "aws:viaawsservice" {
				return direct[key]
			}
			claim, own := strings.CutPrefix(key, prefix)
			switch {
			case own && claim == "sub":
				return keyRule{always: true, foreign: []string{serviceAccountPrefix + strangerName + ":" + strangerName}, open: open}
			case own && claim == "email":
				return keyRule{foreign: []string{strangerName + "@example.org"}, open: openBefore("@", 999, strangerName+"@example.org")}
			case own && claim == "amr": // how he signed in, not who he is
				return keyRule{free: true}
			case own && (publicProviders[issuer] || claim == "aud" && sharedIssuers[issuer] == claim):
				return keyRule{foreign: []string{strangerName}, open: openBefore("", 8, strangerName)}
			case own && slices.Contains([]string{"aud", "oaud"}, claim):
				return keyRule{free: true}
			}
			return keyRule{never: own || neverWithToken(key), free: !own && !neverWithToken(key)} // other claims become no key
		},
	}
}

// neverWithToken are the keys that a call with a web identity token does not have: those of
// the caller's own AWS credentials, which it needs none of, and those of other issuers.
func neverWithToken(key string) bool {
	vendor, _, _ := strings.Cut(key, ":")
	if vendor != "aws" && vendor != "sts" {
		return true // of another issuer
	}
	return key == "sts:externalid" || strings.HasPrefix(key, "aws:principal") || strings.HasPrefix(key, "aws:multifactorauth") ||
		key == "aws:userid" || key == "aws:username" || ofServices(key)
}

// publicProviders are the issuers that IAM knows without an OIDC provider. Anybody may have
// a token of them; the application is the audience or app_id
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif).
var publicProviders = map[string]bool{
	"accounts.google.com": true, "www.amazon.com": true, "graph.facebook.com": true, "cognito-identity.amazonaws.com": true,
}

// providerOf is the issuer's name in the ARN of an OIDC provider, or the text itself.
func providerOf(id string) string {
	if _, name, ok := strings.Cut(id, ":oidc-provider/"); ok {
		return name
	}
	return id
}
