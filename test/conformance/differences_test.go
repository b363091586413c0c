package conformance

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/aws/smithy-go"
)

// differences are where moto does not do what AWS does, by the name that scenarios
// use: what AWS does, with its page, and what moto does instead. Paths are below
// https://docs.aws.amazon.com/.
var differences = map[string]string{
	"client-ids":        "IAM adds client IDs to a provider and removes them (IAM/latest/APIReference/API_AddClientIDToOpenIDConnectProvider.html); moto has no such calls",
	"boundary-users":    "ListEntitiesForPolicy tells permissions boundaries from attachments (IAM/latest/APIReference/API_ListEntitiesForPolicy.html); moto knows attachments only",
	"entities-of-none":  "ListEntitiesForPolicy refuses a policy that does not exist (IAM/latest/APIReference/API_ListEntitiesForPolicy.html, Errors); moto lists none",
	"entity-pages":      "ListEntitiesForPolicy has pages (IAM/latest/APIReference/API_ListEntitiesForPolicy.html); moto counts roles that have nothing to do with the policy",
	"no-thumbprint":     "IAM finds a thumbprint where none is given (IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html); moto keeps an empty list",
	"create-role-trust": "CreateRole refuses a malformed trust policy (IAM/latest/APIReference/API_CreateRole.html, Errors); moto checks it only in UpdateAssumeRolePolicy",
	"policy-details":    "a Sid has letters and digits only (IAM/latest/UserGuide/reference_policies_elements_sid.html), a permissions policy has no principal (reference_policies_elements_principal.html), and documents have characters up to U+00FF (reference_iam-quotas.html); moto checks none of it",
	"trust-principal":   "a role that does not exist is an invalid principal (IAM/latest/UserGuide/troubleshoot_roles.html); moto does not look at principals",
	"trust-missing":     "a trust policy needs a principal (IAM/latest/UserGuide/reference_policies_elements_principal.html); moto takes it without",
	"deleted-principal": "a deleted role's ID stands in the policies that named it (IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles); moto leaves its ARN there",
	"boundary-exists":   "the policy of a permissions boundary must exist (IAM/latest/APIReference/API_PutRolePermissionsBoundary.html, Errors); moto looks only at the form of its ARN",
	"name-case":         "names are not distinguished by case (IAM/latest/APIReference/API_CreateRole.html); moto distinguishes",
	"role-name":         "names have at most 64 characters of a certain set (IAM/latest/APIReference/API_CreateRole.html); moto takes any",
	"role-path":         "paths begin and end with a slash (IAM/latest/APIReference/API_CreateRole.html); moto takes any",
	"session-duration":  "a session is between one hour and twelve (IAM/latest/APIReference/API_CreateRole.html); moto takes any",
	"attach-twice":      "attaching twice is attaching once; moto counts both",
	"quotas":            "IAM has quotas (IAM/latest/UserGuide/reference_iam-quotas.html); moto has only that of versions",
	"delete-policy":     "a policy that is attached or has more than one version cannot be deleted (IAM/latest/APIReference/API_DeletePolicy.html); moto deletes it",
	"plain-documents":   "documents come URL-encoded (IAM/latest/APIReference/API_ListRoles.html, API_GetPolicyVersion.html, API_RoleDetail.html); moto forgets it in these three",
	"groups-of-none":    "a cluster that does not exist is ResourceNotFoundException (eks/latest/APIReference/API_ListNodegroups.html, Errors); moto fails with status 500",
	"detail-pages":      "GetAccountAuthorizationDetails has pages (IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html); moto gives all at once",
	"inline-pages":      "ListRolePolicies and ListPolicyVersions have pages (IAM/latest/APIReference/API_ListRolePolicies.html); moto gives all at once",
	"assume-any":        "AssumeRole asks the trust policy of a role that exists (STS/latest/APIReference/API_AssumeRole.html); moto lets anyone be any role",
	"web-identity":      "AssumeRoleWithWebIdentity checks the token (STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html, Errors); moto does not read it",
	"unsigned":          "a call without credentials is refused (IAM/latest/APIReference/CommonErrors.html); moto answers it",
	"pod-identity":      "EKS has Pod Identity associations (eks/latest/APIReference/API_CreatePodIdentityAssociation.html); moto has no such calls",
}

// alike fails the test where there is a problem. Where the difference is a known one,
// moto must have the problem: a difference that is gone must leave the table.
func (e *env) alike(t *testing.T, difference, problem string) {
	t.Helper()
	if difference == "" || !e.moto {
		if problem != "" {
			t.Error(problem)
		}
		return
	}
	if differences[difference] == "" {
		t.Errorf("difference %q is not in the table", difference)
	}
	if problem == "" {
		t.Errorf("moto does as AWS does: take %q out of the scenario (%s)", difference, differences[difference])
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.used[difference] = true
}

// code is the error code of AWS; empty for success, and the error's text for one of another kind.
func code(err error) string {
	var known smithy.APIError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &known):
		return known.ErrorCode()
	}
	return err.Error()
}

// refused fails the test unless the call came to this code; empty for success.
func (e *env) refused(t *testing.T, difference, what string, err error, want string) {
	t.Helper()
	problem := ""
	if got := code(err); got != want {
		problem = what + ": got code " + quote(got) + ", want " + quote(want)
	}
	e.alike(t, difference, problem)
}

func quote(code string) string {
	if code == "" {
		return "(success)"
	}
	return code
}

// equal fails the test unless the two are.
func (e *env) equal(t *testing.T, difference, what string, got, want any) {
	t.Helper()
	problem := ""
	if !reflect.DeepEqual(got, want) {
		problem = what + ": got " + show(got) + ", want " + show(want)
	}
	e.alike(t, difference, problem)
}

// must gives what a call returned, and ends the test where it failed: must(call())(t).
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func show(v any) string { return fmt.Sprintf("%+v", v) }

// unused are the differences that no scenario came across.
func (b *backend) unused() []string {
	var out []string
	for name := range differences {
		if !b.used[name] {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}
