package export

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// scripting writes a script for one AWS account. It may be run again: what is there is brought
// to what is wanted.
//
// Parameters go as JSON, since the AWS CLI reads the files and pages that other arguments name
// (https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-parameters-file.html). Documents
// are here-documents in which a shell replaces nothing; they stand outside of $(…), where some
// shells take an apostrophe in them for a quote.
type scripting struct {
	w       *awsstate.Wanted
	o       Options
	account string
	strings.Builder
}

// scriptHead is what every script begins with, behind its AWS account and region.
const scriptHead = `
fail() { echo "$0: error: $1" >&2; exit 1; }
document() { document=$(cat); }
has() { "$@" >/dev/null 2>&1; }
# IAM shows what was just made to everybody only after some seconds.
again() {
  for wait in 1 2 4 8 16; do
    "$@" && return
    sleep "$wait"
  done
  "$@"
}
same() { [ "$(printf %s "$1" | tr -d '[:space:]')" = "$(printf %s "$2" | tr -d '[:space:]')" ]; }

caller=$(aws sts get-caller-identity --query Account --output text)
[ "$caller" = "$account" ] || fail "this is for AWS account $account, and the credentials are of $caller"
`

func script(w *awsstate.Wanted, o Options) (*Export, error) {
	out := &Export{}
	for _, account := range accountsOf(w) {
		s := &scripting{w: w.In(account), o: o, account: account}
		s.all()
		for _, r := range s.w.Roles {
			if len(r.SharedWith) > 0 {
				out.note(true, "role "+r.Name, "irsa.yaml lets other releases write statements into its trust policy (sharedWith), and the script takes them out again")
			}
		}
		out.Files = append(out.Files, File{Name: "apply-" + account + ".sh", Text: []byte(s.String()), Program: true})
	}
	return out, nil
}

func (s *scripting) line(format string, args ...any) { fmt.Fprintf(s, format+"\n", args...) }

func (s *scripting) comment(text string) {
	for _, line := range wrapped(text, 94) {
		s.line("# %s", line)
	}
}

// word is one word for a shell. JSON and names have nothing that cannot be typed.
func word(text string) string { return safe.Word(text) }

// quoted is a word in a pattern, which must be in quotes for all its characters to count.
func quoted(text string) string {
	if q := word(text); strings.HasPrefix(q, "'") {
		return q
	}
	return "'" + text + "'"
}

// mark is the part of a policy's description that says for whom it was made: IAM changes no
// description.
func mark(description string) string {
	return description[max(strings.LastIndex(description, "("), 0):]
}

// field is a parameter of a call; its value is a text, a number or a list.
type field struct {
	name  string
	value any
}

// input is --cli-input-json, with the fields in their order.
func input(fields ...field) string {
	parts := make([]string, len(fields))
	for i, f := range fields {
		var b strings.Builder
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		_ = enc.Encode(f.value) // of texts, numbers and lists of them, which always encode
		parts[i] = fmt.Sprintf("%q: %s", f.name, strings.TrimSpace(b.String()))
	}
	return "--cli-input-json " + word(string(safe.JSON([]byte("{"+strings.Join(parts, ", ")+"}"))))
}

// tags are tags as IAM takes them.
func tags(values map[string]string) []map[string]string {
	out := []map[string]string{}
	for _, key := range keysOf(values) {
		out = append(out, map[string]string{"Key": key, "Value": values[key]})
	}
	return out
}

// document sets $document.
func (s *scripting) document(text string) {
	s.line("document <<'EOF'\n%s\nEOF", pretty(text, ""))
}

func (s *scripting) all() {
	s.line("#!/bin/sh")
	s.comment("Makes in AWS account " + s.account + " what irsa.yaml wants for " + safe.Text(s.w.Release) + ". Written by helm irsa export aws-cli: change irsa.yaml, and export again. It may be run again, with credentials of that AWS account" + reached(s.o.Accounts[s.account]) + ".")
	s.line("set -eu\naccount=%s\nexport AWS_REGION=%s AWS_DEFAULT_REGION=%[2]s AWS_PAGER=", word(s.account), word(s.w.Region))
	s.WriteString(scriptHead)
	for _, p := range s.w.Providers {
		s.provider(p)
	}
	for _, p := range s.w.Policies {
		s.policy(p)
	}
	for _, r := range s.w.Roles {
		s.role(r)
	}
	if len(s.w.Roles) > 0 {
		s.line("")
		s.comment("The trust policies, now that the roles exist which they may name.")
	}
	for _, r := range s.w.Roles {
		s.document(r.Trust.Text())
		s.line("again aws iam update-assume-role-policy %s --policy-document \"$document\"", input(field{"RoleName", r.Name}))
	}
	for _, n := range s.w.NodeRoles {
		if len(n.Attached) > 0 {
			s.line("\n# The role of the nodes.")
			s.attach(n.Role, n.Attached)
		}
	}
	for _, a := range s.w.Associations {
		s.association(a)
	}
}

// reached is how irsa.yaml says that an AWS account is reached, in words.
func reached(a spec.AccountAccess) string {
	switch {
	case a.Profile != "":
		return ", such as by AWS_PROFILE=" + word(a.Profile)
	case a.AssumeRoleARN != "":
		return ", such as those of role " + safe.Text(a.AssumeRoleARN)
	}
	return ""
}

func (s *scripting) provider(p awsstate.WantedProvider) {
	of := field{"OpenIDConnectProviderArn", p.ARN}
	s.line("\n# The OIDC provider, which all releases of the cluster share.")
	s.line("if has aws iam get-open-id-connect-provider %s; then", input(of))
	s.line("  clients=$(aws iam get-open-id-connect-provider %s --query 'ClientIDList[]' --output text | tr '\\t' '\\n')", input(of))
	for _, a := range p.Audiences {
		s.line("  printf '%%s\\n' \"$clients\" | grep -qxF -e %s ||\n    aws iam add-client-id-to-open-id-connect-provider %s", word(a), input(of, field{"ClientID", a}))
	}
	s.line("else\n  aws iam create-open-id-connect-provider %s >/dev/null\nfi", input(field{"Url", p.Issuer}, field{"ClientIDList", p.Audiences}, field{"Tags", tags(p.Tags)}))
}

// mine stops where something is there that was made for somebody else, going by what a query
// gives and the pattern that it must fit.
func (s *scripting) mine(what, query, pattern string) {
	if s.o.AdoptExisting {
		return
	}
	s.line("  whose=$(aws %s --output text)", query)
	s.line("  case $whose in %s) ;; *) fail %s ;; esac", pattern, word(what+" exists and was not made for this release; export again with --adopt-existing to take it over"))
}

func (s *scripting) policy(p awsstate.WantedPolicy) {
	of := field{"PolicyArn", p.ARN}
	s.line("\n# Policy %s.", safe.Text(p.Name))
	s.document(p.Document.Text())
	s.line("if has aws iam get-policy %s; then", input(of))
	s.mine("policy "+p.Name, "iam get-policy "+input(of)+" --query Policy.Description", "*"+quoted(mark(p.Description)))
	s.line("  aws iam tag-policy %s", input(of, field{"Tags", tags(p.Tags)}))
	s.line("  version=$(aws iam get-policy %s --query Policy.DefaultVersionId --output text)", input(of))
	s.line("  there=$(aws iam get-policy-version %s --version-id \"$version\" --query PolicyVersion.Document --output json)", input(of))
	s.line("  if ! same \"$there\" \"$document\"; then")
	s.line("    # IAM keeps five versions.")
	s.line("    old=$(aws iam list-policy-versions %s --query 'Versions[?!IsDefaultVersion].VersionId | [3]' --output text)", input(of))
	s.line("    [ \"$old\" = None ] || aws iam delete-policy-version %s --version-id \"$old\"", input(of))
	s.line("    aws iam create-policy-version %s --set-as-default --policy-document \"$document\" >/dev/null\n  fi", input(of))
	s.line("else\n  aws iam create-policy %s --policy-document \"$document\" >/dev/null\nfi",
		input(field{"PolicyName", p.Name}, field{"Path", p.Path}, field{"Description", p.Description}, field{"Tags", tags(p.Tags)}))
}

func (s *scripting) role(r awsstate.WantedRole) {
	of := field{"RoleName", r.Name}
	s.line("\n# The role of service account %s.", safe.Text(r.Namespace+"/"+r.ServiceAccount))
	s.line("if has aws iam get-role %s; then", input(of))
	s.mine("role "+r.Name, "iam list-role-tags "+input(of)+" --query "+word("Tags[?Key=='"+spec.TagID+"'].Value"), quoted(r.Tags[spec.TagID]))
	s.line("  aws iam update-role %s >/dev/null", input(of, field{"Description", r.Description}, field{"MaxSessionDuration", r.MaxSession}))
	s.line("  aws iam tag-role %s", input(of, field{"Tags", tags(r.Tags)}))
	if r.Boundary != "" {
		s.line("  aws iam put-role-permissions-boundary %s", input(of, field{"PermissionsBoundary", r.Boundary}))
	} else {
		s.line("  boundary=$(aws iam get-role %s --query Role.PermissionsBoundary.PermissionsBoundaryArn --output text)", input(of))
		s.line("  [ \"$boundary\" = None ] || aws iam delete-role-permissions-boundary %s", input(of))
	}
	s.line("else")
	s.document(r.TrustFirst.Text())
	fields := []field{of, {"Path", r.Path}, {"MaxSessionDuration", r.MaxSession}, {"Tags", tags(r.Tags)}}
	if r.Description != "" {
		fields = append(fields, field{"Description", r.Description})
	}
	if r.Boundary != "" {
		fields = append(fields, field{"PermissionsBoundary", r.Boundary})
	}
	s.line("  again aws iam create-role %s --assume-role-policy-document \"$document\" >/dev/null\nfi", input(fields...))
	s.attach(r.Name, r.Attached)
	s.detach(of, "list-attached-role-policies", "AttachedPolicies[].PolicyArn", "detach-role-policy", "--policy-arn", r.Attached)
	for _, name := range keysOf(r.Inline) {
		s.document(r.Inline[name].Text())
		s.line("aws iam put-role-policy %s --policy-document \"$document\"", input(of, field{"PolicyName", name}))
	}
	s.detach(of, "list-role-policies", "PolicyNames[]", "delete-role-policy", "--policy-name", keysOf(r.Inline))
}

func (s *scripting) attach(role string, arns []string) {
	for _, arn := range arns {
		s.line("again aws iam attach-role-policy %s", input(field{"RoleName", role}, field{"PolicyArn", arn}))
	}
}

// detach takes from a role what irsa.yaml does not list. Names of policies and ARNs have no
// blanks.
func (s *scripting) detach(of field, list, query, drop, flag string, kept []string) {
	s.line("for one in $(aws iam %s %s --query %s --output text); do", list, input(of), word(query))
	patterns := []string{"None"}
	for _, one := range kept {
		patterns = append(patterns, quoted(one))
	}
	s.line("  case $one in %s) ;; *) aws iam %s %s %s \"$one\" ;; esac\ndone", strings.Join(patterns, " | "), drop, input(of), flag)
}

func (s *scripting) association(a awsstate.WantedAssociation) {
	of := []field{{"clusterName", a.Cluster}, {"namespace", a.Namespace}, {"serviceAccount", a.ServiceAccount}}
	says := []field{{"roleArn", a.RoleARN}, {"disableSessionTags", a.DisableSessionTags}, {"targetRoleArn", a.TargetRoleARN}}
	create := append(slices.Clone(of), says[:2]...)
	if a.TargetRoleARN != "" {
		create = append(create, says[2])
	}
	document := ""
	s.line("\n# The Pod Identity association of service account %s.", safe.Text(a.Namespace+"/"+a.ServiceAccount))
	if a.Policy != "" {
		s.document(a.Policy)
		document = " --policy \"$document\""
	}
	s.line("id=$(aws eks list-pod-identity-associations %s --query 'associations[0].associationId' --output text)", input(of...))
	s.line("if [ \"$id\" = None ]; then")
	s.line("  again aws eks create-pod-identity-association %s%s >/dev/null", input(append(create, field{"tags", a.Tags})...), document)
	s.line("else")
	s.mine("an association of service account "+a.Namespace+"/"+a.ServiceAccount,
		"eks describe-pod-identity-association "+input(of[0])+" --association-id \"$id\" --query "+word(`association.tags."`+spec.TagRelease+`"`), quoted(a.Tags[spec.TagRelease]))
	if a.Policy == "" {
		document = " --policy ''"
	}
	s.line("  aws eks update-pod-identity-association %s --association-id \"$id\"%s >/dev/null\nfi", input(append(of[:1:1], says...)...), document)
}
