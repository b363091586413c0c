package localaws

import (
	"fmt"
	"strings"
)

// Role is an IAM role as its AWS account's owner would have made it.
type Role struct {
	// Account is where it is; the default one where empty.
	Account string
	// Region decides the partition; us-east-1 where empty.
	Region string
	Name   string
	// Path is / where empty.
	Path, Description string
	// Trust is its trust policy, a JSON document.
	Trust string
	// Policies are ARNs of managed policies that are attached to it.
	Policies []string
}

// AddRole puts a role into its AWS account and gives its ARN. What CreateRole would refuse
// is the error, and a policy that does not exist. A role of that name that is there
// already stays as it is. Nothing of it is in the log, and no fault but
// Faults.Propagation strikes it.
func (s *Server) AddRole(r Role) (arn string, err error) {
	if r.Account == "" {
		r.Account = s.opts.Account
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.ownerCall(r.Account, r.Region, params{
		"RoleName": {r.Name}, "Path": {r.Path}, "Description": {r.Description}, "AssumeRolePolicyDocument": {r.Trust},
	})
	if known := c.account.Roles[strings.ToLower(r.Name)]; known != nil {
		return known.ARN, nil
	}
	if _, err := c.createRole(); err != nil {
		return "", fmt.Errorf("adding role %s to local AWS: %w", r.Name, err)
	}
	made := c.account.Roles[strings.ToLower(r.Name)]
	for _, policy := range r.Policies {
		if c.policyOfARN(policy) == nil {
			delete(c.account.Roles, strings.ToLower(r.Name))
			return "", fmt.Errorf("adding role %s to local AWS: %w", r.Name, noSuchEntity("Policy %s does not exist or is not attachable.", policy))
		}
		made.Attached = append(made.Attached, policy)
	}
	return made.ARN, nil
}

// AddInstanceProfile lets an instance profile of the role's AWS account, the default one where
// empty, hold a role. IAM deletes no role that one holds
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html).
func (s *Server) AddInstanceProfile(account, name, role string) error {
	if account == "" {
		account = s.opts.Account
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.state.account(account).Roles[strings.ToLower(role)]
	if r == nil {
		return fmt.Errorf("adding instance profile %s to local AWS: there is no role %s", name, role)
	}
	r.Profiles = append(r.Profiles, name)
	return nil
}

// ownerCall is a call of IAM that an AWS account's owner makes, with the server locked.
func (s *Server) ownerCall(account, region string, args params) *call {
	return &call{
		Server: s, request: &request{args: args, scope: scope{region: region, service: "iam"}},
		account: s.state.account(account), time: s.now(),
	}
}
