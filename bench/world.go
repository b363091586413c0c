package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
)

const (
	// benchAccount is the one that moto calls its own where nothing else is said.
	benchAccount = "123456789012"
	benchRegion  = "eu-west-3"
	benchCluster = "prod_cluster"
	benchIssuer  = "https://oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"
	benchKey     = "AKIATESTTESTTESTTEST" // of no AWS account anywhere
)

// awsLatency is how long every call of local AWS takes where a row says so.
const awsLatency = 50 * time.Millisecond

// startAWS starts a local AWS that has the cluster and nothing else.
func startAWS(latency time.Duration) (*localaws.Server, error) {
	s, err := localaws.New(localaws.Options{Account: benchAccount})
	if err != nil {
		return nil, err
	}
	s.AddCluster(localaws.Cluster{Account: benchAccount, Region: benchRegion, Name: benchCluster, Version: "1.33", Issuer: benchIssuer})
	s.SetFaults(localaws.Faults{Latency: latency})
	return s, s.Start()
}

// cleanEnv is our environment without what belongs to the user's AWS, Helm or
// Kubernetes, with a HOME of its own and these variables.
func cleanEnv(home string, more ...string) []string {
	var env []string
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if name == "HOME" || hasAnyPrefix(name, "AWS_", "HELM_", "KUBE", "XDG_", "MOTO_", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy") {
			continue
		}
		env = append(env, pair)
	}
	return append(append(env, "HOME="+home), more...)
}

func hasAnyPrefix(s string, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// awsEnv sends a program to an endpoint, with credentials that are of no AWS account.
func awsEnv(home, endpoint string, more ...string) []string {
	return cleanEnv(home, append([]string{
		"AWS_ENDPOINT_URL=" + endpoint, "AWS_ACCESS_KEY_ID=" + benchKey, "AWS_SECRET_ACCESS_KEY=no-secret",
		"AWS_REGION=" + benchRegion, "AWS_DEFAULT_REGION=" + benchRegion, "AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull, "AWS_PAGER=",
	}, more...)...)
}

// askIAM makes one call of IAM by hand, so that what is checked is not read with what
// is measured. Nobody checks signatures here, but the scope in them says the service.
func askIAM(endpoint, action string, args url.Values, answer any) error {
	form := url.Values{"Action": {action}, "Version": {"2010-05-08"}}
	for k, v := range args {
		form[k] = v
	}
	body, err := ask(http.MethodPost, endpoint+"/", "iam", "application/x-www-form-urlencoded", form.Encode())
	if err != nil {
		return fmt.Errorf("asking IAM: %s: %w", action, err)
	}
	return xml.Unmarshal(body, answer)
}

func ask(method, address, service, contentType, body string) ([]byte, error) {
	r, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=%s/20260101/%s/%s/aws4_request, SignedHeaders=host, Signature=0", benchKey, benchRegion, service))
	answer, err := (&http.Client{Timeout: 30 * time.Second}).Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode >= 300 {
		err = fmt.Errorf("status %s: %s", answer.Status, text)
	}
	return text, err
}
