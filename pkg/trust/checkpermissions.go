package trust

import (
	"regexp"
	"slices"
	"strings"
)

// CheckPermissions finds what IAM refuses with MalformedPolicyDocument in a
// permission policy that ParsePermissions takes, with the positions; nil where there
// is nothing. Size is not looked at: see ManagedPolicyQuota and RoleInlineQuota. Nor
// is whether the actions and resources exist, which IAM does not ask either.
//
// Rules, beside those for all policies that Check names:
// reference_policies_elements_principal.html ("You cannot use the Principal element
// in an identity-based policy"), reference_policies_elements_resource.html
// ("Statements must include either a Resource or a NotResource element"),
// reference_policies_elements_action.html, reference_policies_elements_version.html,
// reference_policies_elements_condition_operators.html, and the errors that IAM
// gives, named where they are looked for.
func (d Document) CheckPermissions() error {
	d, err := d.as(permissionForm)
	if err != nil {
		return err
	}
	f := &faults{text: d.text}
	d.checkHead(f)
	d.check(f, Statement.checkPermissions)
	return f.err()
}

// checkHead looks at Version and Id.
//
// Of a managed policy IAM says "Policy document must be version 2012-10-17 or
// greater". Whether it takes the earlier one inline is not documented, but "Do not
// use this version for any new policies or when you update any existing policies"
// (reference_policies_elements_version.html). Of Id the grammar's notes say that it
// "must not be included in identity-based policies", but nobody that IAM refuses it.
func (d Document) checkHead(f *faults) {
	version, ok := d.root.member("Version")
	switch {
	case d.text == "": // then it has no statement, which is told
	case !ok:
		f.add(d.root.from, "the policy has no Version: want %q, without which IAM takes it for one of 2008", Version2012)
	case version.text != Version2012:
		f.add(version.from, "Version is %s: want %q", quote(version.text), Version2012)
	}
	if id, ok := d.root.member("Id"); ok && id.kind != textKind {
		f.add(id.from, "Id is %s: want a string", brief(id))
	}
}

func (s Statement) checkPermissions(f *faults) {
	one(f, s.root, "Action", "NotAction")
	one(f, s.root, "Resource", "NotResource")
	for _, m := range s.root.members {
		switch m.key {
		case "Action", "NotAction":
			for _, n := range m.value.each() {
				checkAction(f, n)
			}
		case "Resource", "NotResource":
			for _, n := range m.value.each() {
				if message := resourceFault(n.text); message != "" {
					f.add(n.from, "resource %s %s", quote(n.text), message)
				}
			}
		case "Condition":
			checkConditions(f, m.value)
		default:
			if slices.Contains(s.others, m.key) {
				f.add(m.from, "a permission policy takes no %s: remove it", m.key)
			}
		}
	}
}

// each is the values of a list, or the lone value that stands for a list of one.
func (n node) each() []node {
	if n.kind == listKind {
		return n.items
	}
	return []node{n}
}

// legalVendor is what IAM takes before the colon of an action: "Vendor X is not
// valid", "Action vendors (e.g., aws, ec2, etc.) must not contain wildcards".
var legalVendor = regexp.MustCompile(`^[A-Za-z0-9.-]+$`)

// checkAction: * or SERVICE:ACTION. IAM says "Actions/Conditions must be prefaced by
// a vendor, e.g., iam, sdb, ec2, etc." and "Actions/Condition can contain only one
// colon".
func checkAction(f *faults, n node) {
	vendor, name, colon := strings.Cut(n.text, ":")
	switch {
	case n.text == "*":
	case !colon:
		f.add(n.from, "action %s names no service: want SERVICE:ACTION, such as s3:GetObject, or *", quote(n.text))
	case strings.Contains(name, ":"):
		f.add(n.from, "action %s has more than one colon: want SERVICE:ACTION, such as s3:GetObject", quote(n.text))
	case !legalVendor.MatchString(vendor):
		f.add(n.from, "action %s: the service must be named, of letters, digits, - and ., such as s3; * alone is every action", quote(n.text))
	case name == "":
		f.add(n.from, "action %s names no action: want one behind the colon, or *", quote(n.text))
	}
}
