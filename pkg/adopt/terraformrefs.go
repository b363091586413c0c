package adopt

import (
	"encoding/json"
	"slices"
	"strings"
)

// refers reads an attribute that is an ARN. Where a plan does not know it, the configuration
// says which resource it is of.
func (t *tfReading) refers(r *tfResource, attribute string) string {
	if arn := t.text(r, attribute); arn != "" {
		return arn
	}
	if isKeyARN := r.key(); strings.HasPrefix(isKeyARN, "arn:") && t.eachValue(r, attribute) {
		return isKeyARN
	}
	to := t.target(r, attribute)
	switch {
	case to == nil:
		return ""
	case to.Type == "aws_iam_policy":
		return t.policyARN(to)
	case to.Type == "aws_iam_role":
		name := t.text(to, "name")
		for _, role := range t.out.State.Roles.List {
			if role.Name == name && t.addressOf(role.ARN) == to.Address {
				return role.ARN
			}
		}
	}
	return t.text(to, "arn")
}

// expression is what the configuration says of an attribute.
type expression struct {
	Constant   json.RawMessage `json:"constant_value"`
	References []string        `json:"references"`
}

func (t *tfReading) expression(r *tfResource, attribute string) expression {
	var e expression
	if r.config != nil {
		_ = json.Unmarshal(r.config.Expressions[attribute], &e) // blocks are of another form
	}
	return e
}

// eachValue reports whether an attribute is the value of for_each.
func (t *tfReading) eachValue(r *tfResource, attribute string) bool {
	return slices.Contains(t.expression(r, attribute).References, "each.value")
}

// target is the resource of the same module that an attribute refers to; nil where there is
// not one.
func (t *tfReading) target(r *tfResource, attribute string) *tfResource {
	e := t.expression(r, attribute)
	if slices.Contains(e.References, "each.value") && r.config != nil {
		e = expression{}
		_ = json.Unmarshal(r.config.ForEach, &e)
	}
	var found []*tfResource
	for i := range t.all {
		o := &t.all[i]
		local := strings.TrimPrefix(strings.TrimPrefix(o.Address, o.module), ".")
		named := o.Type + "." + o.Name
		if o.Mode == "data" {
			named = "data." + named
		}
		if o.module == r.module && slices.ContainsFunc(e.References, func(ref string) bool {
			return ref == local || ref == named && (len(o.Index) == 0 || string(o.Index) == string(r.Index))
		}) {
			found = append(found, o)
		}
	}
	if len(found) != 1 {
		return nil
	}
	return found[0]
}
