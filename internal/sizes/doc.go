// Package sizes writes inputs of any size, each in a shape that makes some loop of the
// programs long: for tests that count work, and for bench, which measures time and
// memory. It is in no program.
package sizes

import (
	"fmt"
	"strings"
)

const (
	awsAccount = "111122223333"
	issuer     = "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLED539D4633E53DE1B716D3041E"
	provider   = "arn:aws:iam::" + awsAccount + ":oidc-provider/" + issuer
)

// builder writes text; its only use is to be short.
type builder struct{ strings.Builder }

func (b *builder) addf(format string, args ...any) { fmt.Fprintf(&b.Builder, format, args...) }

// roleARN is the ARN of role number i.
func roleARN(i int) string { return fmt.Sprintf("arn:aws:iam::%s:role/app-%d", awsAccount, i) }

func (b *builder) serviceAccount(namespace, name, arn string) {
	b.addf("---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: %s\n  namespace: %s\n", name, namespace)
	if arn != "" {
		b.addf("  annotations:\n    eks.amazonaws.com/role-arn: %s\n", arn)
	}
}

func (b *builder) deployment(namespace, name, account string) {
	b.addf("---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: %s\n  namespace: %s\nspec:\n  selector: {matchLabels: {app: %[1]s}}\n  template:\n    metadata: {labels: {app: %[1]s}}\n    spec:\n", name, namespace)
	if account != "" {
		b.addf("      serviceAccountName: %s\n", account)
	}
	b.addf("      containers:\n      - name: main\n        image: example/app:1\n        env:\n        - {name: LOG_LEVEL, value: info}\n")
}
