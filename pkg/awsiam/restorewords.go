package awsiam

import (
	"fmt"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// What a restoration makes possible, in the words of a plan.

func (p *restorePlanner) warn(format string, args ...any) {
	p.out.Warnings = append(p.out.Warnings, safe.Text(fmt.Sprintf(format, args...)))
}

func (p *restorePlanner) policyWords(want BackupPolicy) {
	if power := administrator(trust.Bearer{}, want.Document); power != "" {
		p.warn("policy %s is as good as administrator: it allows %s", want.Name, power)
	}
}

// roleWords are for a role that is not there. What the file does not hold of its policies is not
// known here, but for those of AWS.
func (p *restorePlanner) roleWords(want BackupRole) {
	if doc, err := trust.Parse(want.Trust); err != nil {
		p.warn("nobody can say who can assume role %s: its trust policy cannot be read", want.Name)
	} else {
		for _, who := range trust.Describe(trust.Entrants(doc), want.ARN, func(string) string { return "" }) {
			p.warn("role %s can be assumed by %s", want.Name, who)
		}
	}
	bounded := ""
	if want.Boundary != "" {
		bounded = ", within the permissions boundary " + nameOfARN(want.Boundary)
	}
	for _, arn := range want.Attached {
		if power := trust.AWSManagedAdministrator(arn); power != "" {
			p.warn("role %s gets policy %s, which is as good as administrator%s: it allows %s", want.Name, nameOfARN(arn), bounded, power)
		}
	}
	for _, name := range sortedKeys(want.Inline) {
		if power := administrator(trust.Bearer{ARN: want.ARN, Policies: want.Attached}, want.Inline[name]); power != "" {
			p.warn("role %s gets the inline policy %s, which is as good as administrator%s: it allows %s", want.Name, name, bounded, power)
		}
	}
}

// administrator says what makes a document as good as administrator; one that cannot be read, IAM
// does not take.
func administrator(b trust.Bearer, text string) string {
	doc, err := trust.ParsePermissions(text)
	if err != nil {
		return ""
	}
	return b.Administrator(doc)
}
