package verify

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// checkAnnotation finds the role of the account, and what is wrong with how it is named.
func checkAnnotation(c *chain) {
	a := c.a
	c.podIdentity = a.association != nil
	value, there := a.annotations()[roleKey]
	switch {
	case there:
		annotated(c, value)
	case c.podIdentity:
		associated(c)
	case a.object() != nil || a.bare:
		notAnnotated(c)
	default:
		undeclared(c)
	}
	if c.podIdentity && there {
		overridden(c)
	}
	textOnly(c)
	removed(c)
	resolve(c)
}

// textOnly: other annotations of the account, which keep the API server from taking it. A
// warning, and unknown at best: charts that are installed with other values render such
// documents too, and what comes after Helm may put the quotes there.
func textOnly(c *chain) {
	all := c.a.annotations()
	for _, k := range manifest.SortedKeys(all) {
		if _, isText := all[k].(string); isText || all[k] == nil || k == roleKey {
			continue
		}
		seen, fix := manifest.KindOf(all[k]), "metadata: {annotations: {KEY: TEXT}}"
		if v, ok := manifest.Plain(all[k]); ok {
			seen, fix = v+" without quotes, which is no text", asYAML(k)+": "+strconv.Quote(v)
		}
		add(c, found("annotation-malformed", c.a.String(), fmt.Sprintf("annotation %s is %s", k, seen), fix).because(annotationsAreText).as(Warning).at(where(c)))
		if c.status[LinkAnnotation].Status == OK {
			set(c, LinkAnnotation, Unknown, fmt.Sprintf("annotation %s is %s", k, seen))
		}
	}
}

const annotationsAreText = "Kubernetes takes annotations only as text: the API server refuses this account."

// resolve finds the role behind its ARN.
func resolve(c *chain) {
	if parsed, err := spec.ParseRoleARN(c.roleARN); err == nil {
		c.parsed, c.wellFormed = parsed, true
	}
	c.role = c.roles[c.roleARN]
	region := region(c)
	if c.wellFormed && region != "" && spec.PartitionOf(region) != c.parsed.Partition && c.a.presumed == nil {
		right := c.parsed
		right.Partition = spec.PartitionOf(region)
		add(c, found("partition-mismatch", c.a.String(),
			fmt.Sprintf("role %s is of partition %s, region %s of %s", c.roleARN, c.parsed.Partition, region, right.Partition),
			annotate(c, right.String())).on(LinkAnnotation).at(where(c)))
	}
}

// where is the document of the account.
func where(c *chain) string {
	if o := c.a.object(); o != nil {
		return o.Where
	}
	return ""
}

// annotate is the command that writes the annotation, and those that make the pods anew:
// the webhook looks at a pod only when it is created.
func annotate(c *chain, arn string) string {
	if c.a.name == "default" {
		return ownAccount(c, arn)
	}
	out := annotateAccount(c).Pair(roleKey+"=", safe.RoleARN, arn).With("--overwrite")
	if !out.OK() {
		return out.String()
	}
	return strings.Join(rollouts(c, []string{out.String()}), "\n")
}

// rollouts adds the commands that make the account's pods anew.
func rollouts(c *chain, lines []string) []string {
	had := map[string]bool{}
	for _, line := range lines {
		had[line] = true
	}
	for _, p := range c.a.pods {
		if line := rollout(c, p); line != "" && !had[line] { // a workload may be here twice, rendered and live
			had[line] = true
			lines = append(lines, line)
		}
	}
	return lines
}

// ownAccount is for pods that run as default: a role on that would be every pod's of the
// namespace that names no account.
func ownAccount(c *chain, arn string) string {
	kind, name := "Deployment", "NAME"
	if len(c.a.pods) > 0 {
		kind, name = orForm(c.a.pods[0].from.Kind, kind), orName(c.a.pods[0].from.Name)
	}
	return fmt.Sprintf("serviceAccounts:                # irsa.yaml: an account of its own\n- name: %s\n  role: {arn: %q}\n  usedBy: [{workload: {kind: %s, name: %[1]s}}]", asYAML(name), arn, asYAML(kind))
}

func orName(name string) string {
	if name == "" {
		return "NAME"
	}
	return name
}

// suggested is the role that the account should have; a form where it is not known.
func suggested(c *chain) string {
	if arn := wanted(c); arn != "" {
		return arn
	}
	if c.a.presumed != nil {
		return c.a.presumed.ARN
	}
	account := c.snapshot.Account
	if account == "" {
		account = "ACCOUNT"
	}
	partition := spec.PartitionOf(region(c))
	if partition == "" {
		partition = "aws"
	}
	return "arn:" + partition + ":iam::" + account + ":role/NAME"
}

// annotated: the account has the key.
func annotated(c *chain, value any) {
	arn, isText := value.(string)
	where := where(c)
	switch {
	case !isText || strings.TrimSpace(arn) == "":
		f := found("annotation-malformed", c.a.String(), fmt.Sprintf("annotation %s is %s", roleKey, manifest.KindOf(value)), annotate(c, suggested(c))).at(where)
		if !isText && value != nil {
			f = f.because(annotationsAreText)
		} else if c.a.entry == nil && !slices.ContainsFunc(c.a.pods, podWantsRole) {
			f = f.as(Warning) // a chart that has the key without a value
		}
		add(c, f)
		return
	}
	c.roleARN = arn
	_, err := spec.ParseRoleARN(arn)
	var fault *spec.ARNError
	switch {
	case err == nil:
		set(c, LinkAnnotation, OK, "names "+arn)
		expected(c, arn)
	case errors.As(err, &fault) && fault.Fault == spec.ARNOfPolicy:
		add(c, found("role-arn-is-policy-arn", c.a.String(), fmt.Sprintf("annotation %s is %q, the ARN of a policy", roleKey, arn),
			annotateOfPolicy(c, arn)).at(where))
	default:
		add(c, found("role-arn-malformed", c.a.String(), fmt.Sprintf("annotation %s: %s", roleKey, malformation(arn, err)), annotate(c, mendARN(arn, suggested(c)))).at(where))
	}
}

// annotateOfPolicy is annotate where the ARN of a policy stands for that of a role.
func annotateOfPolicy(c *chain, arn string) string {
	role := strings.Replace(arn, ":policy/", ":role/", 1)
	if !safe.RoleARN.Takes(role) { // such as a policy of AWS's own, whose AWS account has no roles
		role = suggested(c)
	}
	fix := annotate(c, role)
	if strings.HasPrefix(fix, safe.NoCommand) {
		return fix
	}
	return fix + "   # the name of the role that has this policy"
}

// malformation says what is wrong with an ARN, with what cannot be seen named.
func malformation(arn string, err error) string {
	out := err.Error()
	var fault *spec.ARNError
	if errors.As(err, &fault) {
		out = fault.Message
	}
	if odd := invisible(arn); odd != "" {
		out += ": it has " + odd
	}
	return out
}

// mendARN puts right what is certain: blanks, text around an ARN, a prefix that lost a
// letter.
func mendARN(arn, otherwise string) string {
	s := visible(arn)
	if at := strings.Index(s, "arn:aws"); at > 0 {
		s = s[at:]
	}
	if _, rest, ok := strings.Cut(s, ":aws"); ok && !strings.HasPrefix(s, "arn:") {
		s = "arn:aws" + rest
	}
	if _, err := spec.ParseRoleARN(s); err == nil {
		return s
	}
	if m := sessionOf.FindStringSubmatch(s); m != nil { // which tells nothing of a path
		return "arn:" + m[1] + ":iam::" + m[2] + ":role/" + m[3]
	}
	if m := roleParts.FindStringSubmatch(s); m != nil { // a colon too few, quotes within the text
		s = "arn:" + orForm(m[1], "aws") + ":iam::" + m[2] + ":role/" + m[3]
		if _, err := spec.ParseRoleARN(s); err == nil {
			return s
		}
	}
	if form, ok := strings.CutSuffix(otherwise, ":role/NAME"); ok { // an account that was left to a variable
		if m := roleName.FindStringSubmatch(s); m != nil {
			return form + ":role/" + m[1]
		}
	}
	return otherwise
}

var roleName = regexp.MustCompile(`^arn:.*:role/([\w+=,.@/-]+)$`)

var sessionOf = regexp.MustCompile(`^arn:(aws[a-z-]*):sts::([0-9]{12}):assumed-role/([\w+=,.@-]+)/[\w+=,.@-]+$`)

var roleParts = regexp.MustCompile(`(?:arn:(aws[a-z-]*):)?[^0-9]*\b([0-9]{12}):?:?role[:/]([\w+=,.@/-]+)`)

// expected compares with irsa.yaml.
func expected(c *chain, arn string) {
	if c.a.entry == nil || c.a.entry.Mode == "podIdentity" {
		return
	}
	want := wanted(c)
	if want == "" || want == arn || behind(c) {
		return
	}
	c.astray = true
	add(c, found("annotation-missing", c.a.String(), fmt.Sprintf("irsa.yaml gives it role %s, the annotation has %s", want, difference(arn, want)), annotate(c, want)).
		because("The webhook gives pods the role that the annotation has.").at(where(c)))
}

// behind: the release has another role than irsa.yaml, or none, and the live account has
// irsa.yaml's already, which is what the pods get.
func behind(c *chain) bool {
	a, want := c.a, wanted(c)
	if want == "" || a.entry.Mode == "podIdentity" || a.live == nil || a.rendered == nil || manifest.Text(a.live.Body, "metadata", "annotations", roleKey) != want {
		return false
	}
	has := manifest.Text(a.rendered.Body, "metadata", "annotations", roleKey)
	if has == want {
		return false
	}
	c.roleARN, c.late = want, "the release is behind irsa.yaml"
	set(c, LinkAnnotation, OK, "the live account names "+want)
	add(c, found("annotation-missing", a.String(), fmt.Sprintf("the release is behind irsa.yaml: it has %s, irsa.yaml and the live account have %s", orForm(has, "no role"), want), upgrade(c.facts)).
		because("Whatever writes the release again, such as helm upgrade or helm rollback, writes its role, not that of irsa.yaml.").as(Warning).at(where(c)))
	return true
}

// associated: EKS Pod Identity gives the role.
func associated(c *chain) {
	as := c.a.association
	c.roleARN = as.RoleARN
	set(c, LinkAnnotation, OK, "a Pod Identity association gives the role, which needs no annotation")
	if as.RoleARN == "" {
		set(c, LinkAnnotation, Unknown, "a Pod Identity association gives a role; which was not looked at")
	}
}

// overridden: both an association and an annotation.
func overridden(c *chain) {
	as, arn := c.a.association, c.roleARN
	c.roleARN = as.RoleARN
	f := found("pod-identity-overrides-irsa", c.a.String(),
		fmt.Sprintf("annotation %s has %s; Pod Identity association %s gives %s", roleKey, arn, as.ID, orUnknown(as.RoleARN)),
		safe.Type("aws", "eks", "delete-pod-identity-association").Flag("--cluster-name", safe.Cluster, c.snapshot.Cluster.Name).Flag("--association-id", safe.Association, as.ID).String())
	if as.RoleARN == arn || c.a.entry != nil && c.a.entry.Mode == "both" {
		f = f.as(Info)
	} else if as.RoleARN == "" {
		f = f.as(Warning)
	}
	add(c, f)
}

func orUnknown(s string) string { return orForm(s, "a role that was not looked at") }

func orForm(s, form string) string {
	if s == "" {
		return form
	}
	return s
}
