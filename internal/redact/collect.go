package redact

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

// What a word is called by.
const (
	classNamespace = "ns"
	classService   = "sa"
	classRole      = "role"
	classPolicy    = "policy"
	classCluster   = "cluster"
	classRelease   = "release"
	classObject    = "object"
	classOther     = "x"
	classAccount   = "account"
)

// collector gathers the words of the inputs.
type collector struct {
	names map[string]string
	words map[string]bool
}

// name takes a text that is the name of something. The first class that a word has stays.
func (c *collector) name(class, text string) {
	for _, w := range word.FindAllString(text, -1) {
		if _, had := c.names[w]; !had && !strings.HasPrefix(w, `\`) && !wellKnown[w] {
			c.names[w] = class
		}
	}
}

// arn is an ARN, and the part of it that names what it is of.
var arn = regexp.MustCompile(`arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:([0-9]*|aws):([\w+=,.@/:*?-]+)`)

// text takes any other text. What an ARN is of has a name, but for AWS's own policies, which
// are everybody's, and OIDC providers, which are hosts.
func (c *collector) text(text string) {
	for _, m := range arn.FindAllStringSubmatch(text, -1) {
		if m[1] == "aws" || strings.HasPrefix(m[2], "oidc-provider/") {
			continue
		}
		class := ""
		for _, w := range word.FindAllString(m[2], -1) {
			if of, isType := resourceTypes[w]; isType {
				class = of
			} else if !wellKnown[w] && !isRegion(w) {
				c.name(cmp.Or(class, classOther), w)
			}
		}
	}
	for _, w := range word.FindAllString(text, -1) {
		if !strings.HasPrefix(w, `\`) && !public(w) {
			c.words[w] = true
		}
	}
}

// input goes through all that verify was given.
func (c *collector) input(in verify.Input) error {
	c.name(classNamespace, in.Namespace)
	c.name(classRelease, in.Release)
	if in.Objects != nil {
		for _, o := range in.Objects.List {
			c.object(o)
		}
	}
	if s := in.Snapshot; s != nil {
		c.name(classCluster, s.Cluster.Name)
		for _, r := range s.Roles.List {
			c.name(classRole, r.Name)
		}
		for _, p := range s.Policies.List {
			if !strings.Contains(p.ARN, ":iam::aws:") { // AWS's own policies are no secret
				c.name(classPolicy, p.Name)
			}
		}
		for _, a := range s.Associations.List {
			c.name(classNamespace, a.Namespace)
			c.name(classService, a.ServiceAccount)
			c.name(classCluster, a.Cluster)
		}
	}
	c.file(in)
	for _, path := range append(append([]string(nil), in.Typed.Files...), in.Typed.Folders...) {
		c.text(path)
	}
	for _, flag := range in.Typed.Cluster {
		c.text(flag[1])
	}
	for _, p := range in.Can {
		c.text(p.Resource)
	}
	for what, v := range map[string]any{"the snapshot": in.Snapshot, "irsa.yaml": in.File, "what was seen": in.Observed} {
		tree, err := plain(v)
		if err != nil {
			return fmt.Errorf("taking the names out of %s: %w", what, err)
		}
		c.tree(tree, false)
	}
	return nil
}

// object takes the names of an object first, so that its other words are called alike.
func (c *collector) object(o manifest.Object) {
	class := classObject
	switch o.Kind {
	case "ServiceAccount":
		class = classService
	case "Namespace":
		class = classNamespace
	}
	c.name(classNamespace, o.Namespace)
	c.name(class, o.Name)
	manifest.Walk(o.Body, "", func(_, key string, v any) bool {
		text, isText := v.(string)
		switch {
		case !isText:
		case key == "serviceAccountName" || key == "serviceAccount":
			c.name(classService, text)
		case key == "namespace":
			c.name(classNamespace, text)
		}
		return true
	})
	c.text(o.Where)
	c.tree(o.Body, false)
}

// file takes the names that irsa.yaml gives.
func (c *collector) file(in verify.Input) {
	f := in.File
	if f == nil {
		return
	}
	c.name(classCluster, f.Cluster.Name)
	for _, a := range f.Cluster.Additional {
		c.name(classCluster, a.Name)
	}
	for _, p := range f.Policies {
		c.name(classPolicy, p.Name)
	}
	for _, a := range f.ServiceAccounts {
		c.name(classService, a.Name)
		c.name(classNamespace, a.Namespace)
		c.name(classRole, a.Role.Name)
	}
	c.text(f.Path)
}

// plain makes maps, lists and texts of a value.
func plain(v any) (out any, err error) {
	text, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	return out, err
}

// ofUsers are mappings whose keys are users' own.
var ofUsers = map[string]bool{"annotations": true, "labels": true, "matchLabels": true, "nodeSelector": true, "data": true, "stringData": true, "binaryData": true}

// tree takes all texts. Of keys it takes those of mappings that users fill, those with
// characters that no field's name has, such as a condition's of IAM, and AWS account IDs.
func (c *collector) tree(v any, filled bool) {
	switch v := v.(type) {
	case string:
		c.text(v)
		c.embedded(v)
	case []any:
		for _, e := range v {
			c.tree(e, false)
		}
	case map[string]any:
		for k, e := range v {
			if filled || strings.ContainsAny(k, "./:") || accountID.MatchString(k) {
				c.text(k)
			}
			// What a role may do, and what kind an object is, is what a report is about.
			if k != "Action" && k != "NotAction" && k != "kind" {
				c.tree(e, ofUsers[k])
			}
		}
	}
}

// embedded takes the words of a document within a text, whose escapes hide none then.
func (c *collector) embedded(text string) {
	if !strings.HasPrefix(strings.TrimSpace(text), "{") {
		return
	}
	var v any
	if json.Unmarshal([]byte(text), &v) == nil {
		c.tree(v, false)
	}
}
