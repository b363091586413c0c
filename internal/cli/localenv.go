package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
)

// localEnv is the environment in which AWS's SDKs and CLI use local AWS, and nothing
// of the user's own (https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html).
type localEnv []struct{ name, value string }

// overriding are the variables that would send calls elsewhere, or make them as
// somebody else, if they stayed.
var overriding = []string{
	"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN",
	"AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE",
	"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
	"AWS_ENDPOINT_URL_IAM", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_EKS", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
	"AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT",
}

// environment is what reaches the server at this URL. clean removes the file that the
// profiles of other AWS accounts are in.
func (w *localWorld) environment(endpoint string) (env localEnv, clean func() error, err error) {
	config, clean := os.DevNull, func() error { return nil }
	if len(w.others) > 0 {
		dir, err := os.MkdirTemp("", "helm-irsa-local-aws")
		if err != nil {
			return nil, nil, fmt.Errorf("writing the profiles of other accounts: %w", err)
		}
		clean = func() error { return os.RemoveAll(dir) }
		config = filepath.Join(dir, "config")
		if err := os.WriteFile(config, []byte(w.profiles()), 0o600); err != nil {
			_ = clean() // the file is what went wrong
			return nil, nil, fmt.Errorf("writing the profiles of other accounts: %w", err)
		}
	}
	return localEnv{
		{"AWS_ENDPOINT_URL", endpoint},
		{"AWS_ACCESS_KEY_ID", accessKeyID(w.account)},
		{"AWS_SECRET_ACCESS_KEY", localSecret},
		{"AWS_REGION", w.region},
		{"AWS_DEFAULT_REGION", w.region}, // the CLI's version 1 reads no other
		{"AWS_CONFIG_FILE", config},
		{"AWS_SHARED_CREDENTIALS_FILE", os.DevNull},
		{"AWS_EC2_METADATA_DISABLED", "true"},
	}, clean, nil
}

// localSecret signs calls, and nobody checks the signature.
const localSecret = "no-secret"

// profiles is AWS's configuration file with a profile for each other AWS account
// (https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html).
func (w *localWorld) profiles() string {
	var b strings.Builder
	for _, a := range w.others {
		fmt.Fprintf(&b, "[profile %s]\nregion = %s\naws_access_key_id = %s\naws_secret_access_key = %s\n", a.profile, w.region, accessKeyID(a.id), localSecret)
	}
	return b.String()
}

// apply puts the variables in place of all others that are AWS's.
func (e localEnv) apply(environ []string) []string {
	var out []string
	for _, pair := range environ {
		if !strings.HasPrefix(pair, "AWS_") {
			out = append(out, pair)
		}
	}
	for _, v := range e {
		out = append(out, v.name+"="+v.value)
	}
	return out
}

// shell is the lines for a POSIX shell.
func (e localEnv) shell() string {
	var b strings.Builder
	fmt.Fprintf(&b, "unset %s\n", strings.Join(overriding, " "))
	for _, v := range e {
		fmt.Fprintf(&b, "export %s=%s\n", v.name, safe.Word(v.value))
	}
	return b.String()
}
