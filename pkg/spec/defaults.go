package spec

import (
	"cmp"
	"maps"
	"reflect"
	"strings"
	"time"
)

// applyDefaults fills what the file leaves out: first the fields with a default of their
// own, then, in the roles and policies that are made here, what the defaults section and
// the cluster give.
func applyDefaults(f *File) {
	tagDefaults(reflect.ValueOf(f).Elem())
	nameAWSPolicies(f)
	for i := range f.Policies {
		fill(&f.Policies[i].Path, f.Defaults.Path)
	}
	for i := range f.ServiceAccounts {
		if role := &f.ServiceAccounts[i].Role; role.ARN == "" {
			roleDefaults(role, f)
		}
	}
}

// nameAWSPolicies makes ARNs of the bare names under policyARNs: those of AWS's own policies, in the
// partition of the cluster's region.
func nameAWSPolicies(f *File) {
	partition := cmp.Or(PartitionOf(f.Cluster.Region), partitions[0].id)
	name := func(arns []string) {
		for i, arn := range arns {
			if strings.HasPrefix(arn, "arn:") || !matches(awsPolicyPattern, arn) {
				continue
			}
			if underServiceRole[arn] {
				arn = "service-role/" + arn
			}
			arns[i] = "arn:" + partition + ":iam::aws:policy/" + arn
		}
	}
	if f.NodeRole != nil {
		name(f.NodeRole.PolicyARNs)
	}
	for i := range f.ServiceAccounts {
		name(f.ServiceAccounts[i].Role.PolicyARNs)
	}
}

// underServiceRole are the policies for pods that AWS keeps under a path, which their names do not
// show (https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html).
var underServiceRole = map[string]bool{
	"AmazonEBSCSIDriverPolicy": true, "AmazonEFSCSIDriverPolicy": true, "AmazonS3FilesCSIDriverPolicy": true,
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
