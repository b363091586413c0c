package awsiam

import (
	"context"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"
)

// thumbprint is the SHA-1 of the last certificate that the issuer's server sends: the
// top intermediate authority
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc_verify-thumbprint.html).
//
// IAM finds it itself where none is given
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html),
// and does not look at it where a public authority has signed the certificate. So this
// is only for an issuer that IAM could not reach when the provider was created.
func thumbprint(ctx context.Context, issuer string) (string, error) {
	chain, err := certificates(ctx, issuer)
	if err != nil {
		return "", err
	}
	return fingerprint(chain[len(chain)-1]), nil
}

func fingerprint(c *x509.Certificate) string {
	sum := sha1.Sum(c.Raw)
	return hex.EncodeToString(sum[:])
}

// certificates are those that a URL's server sends: one at least.
func certificates(ctx context.Context, at string) ([]*x509.Certificate, error) {
	u, err := url.Parse(at)
	if err != nil {
		return nil, err
	}
	port := u.Port()
	if port == "" {
		port = "443"
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	// The chain is what is asked for, and nothing is sent: whoever is not trusted here
	// may well be who the provider is to trust.
	dialer := tls.Dialer{Config: &tls.Config{ServerName: u.Hostname(), InsecureSkipVerify: true}}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return nil, fmt.Errorf("reaching the issuer for its certificate: %w", err)
	}
	defer conn.Close()
	chain := conn.(*tls.Conn).ConnectionState().PeerCertificates
	if len(chain) == 0 {
		return nil, errors.New("the issuer's server sent no certificate")
	}
	return chain, nil
}
