package cli

import (
	"bytes"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/internal/localaws/issuer"
	"github.com/helm-irsa/helm-irsa/test/cluster"
)

// playedCluster is a cluster whose tokens local AWS can check, for a command that is run
// in its environment. It knows all tokens and credentials that were given out.
type playedCluster struct {
	forbid, echo, gone, strange, renewed bool

	aws     *localaws.Server
	cluster *cluster.Cluster

	mu      sync.Mutex
	secrets []string
}

// liveCluster runs `live-cluster [flags] -- COMMAND`. What the command says is held
// against the secrets: one that is printed fails with code 99.
func liveCluster(args []string) int {
	code, err := playCluster(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "live-cluster:", err)
		return 98
	}
	return code
}

func playCluster(args []string) (int, error) {
	p := &playedCluster{}
	f := flag.NewFlagSet("live-cluster", flag.ContinueOnError)
	state := f.String("state", "aws.json", "what local AWS has")
	accounts := f.String("accounts", "", "NAMESPACE/NAME,… that the cluster has")
	issues := f.String("issuer", "", "who the cluster's tokens are of; else who EKS says")
	f.BoolVar(&p.forbid, "forbid", false, "let nobody have a token")
	f.BoolVar(&p.echo, "echo", false, "let STS quote the token, as AWS does what it does not take")
	f.BoolVar(&p.gone, "gone", false, "let nobody answer for STS")
	f.BoolVar(&p.renewed, "renewed", false, "let STS not take the certificate of the issuer, which is on loopback")
	f.BoolVar(&p.strange, "strange", false, "publish other keys than the tokens are signed with")
	if err := f.Parse(args); err != nil {
		return 0, err
	}
	var err error
	if p.aws, err = localaws.New(localaws.Options{StateFile: *state}); err != nil {
		return 0, err
	}
	if p.renewed {
		keys := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, `{"jwks_uri":"https://`+r.Host+`/keys"}`)
		}))
		defer keys.Close()
		*issues = keys.URL
		// For SSL_CERT_FILE, where a script has its authority known.
		block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: keys.Certificate().Raw})
		if err := os.WriteFile("authority.pem", block, 0o600); err != nil {
			return 0, err
		}
	}
	if *issues == "" {
		*issues = p.aws.Clusters()[0].Issuer
	}
	if err := p.issue(*issues); err != nil {
		return 0, err
	}
	return p.run(strings.FieldsFunc(*accounts, func(r rune) bool { return r == ',' }), f.Args())
}

// issue makes the issuer, and publishes its keys.
func (p *playedCluster) issue(at string) error {
	signs, err := issuer.New(at)
	if err != nil {
		return err
	}
	shown := signs
	if p.strange {
		if shown, err = issuer.New(at); err != nil {
			return err
		}
	}
	p.aws.AddIssuerKeys(at, shown.Keys())
	p.cluster = &cluster.Cluster{Token: func(namespace, account, audience string, seconds int64) (string, error) {
		token, err := signs.ServiceAccount(namespace, account, audience, time.Now(), time.Duration(seconds)*time.Second)
		p.hide(token)
		p.hide(strings.Split(token, ".")...)
		return token, err
	}}
	return nil
}

func (p *playedCluster) hide(secrets ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.secrets = append(p.secrets, secrets...)
}

// run runs the command, and says what it said.
func (p *playedCluster) run(accounts, command []string) (int, error) {
	api, aws := httptest.NewServer(http.HandlerFunc(p.api)), httptest.NewServer(http.HandlerFunc(p.sts))
	defer api.Close()
	defer aws.Close()
	dir, err := os.MkdirTemp("", "live-cluster")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	for _, a := range accounts {
		namespace, name, _ := strings.Cut(a, "/")
		body := fmt.Sprintf(`{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":%q,"namespace":%q,"uid":"u","annotations":{"eks.amazonaws.com/role-arn":"arn:aws:iam::111122223333:role/web-role","meta.helm.sh/release-name":"web"},"labels":{"app.kubernetes.io/managed-by":"Helm"}}}`, name, namespace)
		answer, err := http.Post(api.URL+"/api/v1/namespaces/"+namespace+"/serviceaccounts", "application/json", strings.NewReader(body))
		if err != nil {
			return 0, err
		}
		answer.Body.Close()
	}
	kubeconfig := filepath.Join(dir, "kubeconfig")
	text := "apiVersion: v1\nkind: Config\nclusters: [{name: test, cluster: {server: \"" + api.URL + "\"}}]\ncontexts: [{name: test, context: {cluster: test}}]\ncurrent-context: test\n"
	if err := os.WriteFile(kubeconfig, []byte(text), 0o600); err != nil {
		return 0, err
	}
	endpoint := aws.URL
	if p.gone {
		aws.Close()
	}
	c := exec.Command(command[0], command[1:]...)
	c.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig, "AWS_ENDPOINT_URL="+endpoint, "AWS_ACCESS_KEY_ID=LOCALAWS111122223333", "AWS_SECRET_ACCESS_KEY=no-secret",
		"AWS_REGION=eu-west-3", "AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull, "HELM_DEBUG=true")
	var out, said bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, &out, &said
	err = c.Run()
	_, _ = os.Stdout.Write(out.Bytes())
	_, _ = os.Stderr.Write(said.Bytes())
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.secrets {
		if strings.Contains(out.String()+said.String(), s) {
			fmt.Fprintf(os.Stderr, "live-cluster: a secret was printed: %s\n", s)
			return 99, nil
		}
	}
	fmt.Fprintf(os.Stderr, "live-cluster: %d secrets, none printed\n", len(p.secrets))
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), nil
	}
	return 0, err
}

// api is the cluster's, which may forbid tokens.
func (p *playedCluster) api(w http.ResponseWriter, r *http.Request) {
	if p.forbid && strings.HasSuffix(r.URL.Path, "/token") {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"kind":"Status","reason":"Forbidden","message":"serviceaccounts is forbidden: User \"eve\" cannot create resource \"serviceaccounts/token\""}`)
		return
	}
	p.cluster.ServeHTTP(w, r)
}

var givenSecret = regexp.MustCompile(`<(?:AccessKeyId|SecretAccessKey|SessionToken)>([^<]+)<`)

// sts is local AWS; it may quote tokens.
func (p *playedCluster) sts(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	if token := form.Get("WebIdentityToken"); token != "" && p.echo {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>1 validation error detected: Value '%s' at 'webIdentityToken' failed to satisfy constraint: %s</Message></Error></ErrorResponse>`,
			token, token[slices.Index([]byte(token), '.')+1:])
		return
	}
	if form.Has("WebIdentityToken") && p.renewed {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `<ErrorResponse><Error><Type>Sender</Type><Code>InvalidIdentityToken</Code><Message>OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint</Message></Error></ErrorResponse>`)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer := httptest.NewRecorder()
	p.aws.ServeHTTP(answer, r)
	for _, m := range givenSecret.FindAllStringSubmatch(answer.Body.String(), -1) {
		p.hide(m[1])
	}
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}
