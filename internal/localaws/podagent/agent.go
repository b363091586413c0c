// Package podagent plays the agent of EKS Pod Identity, which runs on each node: for tests
// that take a pod's way to its credentials whole. It asks and answers as
// https://github.com/aws/eks-pod-identity-agent does (internal/validation/request.go,
// internal/cloud/eksauth/service.go, pkg/errors/errors.go), but for the addresses that it
// listens on, and it keeps nothing.
package podagent

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// Agent is the agent of one cluster's nodes, an http.Handler. It answers /v1/credentials,
// which is what AWS_CONTAINER_CREDENTIALS_FULL_URI of a pod names.
type Agent struct {
	// Cluster is the cluster's name, Region its region.
	Cluster, Region string
	// Endpoint is EKS Auth's.
	Endpoint string
	// Node are the credentials of the node's role, which the call is signed with.
	Node aws.Credentials
}

// answer is what EKS Auth says.
type answer struct {
	AssumedRoleUser struct{ Arn string }
	Credentials     struct {
		AccessKeyID     string `json:"accessKeyId"`
		SecretAccessKey string
		SessionToken    string
		Expiration      float64
	}
	Message string
}

// ServeHTTP gives the credentials for the token in the Authorization header.
func (a *Agent) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/v1/credentials" {
		http.NotFound(w, r)
		return
	}
	token := r.Header.Get("Authorization")
	if why := malformed(token); why != "" {
		http.Error(w, why, http.StatusBadRequest)
		return
	}
	said, status, err := a.ask(r.Context(), token)
	if err != nil {
		http.Error(w, err.Error(), status)
		return
	}
	account := strings.Split(said.AssumedRoleUser.Arn+":::::", ":")[4]
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{ // fails where the pod has gone
		"AccessKeyId": said.Credentials.AccessKeyID, "SecretAccessKey": said.Credentials.SecretAccessKey, "Token": said.Credentials.SessionToken,
		"AccountId": account, "Expiration": time.Unix(int64(said.Credentials.Expiration), 0).UTC().Format(time.RFC3339Nano),
	})
}

// malformed says why a token is not even asked about; empty where it is.
func malformed(token string) string {
	if token == "" {
		return "Service account token cannot be empty"
	}
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.RS256, jose.ES256, jose.ES384, jose.ES512})
	if err != nil || parsed.UnsafeClaimsWithoutVerification(&jwt.Claims{}) != nil {
		return "Service account token cannot be parsed: token is malformed"
	}
	return ""
}

// ask makes the one call that the agent makes. The error is worded as the agent words it.
func (a *Agent) ask(ctx context.Context, token string) (*answer, int, error) {
	body, err := json.Marshal(map[string]string{"token": token})
	if err != nil {
		return nil, http.StatusInternalServerError, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.Endpoint+"/clusters/"+url.PathEscape(a.Cluster)+"/assume-role-for-pod-identity", bytes.NewReader(body))
	if err != nil {
		return nil, http.StatusInternalServerError, err
	}
	request.Header.Set("Content-Type", "application/json")
	sum := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(ctx, a.Node, request, hex.EncodeToString(sum[:]), "eks-auth", a.Region, time.Now()); err != nil {
		return nil, http.StatusInternalServerError, err
	}
	got, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, http.StatusInternalServerError, fmt.Errorf("unable to fetch credentials from EKS Auth: %w", err)
	}
	defer got.Body.Close()
	text, err := io.ReadAll(io.LimitReader(got.Body, 1<<20))
	if err != nil {
		return nil, http.StatusInternalServerError, fmt.Errorf("unable to fetch credentials from EKS Auth: %w", err)
	}
	var said answer
	if err := json.Unmarshal(text, &said); err != nil {
		return nil, http.StatusInternalServerError, fmt.Errorf("unable to fetch credentials from EKS Auth: %s, %w", got.Status, err)
	}
	if got.StatusCode != http.StatusOK {
		return nil, got.StatusCode, fmt.Errorf("[%s]: (%s): %s, fault: client", got.Header.Get("x-amzn-RequestId"), got.Header.Get("X-Amzn-ErrorType"), said.Message)
	}
	return &said, http.StatusOK, nil
}
