package localaws

import (
	"fmt"
	"net/http"
)

// apiError is a refusal as the services word it.
type apiError struct {
	status  int
	code    string
	message string
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

func refuse(status int, code, format string, args ...any) *apiError {
	return &apiError{status, code, fmt.Sprintf(format, args...)}
}

// The statuses and codes of IAM are those of each action's "Errors" section and of
// https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html.

func noSuchEntity(format string, args ...any) error {
	return refuse(http.StatusNotFound, "NoSuchEntity", format, args...)
}

func alreadyExists(format string, args ...any) error {
	return refuse(http.StatusConflict, "EntityAlreadyExists", format, args...)
}

func deleteConflict(format string, args ...any) error {
	return refuse(http.StatusConflict, "DeleteConflict", format, args...)
}

// overQuota is IAM's wording, such as "Cannot exceed quota for PoliciesPerRole: 10".
func overQuota(quota string, limit int) error {
	return limitExceeded("Cannot exceed quota for %s: %d", quota, limit)
}

func limitExceeded(format string, args ...any) error {
	return refuse(http.StatusConflict, "LimitExceeded", format, args...)
}

func malformed(format string, args ...any) error {
	return refuse(http.StatusBadRequest, "MalformedPolicyDocument", format, args...)
}

func invalidInput(format string, args ...any) error {
	return refuse(http.StatusBadRequest, "InvalidInput", format, args...)
}

func validation(format string, args ...any) error {
	return refuse(http.StatusBadRequest, "ValidationError", format, args...)
}

// constraint is the wording of a parameter that breaks the API's own model.
func constraint(value, parameter, rule string) error {
	return validation("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must %s", value, parameter, rule)
}
