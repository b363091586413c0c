package awsiam

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/safe"
)

// Certificate is one that an issuer's server showed, and that is of no authority which this
// machine believes: somebody has to say whether it is the right one.
type Certificate struct {
	// Host is the server's, Issuer the issuer's URL.
	Host, Issuer string
	// Subject is the certificate's own word: it may hold anything.
	Subject string
	// SHA1 is what IAM calls the thumbprint; both are in lower case, without colons.
	SHA1, SHA256 string
	Expires      time.Time
}

// newCertificate is the last of the chain that a server sent, which is what the thumbprint
// is of.
func newCertificate(issuer string, u *untrustedServer) Certificate {
	last := u.chain[len(u.chain)-1]
	sum := sha256.Sum256(last.Raw)
	return Certificate{
		Host: u.host, Issuer: issuer, Subject: last.Subject.String(), SHA1: fingerprint(last),
		SHA256: hex.EncodeToString(sum[:]), Expires: last.NotAfter,
	}
}

// String is the certificate in one line, with nothing in it that a terminal acts on.
func (c Certificate) String() string {
	return fmt.Sprintf("%q shows a certificate of an authority that this machine does not know: subject %.200q, SHA-1 %s, SHA-256 %s, until %s",
		c.Host, c.Subject, c.SHA1, c.SHA256, c.Expires.UTC().Format(time.DateOnly))
}

// errNotAccepted: nobody said that a certificate is the right one.
type errNotAccepted struct{ shown Certificate }

func (e *errNotAccepted) Error() string { return e.shown.String() }

// Hint says how to come to know.
func (e *errNotAccepted) Hint() string {
	return "compare the SHA-256 with that which the owner of the issuer tells you; the SHA-1 is the thumbprint then"
}

// thumbprint is the SHA-1 of the last certificate that the server of the issuer's keys
// sends: the top intermediate authority
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc_verify-thumbprint.html).
// It comes from a connection that the system's authorities verify; else accept is asked,
// and its error is the error.
//
// IAM finds it itself where none is given
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html),
// and does not look at it where a public authority has signed the certificate. So this
// is only for an issuer that IAM could not reach when the provider was created.
func thumbprint(ctx context.Context, issuer string, accept func(Certificate) error) (string, error) {
	return newIssuerReader().thumbprint(ctx, issuer, accept)
}

func (l *issuerReader) thumbprint(ctx context.Context, issuer string, accept func(Certificate) error) (string, error) {
	at, err := l.keySetURL(ctx, issuer)
	var unknown *untrustedServer
	if errors.As(err, &unknown) {
		if err := accept(newCertificate(issuer, unknown)); err != nil {
			return "", err
		}
		l.believe(unknown.chain)
		at, err = l.keySetURL(ctx, issuer)
	}
	if err != nil {
		return "", err
	}
	chain, err := l.certificates(ctx, at)
	if errors.As(err, &unknown) {
		if err := accept(newCertificate(issuer, unknown)); err != nil {
			return "", err
		}
		chain, err = unknown.chain, nil
	}
	if err != nil {
		return "", err
	}
	return fingerprint(chain[len(chain)-1]), nil
}

// believe adds the last certificate of a chain to the authorities that are believed.
func (l *issuerReader) believe(chain []*x509.Certificate) {
	roots := l.roots
	if roots == nil {
		if system, err := x509.SystemCertPool(); err == nil {
			roots = system
		} else {
			roots = x509.NewCertPool()
		}
	}
	roots = roots.Clone()
	roots.AddCert(chain[len(chain)-1])
	l.roots = roots
}

// Thumbprints are the SHA-1 fingerprints, in lower case, of the certificates of the server
// that has the issuer's keys, its own first. For AWS one of them must be on the provider
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc_verify-thumbprint.html).
// Where no authority of the system's verifies them there are none: the error shows what
// there is to compare.
func Thumbprints(ctx context.Context, issuer string) ([]string, error) {
	return newIssuerReader().thumbprints(ctx, issuer)
}

func (l *issuerReader) thumbprints(ctx context.Context, issuer string) ([]string, error) {
	at, err := l.keySetURL(ctx, issuer)
	var chain []*x509.Certificate
	if err == nil {
		chain, err = l.certificates(ctx, at)
	}
	var unknown *untrustedServer
	if errors.As(err, &unknown) {
		return nil, &errNotAccepted{newCertificate(issuer, unknown)}
	}
	if err != nil {
		return nil, err
	}
	out := make([]string, len(chain))
	for i, c := range chain {
		out[i] = fingerprint(c)
	}
	return out, nil
}

func fingerprint(c *x509.Certificate) string {
	sum := sha1.Sum(c.Raw)
	return hex.EncodeToString(sum[:])
}

// thumbprintWanted is the error of a provider that IAM makes only where it is told the
// thumbprint. It is got when no other step runs: somebody may have to be asked.
type thumbprintWanted struct {
	provider createProvider
	refused  error // IAM's
}

func (e *thumbprintWanted) Error() string { return e.refused.Error() }
func (e *thumbprintWanted) Unwrap() error { return e.refused }

// run gets the thumbprint and makes the provider. Where it cannot, IAM's error stays.
func (e *thumbprintWanted) run(ctx context.Context, x *executor) error {
	want := e.provider.want
	print, err := x.Session.opts.Thumbprint(ctx, want.Issuer, func(c Certificate) error {
		if x.Session.opts.AcceptCertificate == nil {
			return &errNotAccepted{c}
		}
		accepted, err := x.Session.opts.AcceptCertificate(ctx, c)
		if err == nil && !accepted {
			return &errNotAccepted{c}
		}
		return err
	})
	var shown *errNotAccepted
	switch {
	case err == nil:
		return e.provider.create(ctx, x, []string{print})
	case errors.As(err, &shown):
		return &Fault{
			Message: fmt.Sprintf("creating OIDC provider %s in AWS account %s: IAM cannot reach the issuer, and %s", nameOfProvider(want.ARN), x.client.account, shown),
			hint:    byHand(want, shown.shown.SHA1), cause: e.refused,
		}
	case errors.Is(err, context.Canceled):
		return err
	}
	known := explain(e.refused, creating(want, x.client.account))
	var fault *Fault
	if errors.As(known, &fault) && fault.hint == "" {
		fault.hint = "let IAM reach the issuer; from here its certificate was not got either: " + oneLine(err)
	}
	return known
}

// byHand is what to do where nobody could be asked, or said no.
func byHand(want wantedProvider, print string) string {
	text := "compare the SHA-256 with that which the owner of the issuer tells you"
	make := safe.Type("aws", "iam", "create-open-id-connect-provider").
		With("--url").Pair("https://", safe.Issuer, strings.TrimPrefix(want.Issuer, "https://")).With("--client-id-list")
	for _, audience := range want.Audiences {
		make.Value(safe.Audience, audience)
	}
	if make.Flag("--thumbprint-list", safe.Thumbprint, print); !make.OK() {
		return text + ", then create the OIDC provider with that SHA-1 as its thumbprint"
	}
	return text + ", then create the OIDC provider and run the same command again: " + make.String()
}
