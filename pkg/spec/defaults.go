package spec

import (
	"maps"
	"reflect"
	"time"
)

// applyDefaults fills what the file leaves out: first the fields with a default of their
// own, then, in the roles and policies that are made here, what the defaults section and
// the cluster give.
func applyDefaults(f *File) {
	tagDefaults(reflect.ValueOf(f).Elem())
	for i := range f.Policies {
		fill(&f.Policies[i].Path, f.Defaults.Path)
	}
	for i := range f.ServiceAccounts {
		if role := &f.ServiceAccounts[i].Role; role.ARN == "" {
			roleDefaults(role, f)
		}
	}
}

func roleDefaults(role *Role, f *File) {
	fill(&role.AccountID, f.Cluster.AccountID)
	fill(&role.Path, f.Defaults.Path)
	fill(&role.PermissionsBoundary, f.Defaults.PermissionsBoundary)
	fill(&role.MaxSessionDuration, f.Defaults.MaxSessionDuration)
	if len(f.Defaults.Tags) > 0 {
		tags := maps.Clone(f.Defaults.Tags)
		maps.Copy(tags, role.Tags)
		role.Tags = tags
	}
}

func fill[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// tagDefaults sets the `default` tags of a struct and of all that it holds.
func tagDefaults(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			tagDefaults(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			tagDefaults(v.Index(i))
		}
	case reflect.Struct:
		if v.Type() == documentType {
			return
		}
		for _, f := range rulesOf(v.Type()).fields {
			field := v.Field(f.index)
			if f.def != "" && field.IsZero() {
				setDefault(field, f.def)
			}
			tagDefaults(field)
		}
	}
}

func setDefault(field reflect.Value, def string) {
	if d, ok := field.Addr().Interface().(*Duration); ok {
		span, _ := time.ParseDuration(def) // the tags are tested
		*d = Duration(span)
		return
	}
	field.SetString(def)
}
