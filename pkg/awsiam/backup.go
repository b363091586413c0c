package awsiam

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// The form of a Backup.
const (
	BackupVersion = "helm-irsa.dev/v1alpha1"
	BackupKind    = "RestoreFile"
)

// Backup is what is about to be deleted, whole: so that it can be made again. Documents are texts,
// as IAM gave them. Of a policy it has the version in force.
type Backup struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	// Made is when, and By the ARN of whose credentials read it.
	Made         string              `json:"made"`
	By           string              `json:"by"`
	Roles        []BackupRole        `json:"roles,omitempty"`
	Policies     []BackupPolicy      `json:"policies,omitempty"`
	Providers    []BackupProvider    `json:"oidcProviders,omitempty"`
	Associations []BackupAssociation `json:"podIdentityAssociations,omitempty"`
}

// BackupRole is a role.
type BackupRole struct {
	Account    string            `json:"account"`
	ARN        string            `json:"arn"`
	Name       string            `json:"name"`
	Path       string            `json:"path"`
	Text       string            `json:"description,omitempty"`
	MaxSession int32             `json:"maxSessionDuration"` // seconds
	Boundary   string            `json:"permissionsBoundary,omitempty"`
	Trust      string            `json:"trustPolicy"`
	Tags       map[string]string `json:"tags,omitempty"`
	Attached   []string          `json:"attachedPolicies,omitempty"`
	Inline     map[string]string `json:"inlinePolicies,omitempty"`
}

// BackupPolicy is a customer managed policy.
type BackupPolicy struct {
	Account  string            `json:"account"`
	ARN      string            `json:"arn"`
	Name     string            `json:"name"`
	Path     string            `json:"path"`
	Text     string            `json:"description,omitempty"`
	Document string            `json:"document"`
	Tags     map[string]string `json:"tags,omitempty"`
}

// BackupProvider is an OIDC provider.
type BackupProvider struct {
	Account     string            `json:"account"`
	ARN         string            `json:"arn"`
	Issuer      string            `json:"issuer"`
	Audiences   []string          `json:"audiences,omitempty"`
	Thumbprints []string          `json:"thumbprints,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
}

// BackupAssociation is an association of EKS Pod Identity.
type BackupAssociation struct {
	Account        string            `json:"account"`
	Region         string            `json:"region"`
	Cluster        string            `json:"cluster"`
	Namespace      string            `json:"namespace"`
	ServiceAccount string            `json:"serviceAccount"`
	RoleARN        string            `json:"roleARN"`
	TargetRoleARN  string            `json:"targetRoleARN,omitempty"`
	NoTags         bool              `json:"disableSessionTags,omitempty"`
	Policy         string            `json:"policy,omitempty"`
	Tags           map[string]string `json:"tags,omitempty"`
}

// Backup holds what of all is left over. made is the time, as it is written down.
func (f *Fleet) Backup(all []Leftover, made string) *Backup {
	b := &Backup{APIVersion: BackupVersion, Kind: BackupKind, Made: made, By: f.s.facts.Caller}
	for _, l := range all {
		if l.Delete {
			b.add(l)
		}
	}
	return b
}

func (b *Backup) add(l Leftover) {
	switch l.Type {
	case TypeRole:
		r := l.role
		b.Roles = append(b.Roles, BackupRole{
			Account: l.Account, ARN: r.ARN, Name: r.Name, Path: r.Path, Text: r.Description, MaxSession: r.MaxSession, Boundary: r.Boundary,
			Trust: decoded(r.trust), Tags: maps.Clone(r.Tags), Attached: slices.Clone(r.Attached), Inline: map[string]string{},
		})
		for name, text := range r.inline {
			b.Roles[len(b.Roles)-1].Inline[name] = decoded(text)
		}
	case TypePolicy:
		p := l.policy
		b.Policies = append(b.Policies, BackupPolicy{
			Account: l.Account, ARN: p.ARN, Name: p.Name, Path: p.Path, Text: p.Description, Document: decoded(p.document), Tags: maps.Clone(p.Tags),
		})
	case TypeProvider:
		p := l.provider
		b.Providers = append(b.Providers, BackupProvider{
			Account: l.Account, ARN: p.ARN, Issuer: p.Issuer, Audiences: slices.Clone(p.Audiences), Thumbprints: slices.Clone(p.Thumbprints), Tags: maps.Clone(p.Tags),
		})
	case TypeAssociation:
		a := l.association
		b.Associations = append(b.Associations, BackupAssociation{
			Account: l.in.Account, Region: l.in.Region, Cluster: l.in.Name, Namespace: a.Namespace, ServiceAccount: a.ServiceAccount,
			RoleARN: a.RoleARN, TargetRoleARN: a.TargetRoleARN, NoTags: a.NoTags, Policy: a.Policy, Tags: maps.Clone(a.Tags),
		})
	}
}

// decoded is a document as it was written: IAM gives it URL-encoded (RFC 3986;
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html).
func decoded(text string) string {
	if !strings.HasPrefix(strings.TrimSpace(text), "%") {
		return text
	}
	out, err := url.PathUnescape(strings.TrimSpace(text))
	if err != nil { // no document at all; whoever reads it says so
		return text
	}
	return out
}

// Text is the backup as a file.
func (b *Backup) Text() ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	err := e.Encode(b)
	return out.Bytes(), err
}

// ReadBackup reads a file that Text wrote. It is strict: a field that is not known may be what makes
// the difference.
func ReadBackup(text []byte) (*Backup, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	b := &Backup{}
	if err := d.Decode(b); err != nil {
		return nil, fmt.Errorf("it is no restore file: %s", unreadable(err))
	}
	if b.Kind != BackupKind || b.APIVersion != BackupVersion {
		return nil, fmt.Errorf("it is no restore file: kind %q of %q, not %s of %s", b.Kind, b.APIVersion, BackupKind, BackupVersion)
	}
	if d.More() {
		return nil, fmt.Errorf("it is no restore file: something stands behind its end")
	}
	return b, b.check()
}

// unreadable says why JSON was not read, without the names that it has in Go.
func unreadable(err error) string {
	var kind *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.EOF):
		return "it is empty"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "it is cut off"
	case errors.As(err, &kind):
		return cmp.Or(kind.Field, "all of it") + " is a JSON " + kind.Value
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

// check refuses what Text never writes: names that do not fit their ARNs, and documents that are
// none. A file is made by hand, or cut off, sooner than that.
func (b *Backup) check() error {
	for _, r := range b.Roles {
		if !isARNOf(r.ARN, r.Account, "role", r.Path+r.Name) || !json.Valid([]byte(r.Trust)) {
			return fmt.Errorf("role %q: its ARN, path and name, or its trust policy, are not right", r.Name)
		}
		for name, doc := range r.Inline {
			if !json.Valid([]byte(doc)) {
				return fmt.Errorf("role %q: its inline policy %q is no JSON", r.Name, name)
			}
		}
	}
	for _, p := range b.Policies {
		if !isARNOf(p.ARN, p.Account, "policy", p.Path+p.Name) || !json.Valid([]byte(p.Document)) {
			return fmt.Errorf("policy %q: its ARN, path and name, or its document, are not right", p.Name)
		}
	}
	for _, p := range b.Providers {
		if !isARNOf(p.ARN, p.Account, "oidc-provider", "/"+nameOfProvider(p.ARN)) || p.Issuer != "https://"+nameOfProvider(p.ARN) {
			return fmt.Errorf("OIDC provider %q: its ARN and its issuer are not right", p.Issuer)
		}
	}
	for _, a := range b.Associations {
		if a.Cluster == "" || a.Region == "" || a.Account == "" || a.Namespace == "" || a.ServiceAccount == "" || a.RoleARN == "" {
			return fmt.Errorf("the Pod Identity association of service account %q lacks something", a.Namespace+"/"+a.ServiceAccount)
		}
	}
	return nil
}

// isARNOf reports whether an ARN is that of something of IAM with a path and name.
func isARNOf(arn, account, kind, name string) bool {
	partition := partitionOfARN(arn)
	return partition != "" && arn == "arn:"+partition+":iam::"+account+":"+kind+name
}
