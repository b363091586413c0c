package awsiam_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// What somebody does by hand, and what there is to see afterwards.

// call makes a call of IAM: see goldenStep.
func (w *stage) call(operation string, text json.RawMessage) error {
	var args map[string]any
	if err := yaml.Unmarshal(text, &args); err != nil {
		return err
	}
	form := url.Values{"Action": {operation}, "Version": {"2010-05-08"}}
	caller := map[string]string{"account": account, "region": region}
	for name, value := range args {
		if _, ok := caller[name]; ok {
			caller[name] = fmt.Sprint(value)
			continue
		}
		if err := queryArgument(form, name, value); err != nil {
			return err
		}
	}
	return w.send(caller, "iam", "/", "application/x-www-form-urlencoded", []byte(form.Encode()))
}

// queryArgument writes an argument in the Query protocol's form.
func queryArgument(form url.Values, name string, value any) error {
	switch v := value.(type) {
	case map[string]any:
		if name == "Tags" {
			for i, k := range slices.Sorted(maps.Keys(v)) {
				form.Set(fmt.Sprintf("Tags.member.%d.Key", i+1), k)
				form.Set(fmt.Sprintf("Tags.member.%d.Value", i+1), fmt.Sprint(v[k]))
			}
			return nil
		}
		document, err := json.Marshal(v)
		form.Set(name, string(document))
		return err
	case []any:
		for i, one := range v {
			form.Set(fmt.Sprintf("%s.member.%d", name, i+1), fmt.Sprint(one))
		}
	default:
		form.Set(name, fmt.Sprint(v))
	}
	return nil
}

// associate makes an association of Pod Identity, or changes the one of the service account.
func (w *stage) associate(text json.RawMessage, change bool) error {
	var in struct {
		Cluster, Namespace, ServiceAccount, RoleArn, TargetRoleArn string
		DisableSessionTags                                         bool
		Policy                                                     json.RawMessage
		Tags                                                       map[string]string
	}
	if err := yaml.UnmarshalStrict(text, &in); err != nil {
		return err
	}
	args := map[string]any{
		"namespace": in.Namespace, "serviceAccount": in.ServiceAccount, "roleArn": in.RoleArn, "targetRoleArn": in.TargetRoleArn,
		"disableSessionTags": in.DisableSessionTags, "policy": string(in.Policy), "tags": in.Tags,
	}
	path := "/clusters/" + in.Cluster + "/pod-identity-associations"
	if change {
		path += "/" + w.associationID(in.Namespace, in.ServiceAccount)
	}
	body, err := json.Marshal(args)
	if err != nil {
		return err
	}
	return w.send(map[string]string{"account": account, "region": region}, "eks", path, "application/json", body)
}

func (w *stage) associationID(namespace, name string) string {
	for _, a := range w.saved() {
		for _, c := range a.Clusters {
			for id, one := range c.Associations {
				if one.Namespace == namespace && one.ServiceAccount == name {
					return id
				}
			}
		}
	}
	return "none"
}

func (w *stage) send(caller map[string]string, service, path, contentType string, body []byte) error {
	key := "AKIATEST"
	if caller["account"] != account {
		key = "AKIA" + caller["account"]
	}
	request, err := http.NewRequest(http.MethodPost, w.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=%s/20260101/%s/%s/aws4_request, SignedHeaders=host, Signature=0", key, caller["region"], service))
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode >= 300 {
		err = fmt.Errorf("%s: %s", answer.Status, said)
	}
	return err
}

// savedAccount is an account as localaws saves it.
type savedAccount struct {
	ID        string
	Providers map[string]struct {
		ARN                    string
		ClientIDs, Thumbprints []string
		Tags                   []savedTag
	}
	Policies map[string]struct {
		ARN, Description string
		Tags             []savedTag
		Versions         []struct {
			ID, Document string
			Default      bool
		}
	}
	Roles map[string]struct {
		ARN, Description, Trust, Boundary string
		MaxSession                        int
		Tags                              []savedTag
		Attached                          []string
		Inline                            map[string]string
	}
	Clusters map[string]struct {
		Region, Name string
		Associations map[string]struct {
			Namespace, ServiceAccount, RoleARN, TargetRoleARN, Policy string
			DisableSessionTags                                        bool
			Tags                                                      map[string]string
		}
	}
}

type savedTag struct{ Key, Value string }

func (w *stage) saved() map[string]savedAccount {
	w.Helper()
	path := filepath.Join(w.TempDir(), "state")
	if err := w.aws.Save(path); err != nil {
		w.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		w.Fatal(err)
	}
	var state struct{ Accounts map[string]savedAccount }
	if err := json.Unmarshal(text, &state); err != nil {
		w.Fatal(err)
	}
	return state.Accounts
}

// dropClusters takes all clusters away.
func (w *stage) dropClusters() error {
	path := filepath.Join(w.TempDir(), "state")
	if err := w.aws.Save(path); err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var state map[string]any
	if err := json.Unmarshal(text, &state); err != nil {
		return err
	}
	for _, a := range state["Accounts"].(map[string]any) {
		a.(map[string]any)["Clusters"] = map[string]any{}
	}
	if text, err = json.Marshal(state); err != nil {
		return err
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return err
	}
	return w.aws.Load(path)
}

// dump is what there is in all accounts, without IDs and times.
func (w *stage) dump() []byte {
	w.Helper()
	d := &dumper{}
	accounts := w.saved()
	for _, id := range slices.Sorted(maps.Keys(accounts)) {
		d.account(accounts[id])
	}
	return []byte(d.String())
}

type dumper struct{ strings.Builder }

func (d *dumper) line(depth int, format string, args ...any) {
	fmt.Fprintf(d, strings.Repeat("  ", depth)+format+"\n", args...)
}

func (d *dumper) account(a savedAccount) {
	d.line(0, "account %s", a.ID)
	for _, arn := range slices.Sorted(maps.Keys(a.Providers)) {
		p := a.Providers[arn]
		d.line(1, "provider %s", arn)
		for _, id := range p.ClientIDs {
			d.line(2, "audience %s", id)
		}
		d.tags(p.Tags)
	}
	for _, arn := range slices.Sorted(maps.Keys(a.Policies)) {
		p := a.Policies[arn]
		d.line(1, "policy %s", arn)
		d.text("description", p.Description)
		for _, v := range p.Versions {
			d.line(2, "%s%s: %s", v.ID, map[bool]string{true: " (default)"}[v.Default], v.Document)
		}
		d.tags(p.Tags)
	}
	for _, name := range slices.Sorted(maps.Keys(a.Roles)) {
		r := a.Roles[name]
		d.line(1, "role %s", r.ARN)
		d.text("description", r.Description)
		d.line(2, "longest session: %d", r.MaxSession)
		d.text("boundary", r.Boundary)
		d.line(2, "trust: %s", r.Trust)
		for _, arn := range slices.Sorted(slices.Values(r.Attached)) {
			d.line(2, "attached %s", arn)
		}
		for _, inline := range slices.Sorted(maps.Keys(r.Inline)) {
			d.line(2, "inline %s: %s", inline, r.Inline[inline])
		}
		d.tags(r.Tags)
	}
	for _, key := range slices.Sorted(maps.Keys(a.Clusters)) {
		d.cluster(a, key)
	}
}

func (d *dumper) cluster(a savedAccount, key string) {
	d.line(1, "cluster %s", key)
	var found []string
	for _, one := range a.Clusters[key].Associations {
		text := fmt.Sprintf("association %s/%s: %s", one.Namespace, one.ServiceAccount, one.RoleARN)
		if one.TargetRoleARN != "" {
			text += ", then " + one.TargetRoleARN
		}
		if one.DisableSessionTags {
			text += ", without session tags"
		}
		if one.Policy != "" {
			text += ", no more than " + one.Policy
		}
		for _, k := range slices.Sorted(maps.Keys(one.Tags)) {
			text += fmt.Sprintf(" %s=%s", k, one.Tags[k])
		}
		found = append(found, text)
	}
	slices.Sort(found)
	for _, text := range found {
		d.line(2, "%s", text)
	}
}

func (d *dumper) text(name, value string) {
	if value != "" {
		d.line(2, "%s: %s", name, value)
	}
}

func (d *dumper) tags(tags []savedTag) {
	slices.SortFunc(tags, func(a, b savedTag) int { return strings.Compare(a.Key, b.Key) })
	for _, t := range tags {
		d.line(2, "tag %s: %s", t.Key, t.Value)
	}
}
