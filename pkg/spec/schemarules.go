package spec

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// structRulesSchema is what a type asks beyond its single fields: the oneof and excludes
// tags, and the rules of validate.go that a schema can express.
func structRulesSchema(t reflect.Type, s *structRules) object {
	var o object
	if s.oneofNames() != nil {
		o = o.with("oneOf", oneOfSchema(t, s))
	}
	if all := conditions(t, s); len(all) > 0 {
		o = o.with("allOf", all)
	}
	return o
}

func conditions(t reflect.Type, s *structRules) []object {
	var all []object
	for _, f := range s.fields {
		if f.excludes {
			all = append(all, excludesSchema(t, s, f))
		}
	}
	switch t {
	case reflect.TypeFor[File]():
		all = append(all, partitionSchemas()...)
	case reflect.TypeFor[ServiceAccount]():
		all = append(all, defaultAccountSchema(), podIdentityModeSchema())
	case reflect.TypeFor[PodIdentity]():
		all = append(all, sessionPolicySchema())
	case reflect.TypeFor[Role]():
		all = append(all, sharedRoleSchema())
	case reflect.TypeFor[Trust]():
		all = append(all, anySubjectSchema())
	case reflect.TypeFor[EmbeddedTarget]():
		all = append(all, embeddedSchema())
	}
	return all
}

// oneOfSchema has an alternative for each field, that holds where it is given.
func oneOfSchema(t reflect.Type, s *structRules) []object {
	var out []object
	for _, f := range s.fields {
		if f.oneof {
			out = append(out, given(f.name, t.Field(f.index).Type))
		}
	}
	return out
}

// given holds where a field is there and not empty, as isGiven has it.
func given(name string, t reflect.Type) object {
	o := object{{"required", []string{name}}}
	if t.Kind() == reflect.Pointer {
		return o
	}
	notEmpty := object{{"minLength", 1}}
	switch {
	case t.Kind() == reflect.Bool:
		notEmpty = object{{"const", true}}
	case t.Kind() == reflect.Slice:
		notEmpty = object{{"minItems", 1}}
	case t.Kind() == reflect.Map || t.Kind() == reflect.Struct:
		notEmpty = object{{"minProperties", 1}}
	}
	return o.with("properties", object{{name, notEmpty}})
}

// empty holds for a value that is not given.
func empty(t reflect.Type) object {
	switch {
	case t.Kind() == reflect.Bool:
		return object{{"const", false}}
	case t.Kind() == reflect.Slice:
		return object{{"maxItems", 0}}
	case t.Kind() == reflect.Map || t.Kind() == reflect.Struct:
		return object{{"maxProperties", 0}}
	}
	return object{{"const", ""}}
}

func excludesSchema(t reflect.Type, s *structRules, by rules) object {
	others := object{}
	for _, f := range s.fields {
		if f.name != by.name {
			others = others.with(f.name, empty(t.Field(f.index).Type))
		}
	}
	return object{
		{"$comment", by.name + " excludes the other fields"},
		{"if", given(by.name, t.Field(by.index).Type)},
		{"then", object{{"properties", others}}},
	}
}

func defaultAccountSchema() object {
	return object{
		{"$comment", "every pod that names no service account runs as the service account default"},
		{"if", object{{"required", []string{"name"}}, {"properties", object{{"name", object{{"const", "default"}}}}}}},
		{"then", object{{"required", []string{"allowDefault"}}, {"properties", object{{"allowDefault", object{{"const", true}}}}}}},
	}
}

func podIdentityModeSchema() object {
	t := reflect.TypeFor[PodIdentity]()
	var some []object
	for _, f := range rulesOf(t).fields {
		some = append(some, given(f.name, t.Field(f.index).Type))
	}
	return object{
		{"$comment", "these are settings of an EKS Pod Identity association"},
		{"if", requireDeep(object{{"podIdentity", object{{"anyOf", some}}}})},
		{"then", requireDeep(object{{"mode", object{{"enum", []string{ModePodIdentity, ModeBoth}}}}})},
	}
}

func sessionPolicySchema() object {
	return object{
		{"$comment", "EKS takes no session policy where it adds session tags"},
		{"if", given("policy", documentType)},
		{"then", given("disableSessionTags", reflect.TypeFor[bool]())},
	}
}

func sharedRoleSchema() object {
	return object{
		{"$comment", "a role whose name is derived is never shared"},
		{"if", given("sharedWith", reflect.TypeFor[[]string]())},
		{"then", given("name", reflect.TypeFor[string]())},
	}
}

func embeddedSchema() object {
	return object{
		{"$comment", "the field in the text, or what of the text is replaced"},
		{"anyOf", []object{given("path", reflect.TypeFor[string]()), given("pattern", reflect.TypeFor[string]())}},
	}
}

func anySubjectSchema() object {
	narrow := object{{"subjects", object{{"items", object{{"not", object{{"pattern", anySubjectPattern}}}}}}}}
	return object{
		{"$comment", "these subjects let every service account of the cluster in"},
		{"if", object{{"required", []string{"allowAnySubject"}}, {"properties", object{{"allowAnySubject", object{{"const", true}}}}}}},
		{"else", object{{"properties", narrow}}},
	}
}

// partitionSchemas ask the ARNs of the file to be of the partition of cluster.region.
func partitionSchemas() []object {
	var out []object
	for _, p := range partitions {
		region := object{{"pattern", "^" + p.regionPrefix}}
		if p.regionPrefix == "" {
			region = object{{"pattern", formats["region"].pattern}, {"not", object{{"pattern", "^(?:" + strings.Join(otherPrefixes(), "|") + ")"}}}}
		}
		out = append(out, object{
			{"$comment", fmt.Sprintf("the regions of partition %s", p.id)},
			{"if", requireDeep(object{{"cluster", requireDeep(object{{"region", region}})}})},
			{"then", arnsOf(object{{"not", object{{"pattern", wrongPartition(p.id)}}}})},
		})
	}
	return out
}

// otherPrefixes are those of the regions outside the standard partition.
func otherPrefixes() []string {
	var out []string
	for _, p := range partitions[1:] {
		out = append(out, p.regionPrefix)
	}
	return out
}

// wrongPartition matches ARNs of every partition but one.
func wrongPartition(id string) string {
	others := slices.DeleteFunc(partitionIDs(), func(other string) bool { return other == id })
	return "^arn:(?:" + strings.Join(others, "|") + "):"
}

// requireDeep holds where a field is there and its value holds.
func requireDeep(field object) object {
	return object{{"required", []string{field[0].name}}, {"properties", field}}
}

// arnsOf asks rule of every IAM ARN in the file, as File.arns gives them.
func arnsOf(rule object) object {
	list := object{{"items", rule}}
	role := object{{"arn", rule}, {"permissionsBoundary", rule}, {"policyARNs", list}}
	association := object{{"targetRoleARN", rule}}
	account := object{{"properties", object{{"role", object{{"properties", role}}}, {"podIdentity", object{{"properties", association}}}}}}
	return object{{"properties", object{
		{"accounts", object{{"additionalProperties", object{{"properties", object{{"assumeRoleARN", rule}}}}}}},
		{"defaults", object{{"properties", object{{"permissionsBoundary", rule}}}}},
		{"nodeRole", object{{"properties", object{{"policyARNs", list}}}}},
		{"serviceAccounts", object{{"items", account}}},
	}}}
}
