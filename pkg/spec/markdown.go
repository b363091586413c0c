package spec

import (
	_ "embed"
	"fmt"
	"reflect"
	"strings"
)

//go:embed example.yaml
var example string

// Markdown gives docs/irsa-yaml.md: a complete example, then each type's fields with
// their rules, all from the types and their tags.
func Markdown() []byte {
	var b strings.Builder
	b.WriteString(markdownHead)
	b.WriteString("## A complete example\n\n```yaml\n" + example + "```\n\n")
	b.WriteString(markdownRules)
	for _, t := range documentedTypes() {
		writeType(&b, t)
	}
	return []byte(strings.TrimRight(b.String(), "\n") + "\n")
}

const markdownHead = `# irsa.yaml

<!-- Generated from pkg/spec. -->

One file says which ServiceAccounts of a Helm release assume which AWS roles. It is the file that
` + "`--irsa-file FILE`" + ` names, else ` + "`$HELM_IRSA_FILE`" + `, else ` + "`./irsa.yaml`" + `.

` + clusterText + placeholderText + filesText

const clusterText = `## Which cluster

` + "`cluster`" + ` may be left out, so that one irsa.yaml serves every cluster. Its name, region, AWS account and issuer come, each,
from the first of:

1. irsa.yaml;
2. the flags ` + "`--cluster-name`, `--cluster-region`, `--cluster-account-id` and `--cluster-issuer`" + `; for install, upgrade,
   template and uninstall ` + "`--irsa-cluster-name`" + ` and so on;
3. ` + "`$HELM_IRSA_CLUSTER_NAME`, `_REGION`, `_ACCOUNT_ID` and `_ISSUER`" + `;
4. the kubeconfig's context that Helm will use. Its name or its cluster's may be the EKS ARN, or what eksctl calls it. How
   its user gets a token (` + "`aws eks get-token`, `aws-iam-authenticator`" + `) may say it. Where nothing else gives a name, EKS is
   asked about the API server's host (` + "`eks:ListClusters` and `eks:DescribeCluster`" + `).

What is still missing, AWS is asked for: STS for the AWS account, EKS for the issuer. The post-renderer by itself reads no
kubeconfig and asks nobody: it has flags and environment. Where not all of it stands in irsa.yaml, a plan's heading says
where each came from.
A kubeconfig that is for another cluster than the one that is meant is an error before anything is done.

`

const placeholderText = `## Placeholders

In names, ARNs, subjects, tags, descriptions, targets and all strings of policy documents, also in a policy's own file:

| placeholder | stands for |
| --- | --- |
| ` + "`${cluster.name}`, `${cluster.region}`, `${cluster.accountID}`, `${cluster.issuer}`" + ` | the cluster: see above |
| ` + "`${partition}`, `${dnsSuffix}`" + ` | ` + "`aws` and `amazonaws.com`" + `, or those of the region's partition |
| ` + "`${release.name}`, `${release.namespace}`" + ` | the release's |
| ` + "`${env.NAME}`" + ` | the variable NAME of the environment, which must not be a secret by its name |

IAM's own variables, ` + "`${aws:username}`, `${*}`, `${?}`, `${$}`" + `, stay as they are; ` + "`$${`" + ` writes ` + "`${`" + `. Any other placeholder is an
error. What a value holds is not looked at again. In a ` + "`pattern`" + ` a value stands for itself.

`

const filesText = `## Several files

` + "`--irsa-file`" + ` may be repeated, and ` + "`$HELM_IRSA_FILE`" + ` may name several, separated as in ` + "`$PATH`" + `. Each file is laid over those before
it as Helm does with values: mappings are merged, ` + "`null`" + ` deletes, other values and lists replace. Of ` + "`policies`" + `,
` + "`serviceAccounts`, `cluster.additional` and `workloadKinds`" + `, entries of one name are merged; where two service accounts
share a name, the namespace tells them apart. Only what comes of it must be whole. A policy's ` + "`file`" + ` is looked for from the file that names it.

`

const markdownRules = `## How it is read

- An unknown field is an error, and so is a field that is there twice. All errors are reported at once, each with file, line and column.
- Empty text, an empty list and an empty mapping are the same as leaving an optional field out. A field without any value is an error.
- Text that looks like a number needs quotes: ` + "`accountID: \"012345678901\"`" + `.
- Durations are text such as ` + "`1h`, `90m` or `3600s`" + `, or a number of seconds.
- Anchors, aliases and merge keys work. The file holds one YAML document.
- ` + "`helm irsa schema`" + ` prints the JSON Schema of this file, for editors.

A derived role name is ` + "`CLUSTER-NAMESPACE-SERVICEACCOUNT-HASH`" + `, cut to 64 characters. The hash is over the cluster with its
AWS account and region, the namespace and the service account. So no two service accounts get one name, and a name stays
when others join the file.

`

// documentedTypes are the struct types from File down, in the order in which they are met.
func documentedTypes() []reflect.Type {
	var out []reflect.Type
	seen := map[reflect.Type]bool{}
	var visit func(t reflect.Type)
	visit = func(t reflect.Type) {
		t = innermost(t)
		if t.Kind() != reflect.Struct || t == documentType || t == wellKnownType || seen[t] {
			return
		}
		seen[t] = true
		out = append(out, t)
		for _, f := range rulesOf(t).fields {
			visit(t.Field(f.index).Type)
		}
	}
	visit(reflect.TypeFor[File]())
	return out
}

// innermost goes through pointers, lists and mappings.
func innermost(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	return t
}

func writeType(b *strings.Builder, t reflect.Type) {
	s := rulesOf(t)
	fmt.Fprintf(b, "## %s\n\n%s\n\n", heading(t), typeDocs[t.Name()])
	b.WriteString("| field | type | default | meaning |\n| --- | --- | --- | --- |\n")
	for _, f := range s.fields {
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", f.name, typeText(t.Field(f.index).Type), defaultText(f), meaning(t.Field(f.index).Type, f))
	}
	b.WriteString("\n")
	if names := s.oneofNames(); names != nil {
		fmt.Fprintf(b, "Exactly one of `%s`.\n\n", strings.Join(names, "`, `"))
	}
}

func heading(t reflect.Type) string {
	if t == reflect.TypeFor[File]() {
		return "The file"
	}
	return defName(t)
}

// typeText names a type, with a link to its table.
func typeText(t reflect.Type) string {
	switch {
	case t == documentType:
		return "JSON object"
	case t == wellKnownType:
		return "name or mapping"
	case t == reflect.TypeFor[Duration]():
		return "duration"
	case t.Kind() == reflect.Struct:
		return fmt.Sprintf("[%s](#%s)", defName(t), strings.ToLower(defName(t)))
	case t.Kind() == reflect.Pointer:
		return typeText(t.Elem())
	case t.Kind() == reflect.Slice:
		return "list of " + typeText(t.Elem())
	case t.Kind() == reflect.Map:
		return "mapping to " + typeText(t.Elem())
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.Int:
		return "number"
	}
	return "text"
}

func defaultText(f rules) string {
	switch {
	case f.required:
		return "**required**"
	case f.def != "":
		return "`" + f.def + "`"
	}
	return ""
}

// meaning is the description, with the only values where there are such, and the limits of the text.
func meaning(t reflect.Type, f rules) string {
	text := f.desc
	if len(f.enum) == 1 {
		text += fmt.Sprintf(" Always `%s`.", f.enum[0])
	} else if f.enum != nil {
		text += fmt.Sprintf(" One of `%s`.", strings.Join(f.enum, "`, `"))
	}
	if f.keyEnum != nil {
		text += fmt.Sprintf(" Keys: `%s`.", strings.Join(f.keyEnum, "`, `"))
	}
	if f.keyFormat != nil && f.keyFormat.max > 0 {
		text += fmt.Sprintf(" Keys of at most %d characters.", f.keyFormat.max)
	}
	if f.format != nil && f.format.max > 0 {
		limit := " At most %d characters."
		if t.Kind() == reflect.Map {
			limit = " Values of at most %d characters."
		}
		text += fmt.Sprintf(limit, f.format.max)
	}
	return strings.ReplaceAll(text, "|", `\|`)
}
