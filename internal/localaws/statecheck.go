package localaws

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/helm-irsa/helm-irsa/pkg/fileio"
)

const (
	// stateVersion is that of the files that are written. Those before it had none.
	stateVersion = 1
	// maxState bounds a state file: 20,000 roles have about 40 MiB.
	maxState = 512 * fileio.MiB
)

// readState reads a file that save wrote, and nothing else: what is odd in it would be an
// AWS account without what was made in it.
func readState(path string) (*state, error) {
	if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSymlink != 0 {
		// To write it whole or not at all a file is put in its place: the link would go.
		return nil, errors.New("is a symbolic link; name the file itself")
	}
	text, err := fileio.Read(path, maxState)
	if err != nil {
		return nil, err
	}
	out := &state{}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	switch err := d.Decode(out); {
	case errors.Is(err, io.EOF):
		return nil, errors.New("is empty")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, errors.New("is cut off")
	case err != nil:
		return nil, fmt.Errorf("is no state of local AWS: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("is no state of local AWS: something follows it")
	}
	if out.Version > stateVersion || out.Version < 0 {
		return nil, fmt.Errorf("is of version %d; this helm-irsa reads version %d", out.Version, stateVersion)
	}
	if err := out.check(); err != nil {
		return nil, fmt.Errorf("is no state of local AWS: %w", err)
	}
	out.Version = stateVersion
	return out, nil
}

// check says what a state lacks that every one has.
func (s *state) check() error {
	if s.Accounts == nil || s.Credentials == nil || s.Issuers == nil {
		return errors.New("it lacks Accounts, Credentials or Issuers")
	}
	for id, a := range s.Accounts {
		if a == nil || a.ID != id || !accountID.MatchString(id) {
			return fmt.Errorf("AWS account %q is not one", id)
		}
		if err := a.check(); err != nil {
			return fmt.Errorf("AWS account %s: %w", id, err)
		}
	}
	for id, c := range s.Credentials {
		if c == nil || s.Accounts[c.Account] == nil {
			return fmt.Errorf("credential %q is of no AWS account in it", id)
		}
	}
	for issuer, keys := range s.Issuers {
		if keys == nil || keys.JWKSURL != "" && !onLoopback(keys.JWKSURL) {
			return fmt.Errorf("the keys of issuer %q are not on loopback", issuer)
		}
		if slices.ContainsFunc(keys.Keys, func(k jose.JSONWebKey) bool { return !signs(k) }) {
			return fmt.Errorf("a key of issuer %q is no public key with which a cluster signs", issuer)
		}
	}
	return nil
}

func (a *account) check() error {
	if a.Providers == nil || a.Policies == nil || a.Roles == nil || a.Clusters == nil {
		return errors.New("it lacks Providers, Policies, Roles or Clusters")
	}
	for arn, p := range a.Providers {
		if p == nil || p.ARN != arn {
			return fmt.Errorf("provider %q is not one", arn)
		}
	}
	for arn, p := range a.Policies {
		if p == nil || p.ARN != arn || !p.hasDefault() {
			return fmt.Errorf("policy %q is not one", arn)
		}
	}
	for name, r := range a.Roles {
		if r == nil || strings.ToLower(r.Name) != name {
			return fmt.Errorf("role %q is not one", name)
		}
		if r.Inline == nil {
			r.Inline = map[string]string{}
		}
	}
	for id, j := range a.AccessJobs {
		if j == nil {
			return fmt.Errorf("job %q is not one", id)
		}
	}
	for key, c := range a.Clusters {
		if c == nil || c.Region+"/"+c.Name != key {
			return fmt.Errorf("cluster %q is not one", key)
		}
		if c.Associations == nil {
			c.Associations = map[string]*association{}
		}
		for id, pod := range c.Associations {
			if pod == nil {
				return fmt.Errorf("association %q is not one", id)
			}
		}
	}
	return nil
}

// hasDefault: exactly one version is the default.
func (p *policy) hasDefault() bool {
	n := 0
	for _, v := range p.Versions {
		if v == nil {
			return false
		}
		if v.Default {
			n++
		}
	}
	return n == 1
}
