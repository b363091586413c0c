package trust

import (
	"slices"
	"strings"
)

// Power is an action that makes whoever may do it on everything an administrator, at once
// or in a step more.
type Power struct {
	Action string
	// On is what it must be on: role, policy, user or group; all of that kind.
	On string
	// Own is the ARN of the one that is enough, since it is the bearer's own.
	Own string
}

// String is "iam:PassRole on every role", or "iam:PutRolePolicy on the role itself".
func (p Power) String() string {
	switch {
	case p.Own == "":
		return p.Action + " on every " + p.On
	case p.On == "role":
		return p.Action + " on the role itself"
	}
	return p.Action + " on its own policy " + p.Own[strings.LastIndexByte(p.Own, '/')+1:]
}

// powers are the ways from a few permissions to all, as published by Rhino Security Labs,
// "AWS IAM Privilege Escalation – Methods and Mitigation"
// (https://rhinosecuritylabs.com/aws/aws-privilege-escalation-methods-mitigation/), as far
// as one action on what others made is enough, with sts:AssumeRole and with iam:PassRole,
// which only needs something that a role can be passed to. Where the same identity is
// passed on by a service's own action, such as lambda:UpdateFunctionCode, the services are
// too many to know them all.
var powers = []Power{
	every("iam:PutRolePolicy", "role"), every("iam:AttachRolePolicy", "role"), every("iam:UpdateAssumeRolePolicy", "role"),
	every("iam:CreatePolicyVersion", "policy"), every("iam:SetDefaultPolicyVersion", "policy"),
	every("iam:PutUserPolicy", "user"), every("iam:AttachUserPolicy", "user"), every("iam:CreateAccessKey", "user"),
	every("iam:CreateLoginProfile", "user"), every("iam:UpdateLoginProfile", "user"),
	every("iam:PutGroupPolicy", "group"), every("iam:AttachGroupPolicy", "group"), every("iam:AddUserToGroup", "group"),
	every("iam:PassRole", "role"), every(ActionAssumeRole, "role"),
}

func every(action, on string) Power { return Power{Action: action, On: on} }

// Bearer is the role that has the policies. What it may do to itself makes it as good as an
// administrator, too: it need not find another that is one.
type Bearer struct {
	// ARN is the role's; where it is empty, nothing counts as its own.
	ARN string
	// Policies are the ARNs of its managed policies.
	Policies []string
}

// powers are those of everybody, and those over what is the bearer's own.
func (b Bearer) powers() []Power {
	if b.ARN == "" {
		return powers
	}
	out := append(slices.Clone(powers), Power{"iam:PutRolePolicy", "role", b.ARN}, Power{"iam:AttachRolePolicy", "role", b.ARN})
	for _, arn := range b.Policies {
		if own := (Power{"iam:CreatePolicyVersion", "policy", arn}); awsManagedName(arn) == "" && !slices.Contains(out, own) {
			out = append(out, own)
		}
	}
	return out
}

// covers reports whether a resource of a statement is all that a power must be on.
func (p Power) covers(resource string) bool {
	if p.Own != "" {
		return match(glob(resource), plain(p.Own))
	}
	return match(glob(anyAccount(resource)), glob("arn:*:iam::*:"+p.On+"/*"))
}

// Powers are what permission policies of one role, taken together, allow that makes it as
// good as an administrator; nothing where they allow no such thing. A resource counts that
// is all of a kind in an AWS account. A condition helps where it says on what, such as a
// tag or iam:PassedToService, and not where the role's own session meets it or chooses the
// value; a Deny helps where it is about all of it, whatever the circumstances.
func (b Bearer) Powers(documents ...Document) []Power {
	var out []Power
	for _, p := range b.powers() {
		if allows(documents, p) {
			out = append(out, p)
		}
	}
	return out
}

// Within is Powers of a role with a permissions boundary.
func (b Bearer) Within(boundary Document, documents ...Document) []Power {
	return Common(b.Powers(documents...), b.Powers(boundary))
}

// Common are the powers that are in both lists.
func Common(a, b []Power) []Power {
	return slices.DeleteFunc(slices.Clone(a), func(p Power) bool { return !slices.Contains(b, p) })
}

// allows reports whether a statement of the documents gives the power, and none takes it.
func allows(documents []Document, p Power) bool {
	given := false
	for _, d := range documents {
		for _, s := range d.statements {
			if !s.concerns(p) {
				continue
			}
			if !s.allow && d.always(s, p) {
				return false
			}
			given = given || s.allow && d.admits(bearer(p.Action), s.conditions)
		}
	}
	return given
}

// always reports whether the conditions of a Deny hold whatever the circumstances.
func (d Document) always(s Statement, p Power) bool {
	b := bearer(p.Action)
	for key, on := range byKey(s.conditions) {
		rule := b.rule(key)
		if rule.free {
			return false
		}
		for _, value := range rule.candidates(nil) {
			if slices.ContainsFunc(on, func(c Condition) bool { return d.holds(c, nil, key, value) != Yes }) {
				return false
			}
		}
	}
	return true
}

// concerns reports whether a statement of a permission policy is about the power: its
// action, and all that it must be on.
func (s Statement) concerns(p Power) bool {
	action := plain(strings.ToLower(p.Action))
	named := slices.ContainsFunc(s.actions, func(a string) bool { return match(glob(strings.ToLower(a)), action) })
	all := slices.ContainsFunc(s.resources, p.covers)
	return named != s.notActions && all != s.notResources && len(s.actions) > 0 && len(s.resources) > 0
}

// anyAccount is a resource with wildcards for its partition and AWS account, so that all
// roles of one AWS account count as all. A run of wildcards is one *: no name is empty.
func anyAccount(resource string) string {
	parts := strings.SplitN(resource, ":", 6)
	for _, i := range []int{1, 4} {
		if i < len(parts)-1 {
			parts[i] = "*"
		}
	}
	if len(parts) == 6 {
		parts[5] = oneStar(parts[5])
	}
	return strings.Join(parts, ":")
}

func oneStar(text string) string {
	for _, run := range []string{"?*", "*?", "**"} {
		for strings.Contains(text, run) {
			text = strings.ReplaceAll(text, run, "*")
		}
	}
	return text
}

// bearer is whoever has a session of the role, for what its policies ask beside the action
// and the resource. What is said of the session itself is met, or chosen; of what the action
// is on there is always something else.
func bearer(action string) stranger {
	assumes := action == ActionAssumeRole
	return stranger{action: action, doubted: true, rule: func(key string) keyRule {
		name, _, _ := strings.Cut(key, "/")
		switch {
		case key == "iam:policyarn": // of policies, he would choose the strongest
			return keyRule{foreign: []string{"arn:aws:iam::aws:policy/AdministratorAccess", "arn:aws:iam::aws:policy/IAMFullAccess"}}
		case key == "iam:passedtoservice": // with IfExists, too, AWS's own policies rely on it
			return keyRule{always: true, foreign: []string{strangerName}}
		case strings.HasPrefix(key, "aws:multifactorauth"):
			return keyRule{never: true} // a token is no second factor
		case direct[key].always:
			return direct[key]
		case sessionKeys[name], assumes && (strings.HasPrefix(key, "sts:") || name == "aws:requesttag" || key == "aws:tagkeys"):
			return keyRule{free: true}
		}
		return keyRule{foreign: []string{strangerName}}
	}}
}

// sessionKeys are about the session, its network and the time
// (reference_policies_condition-keys.html); of the resource, only whose it is: the roles of
// an AWS account are all its own.
var sessionKeys = map[string]bool{
	"aws:principalarn": true, "aws:principalaccount": true, "aws:principalorgid": true, "aws:principalorgpaths": true,
	"aws:principaltag": true, "aws:principaltype": true, "aws:userid": true, "aws:username": true,
	"aws:federatedprovider": true, "aws:tokenissuetime": true, "aws:sourceidentity": true, "aws:rolesessionname": true,
	"aws:sourceip": true, "aws:vpcsourceip": true, "aws:sourcevpc": true, "aws:sourcevpce": true, "aws:sourcevpcarn": true,
	"aws:vpceaccount": true, "aws:vpceorgid": true, "aws:vpceorgpaths": true, "aws:securetransport": true, "aws:useragent": true,
	"aws:referer": true, "aws:currenttime": true, "aws:epochtime": true, "aws:requestedregion": true,
	"aws:resourceaccount": true, "aws:resourceorgid": true, "aws:resourceorgpaths": true,
}

// Unbounded reports whether a policy, as a permissions boundary, bounds nothing: it allows
// every action on every resource.
func Unbounded(d Document) bool { return d.everything() && len(Bearer{}.Powers(d)) == len(powers) }

// everything reports whether a statement allows every action on every resource.
func (d Document) everything() bool {
	return slices.ContainsFunc(d.statements, func(s Statement) bool {
		actions := slices.ContainsFunc(s.actions, func(a string) bool { return oneStar(a) == "*" || oneStar(strings.ReplaceAll(a, ":", "")) == "*" })
		resources := slices.ContainsFunc(s.resources, func(r string) bool { return oneStar(strings.ReplaceAll(r, ":", "")) == "*" })
		return s.allow && actions && !s.notActions && resources && !s.notResources && d.admits(bearer(""), s.conditions)
	})
}

// Administrator says in words what makes policies as good as administrator, of whatever
// role; empty where nothing does.
func Administrator(documents ...Document) string { return Bearer{}.Administrator(documents...) }

// Administrator says in words what makes policies of the role as good as administrator;
// empty where nothing does.
func (b Bearer) Administrator(documents ...Document) string {
	found := b.Powers(documents...)
	if len(found) == 0 {
		return ""
	}
	return PowersInWords(found, documents...)
}

// PowersInWords says what powers come to, of the policies that have them.
func PowersInWords(found []Power, documents ...Document) string {
	all := slices.DeleteFunc(slices.Clone(found), func(p Power) bool { return p.Own != "" })
	if len(all) == len(powers) && slices.ContainsFunc(documents, Document.everything) {
		return everythingWords
	}
	// What is allowed on all need not be said of the bearer's own.
	return inWords(slices.DeleteFunc(slices.Clone(found), func(p Power) bool { return p.Own != "" && slices.Contains(all, every(p.Action, p.On)) }))
}

// inWords lists powers; all of one service are said as one.
func inWords(found []Power) string {
	var iam, words []string
	for _, p := range found {
		if strings.HasPrefix(p.Action, "iam:") {
			iam = append(iam, p.String())
		} else {
			words = append(words, p.String())
		}
	}
	if len(iam) == len(powers)-1 {
		iam = []string{"all that IAM can give"}
	}
	words = append(iam, words...)
	const many = 3
	if len(words) > many {
		words = append(words[:many-1:many-1], "more of that kind")
	}
	if len(words) == 1 {
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
