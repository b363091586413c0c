package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/voice"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// askCertificate asks on the terminal whether a certificate that nobody vouches for is the
// issuer's. Where there is no terminal nobody can say so, and it is not: a --yes before the
// certificate was seen says nothing of it.
func askCertificate(sys *System) func(context.Context, awsiam.Certificate) (bool, error) {
	return func(ctx context.Context, c awsiam.Certificate) (bool, error) {
		w, done, ok := askOn(sys)
		if !ok {
			return false, nil
		}
		defer done()
		fmt.Fprintf(w, "\r\x1b[K%s", certificateText(c)) // a line of progress may stand there
		return answered(ctx, sys, w, "is this the certificate of "+fmt.Sprintf("%q", c.Host)+", or of its authority?")
	}
}

// certificateText is a certificate for the eyes of who has to compare it. What it says of
// itself may be anything, and is shown escaped.
func certificateText(c awsiam.Certificate) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: IAM cannot reach the issuer %q. The OIDC provider needs a thumbprint, and no authority that this machine knows vouches for this certificate:\n", voice.Program, c.Issuer)
	for _, line := range [][2]string{
		{"host", fmt.Sprintf("%q", c.Host)}, {"subject", fmt.Sprintf("%.200q", c.Subject)},
		{"SHA-1", colons(c.SHA1)}, {"SHA-256", colons(c.SHA256)}, {"expires", c.Expires.UTC().Format(time.DateOnly)},
	} {
		fmt.Fprintf(&b, "  %-8s %s\n", line[0], line[1])
	}
	return b.String()
}

// colons writes a fingerprint as openssl x509 -fingerprint does.
func colons(hex string) string {
	var pairs []string
	for i := 0; i+2 <= len(hex); i += 2 {
		pairs = append(pairs, strings.ToUpper(hex[i:i+2]))
	}
	return strings.Join(pairs, ":")
}
