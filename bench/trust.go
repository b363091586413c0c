package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

// trusts reports whether a trust policy has one statement, which lets this subject of
// this provider in, for STS, and nobody else.
func trusts(document, provider, subject string) error {
	var policy struct {
		Statement []struct {
			Effect    string
			Principal map[string]words
			Action    words
			Condition map[string]map[string]words
		}
	}
	if err := json.Unmarshal([]byte(document), &policy); err != nil {
		return fmt.Errorf("reading its trust: %w", err)
	}
	if len(policy.Statement) != 1 {
		return fmt.Errorf("its trust has %d statements", len(policy.Statement))
	}
	s := policy.Statement[0]
	_, issuer, _ := strings.Cut(provider, ":oidc-provider/")
	equals := s.Condition["StringEquals"]
	right := s.Effect == "Allow" && len(s.Principal) == 1 && s.Principal["Federated"] == words(provider) && s.Action == "sts:AssumeRoleWithWebIdentity" &&
		len(s.Condition) == 1 && len(equals) == 2 && equals[issuer+":aud"] == "sts.amazonaws.com" && equals[issuer+":sub"] == words(subject)
	if !right {
		return fmt.Errorf("its trust does not let in %s alone: %s", subject, document)
	}
	return nil
}

// words is a value of a policy that may be a text or a list of them: one, as it is, more with blanks.
type words string

func (w *words) UnmarshalJSON(text []byte) error {
	var one string
	if err := json.Unmarshal(text, &one); err == nil {
		*w = words(one)
		return nil
	}
	var list []string
	if err := json.Unmarshal(text, &list); err != nil {
		return err
	}
	*w = words(strings.Join(list, " "))
	return nil
}
