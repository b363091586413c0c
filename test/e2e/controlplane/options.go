package controlplane

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"

	registration "k8s.io/api/admissionregistration/v1"
	"k8s.io/client-go/kubernetes"
)

// BinariesVariable is the environment variable that names the folder of the programs.
const BinariesVariable = "HELM_IRSA_E2E_BIN"

// Options say what kind of cluster. The zero value is a cluster with one node, and with
// an issuer under the reserved domain example.com.
type Options struct {
	// Name of the cluster in its kubeconfigs; "e2e" where empty.
	Name string
	// Issuer is the https URL that tokens carry. Nothing is served there.
	Issuer string
	// Dir is where everything lies: a temporary folder where empty. It must be empty or
	// not exist, and is gone after Stop.
	Dir string
	// Webhook is served and registered before any pod can be made; nil: none.
	Webhook *Webhook
	// Nodes is how many there are; 1 where 0.
	Nodes int
	// Log is told what is being done; nil: nobody.
	Log io.Writer
	// Binaries is the folder that build.sh printed; $HELM_IRSA_E2E_BIN where empty.
	Binaries string
}

// Webhook is a mutating webhook outside of the cluster, as those of EKS are.
type Webhook struct {
	// Handler answers AdmissionReviews; it may ask the API server.
	Handler func(kubernetes.Interface) http.Handler
	// Configuration registers it: url is where it is served, ca what its certificate is checked with, PEM.
	Configuration func(url string, ca []byte) *registration.MutatingWebhookConfiguration
}

func (o Options) complete() (Options, error) {
	if o.Name == "" {
		o.Name = "e2e"
	}
	if o.Issuer == "" {
		o.Issuer = "https://issuer.example.com/" + url.PathEscape(o.Name)
	}
	if u, err := url.Parse(o.Issuer); err != nil || u.Scheme != "https" || u.Host == "" {
		return o, fmt.Errorf("issuer %q of cluster %s: not an https URL", o.Issuer, o.Name)
	}
	if o.Nodes == 0 {
		o.Nodes = 1
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	if o.Binaries == "" {
		o.Binaries = os.Getenv(BinariesVariable)
	}
	if o.Binaries == "" {
		return o, errors.New("starting a control plane: no folder of programs; set " + BinariesVariable + " to what test/e2e/binaries/build.sh prints")
	}
	var err error
	if o.Binaries, err = filepath.Abs(o.Binaries); err != nil {
		return o, fmt.Errorf("starting a control plane from %s: %w", o.Binaries, err)
	}
	return o, nil
}
