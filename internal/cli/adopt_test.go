package cli

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"

	"sigs.k8s.io/yaml"

	"github.com/helm-irsa/helm-irsa/test/cluster"
)

// ownedCluster is a played cluster whose service accounts stand in a file, for a command
// that is run in its environment.
type ownedCluster struct {
	cluster cluster.Cluster
	// forbid is a method that is forbidden for service accounts; gets are still allowed
	// for patch.
	forbid string
	// races is how many patches somebody else is faster than, and what they write then.
	races int
	rival string

	mu    sync.Mutex
	calls []string
}

// adoptCluster runs `adopt-cluster [flags] FILE -- COMMAND`: FILE has ServiceAccounts
// and Pods, and has them as they are after the command. Calls that changed something are in calls.txt.
func adoptCluster(args []string) int {
	code, err := playOwnedCluster(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "adopt-cluster:", err)
		return 98
	}
	return code
}

func playOwnedCluster(args []string) (int, error) {
	c := &ownedCluster{}
	f := flag.NewFlagSet("adopt-cluster", flag.ContinueOnError)
	f.StringVar(&c.cluster.Issuer, "issuer", eksIssuer("111122223333", localRegion, "demo"), "the issuer of the cluster's tokens")
	f.StringVar(&c.forbid, "forbid", "", "GET or PATCH")
	f.IntVar(&c.races, "races", 0, "how many patches come too late")
	f.StringVar(&c.rival, "rival", `{"metadata":{"annotations":{"note":"of the rival"}}}`, "what is written before them")
	if err := f.Parse(args); err != nil {
		return 0, err
	}
	file, command := f.Arg(0), f.Args()[2:]
	if err := c.load(file); err != nil {
		return 0, err
	}
	server := httptest.NewServer(http.HandlerFunc(c.serve))
	defer server.Close()
	run := exec.Command(command[0], command[1:]...)
	run.Env = append(os.Environ(), "KUBECONFIG="+os.DevNull, "HELM_KUBEAPISERVER="+server.URL)
	run.Stdout, run.Stderr = os.Stdout, os.Stderr
	err := run.Run()
	if err := c.save(file); err != nil {
		return 0, err
	}
	if err := os.WriteFile("calls.txt", []byte(strings.Join(c.calls, "")), 0o644); err != nil {
		return 0, err
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), nil
	}
	return 0, err
}

func (c *ownedCluster) load(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	for document := range strings.SplitSeq(string(text), "---\n") {
		var o struct {
			APIVersion, Kind string
			Metadata         struct{ Namespace string }
		}
		if err := yaml.Unmarshal([]byte(document), &o); err != nil {
			return err
		}
		if o.Metadata.Namespace != "" {
			api := "/api/v1"
			if strings.Contains(o.APIVersion, "/") {
				api = "/apis/" + o.APIVersion
			}
			c.send(http.MethodPost, api+"/namespaces/"+o.Metadata.Namespace+"/"+strings.ToLower(cmp.Or(o.Kind, "ServiceAccount"))+"s", document)
		}
	}
	return nil
}

func (c *ownedCluster) save(file string) error {
	var out strings.Builder
	for _, path := range c.cluster.Paths() {
		text, err := yaml.Marshal(c.cluster.Get(path))
		if err != nil {
			return err
		}
		fmt.Fprintf(&out, "---\n%s", text)
	}
	return os.WriteFile(file, []byte(out.String()), 0o644)
}

// send makes a call of somebody else's.
func (c *ownedCluster) send(method, path, body string) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/merge-patch+json")
	c.cluster.ServeHTTP(httptest.NewRecorder(), r)
}

func (c *ownedCluster) serve(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.Method == c.forbid && !strings.HasPrefix(r.URL.Path, "/.well-known/") {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"kind":"Status","reason":"Forbidden","message":"serviceaccounts is forbidden: User \"eve\" cannot do this"}`)
		return
	}
	if r.Method != http.MethodGet && r.URL.Query().Get("dryRun") == "" {
		c.calls = append(c.calls, r.Method+" "+r.URL.Path+"\n")
		if c.races > 0 {
			c.races--
			c.send(http.MethodPatch, r.URL.Path, c.rival)
		}
	}
	c.cluster.ServeHTTP(w, r)
}
