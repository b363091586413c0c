package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/localaws"
)

// localWorld is what there is in local AWS to begin with.
type localWorld struct {
	account  string
	others   []localAccount
	clusters []localCluster
	region   string
}

// localAccount is an AWS account beside the clusters', and the profile that reaches it.
type localAccount struct{ id, profile string }

// localCluster is a cluster as the command line says it; empty is not said.
// keys is a file with the keys of its issuer.
type localCluster struct{ name, region, issuer, nodeRole, keys string }

const (
	localRegion   = "eu-west-3"
	localNodeRole = "eks-nodes"
	localVersion  = "1.33"
	// localAccess is the role that AWS Organizations makes in every AWS account that it
	// creates, for the AWS account that manages them
	// (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_access-cross-account-role.html).
	localAccess = "OrganizationAccountAccessRole"
)

var (
	accountText = regexp.MustCompile(`^\d{12}$`)
	profileText = regexp.MustCompile(`^[\w.@+-]+$`)
	regionText  = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-\d$`)
	// clusterText is a cluster's name (https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html).
	clusterText = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z_-]{0,99}$`)
	// roleText is a role's name (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html).
	roleText = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)
)

// world reads the flags.
func (o *localAWSOptions) world() (*localWorld, error) {
	w := &localWorld{account: o.account}
	if !accountText.MatchString(o.account) {
		return nil, faults.Hinted(fmt.Errorf("--account %s: not 12 digits", o.account), "--account %s", localaws.DefaultAccount)
	}
	seen := map[string]bool{o.account: true}
	for _, text := range o.others {
		a, err := readAccount(text)
		if err != nil {
			return nil, err
		}
		if seen[a.id] || seen[a.profile] {
			return nil, faults.Hinted(fmt.Errorf("--other-account %s: AWS account and profile must not come twice", text), "--account is the clusters' AWS account, --other-account any other")
		}
		seen[a.id], seen[a.profile] = true, true
		w.others = append(w.others, a)
	}
	names := map[string]bool{}
	for _, text := range o.clusters {
		c, err := readCluster(text)
		if err != nil {
			return nil, err
		}
		key := c.regionOr(localRegion) + "/" + c.name
		if names[key] {
			return nil, faults.Hinted(fmt.Errorf("--cluster %s: it comes twice", text), "give another name, or another region with region=")
		}
		names[key] = true
		w.clusters = append(w.clusters, c)
	}
	return w, nil
}

// readAccount reads ID=PROFILE; the profile is the ID where there is none.
func readAccount(text string) (localAccount, error) {
	id, profile, named := strings.Cut(text, "=")
	if !named {
		profile = id
	}
	switch {
	case !accountText.MatchString(id):
		return localAccount{}, faults.Hinted(fmt.Errorf("--other-account %s: its ID is not 12 digits", text), "--other-account 444455556666=shared-iam")
	case !profileText.MatchString(profile):
		return localAccount{}, faults.Hinted(fmt.Errorf("--other-account %s: its profile is not letters, digits and .@+_-", text), "--other-account %s=shared-iam", id)
	}
	return localAccount{id, profile}, nil
}

// readCluster reads NAME[,region=R][,issuer=URL][,nodeRole=NAME][,keys=FILE].
func readCluster(text string) (localCluster, error) {
	parts := strings.Split(text, ",")
	name := parts[0]
	c := localCluster{name: name}
	if !clusterText.MatchString(name) {
		return c, faults.Hinted(fmt.Errorf("--cluster %s: the name is not letters, digits, - and _", text), "--cluster demo,region=%s", localRegion)
	}
	for _, setting := range parts[1:] {
		key, value, _ := strings.Cut(setting, "=")
		if err := c.set(key, value); err != nil {
			return c, fmt.Errorf("--cluster %s: %w", text, err)
		}
	}
	return c, nil
}

func (c *localCluster) set(key, value string) error {
	fields := map[string]struct {
		into *string
		ok   bool
		hint string
	}{
		"region":   {&c.region, regionText.MatchString(value), localRegion},
		"issuer":   {&c.issuer, isIssuer(value), "https://s3.eu-west-3.amazonaws.com/111122223333-g8s-abc12-oidc-pod-identity"},
		"nodeRole": {&c.nodeRole, roleText.MatchString(value), localNodeRole},
		"keys":     {&c.keys, value != "", "jwks.json"},
	}
	f, known := fields[key]
	switch {
	case !known:
		return suggesting(fmt.Errorf("unknown setting %q", key), key, slices.Sorted(maps.Keys(fields)),
			"did you mean %s=?", "settings are region=, issuer=, nodeRole= and keys=")
	case !f.ok:
		return faults.Hinted(fmt.Errorf("%s=%s is not one", key, value), "%s=%s", key, f.hint)
	}
	*f.into = value
	return nil
}

// isIssuer: what IAM takes as the URL of a provider.
func isIssuer(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.RawQuery == "" && u.Fragment == "" && len(text) <= 255
}

func (c localCluster) regionOr(other string) string {
	if c.region == "" {
		return other
	}
	return c.region
}

// eksIssuer has the form of EKS's own: 32 hexadecimal digits, here always the same
// for a cluster
// (https://docs.aws.amazon.com/eks/latest/userguide/enable-iam-roles-for-service-accounts.html).
func eksIssuer(account, region, name string) string {
	domain := "amazonaws.com"
	if localaws.Partition(region) == "aws-cn" {
		domain = "amazonaws.com.cn"
	}
	sum := sha256.Sum256([]byte(account + "/" + region + "/" + name))
	return "https://oidc.eks." + region + "." + domain + "/id/" + strings.ToUpper(hex.EncodeToString(sum[:16]))
}
