package kube

import (
	"context"
	"errors"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/pager"
)

// secrets are read for the labels that Helm puts on its own, and nothing else of them is asked for.
var secrets = resource{"v1", "Secret", "secrets"}

// ofHelm selects what Helm's drivers for Secrets and ConfigMaps keep releases in
// (helm.sh/helm/v3/pkg/storage/driver/secrets.go and cfgmaps.go, newSecretsObject and
// newConfigMapsObject: the labels name, owner, status and version).
const ofHelm = "owner=helm"

// Release is a release that a cluster keeps a record of.
type Release struct {
	Namespace, Name string
}

// Releases are all releases of the cluster, whatever their state: also those that were uninstalled
// with --keep-history, which helm rollback brings back. Of the records only the labels are asked
// for, not what is in them. The error is *Unread, *ConnectError, or the context's; then nothing is
// known, since a release may be where one may not look. Releases that Helm keeps in an SQL database
// are in no cluster.
func (c *Client) Releases(ctx context.Context) ([]Release, error) {
	seen := map[Release]bool{}
	var out []Release
	for _, kind := range []resource{secrets, configMaps} {
		records, err := c.metadata(ctx, kind, "", metav1.ListOptions{LabelSelector: ofHelm})
		if err != nil {
			return nil, err
		}
		for _, o := range records {
			r := Release{o.namespace(), o.text("metadata", "labels", "name")}
			if r.Name != "" && !seen[r] {
				seen[r] = true
				out = append(out, r)
			}
		}
	}
	return out, nil
}

// NamedAccount is a service account, and the ARNs of roles that its annotations name, under
// whichever key: the webhook's prefix is a setting.
type NamedAccount struct {
	Namespace, Name string
	RoleARNs        []string
}

// ServiceAccounts are all service accounts of the cluster. The error is as of Releases.
func (c *Client) ServiceAccounts(ctx context.Context) ([]NamedAccount, error) {
	all, err := c.metadata(ctx, serviceAccounts, "", metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	out := make([]NamedAccount, len(all))
	for i, o := range all {
		out[i] = NamedAccount{Namespace: o.namespace(), Name: o.name()}
		annotations, _ := o.dig("metadata", "annotations").(map[string]any)
		for _, value := range annotations {
			if arn, ok := value.(string); ok && strings.HasPrefix(arn, "arn:") && strings.Contains(arn, ":role/") {
				out[i].RoleARNs = append(out[i].RoleARNs, strings.TrimSpace(arn))
			}
		}
	}
	return out, nil
}

// HasPods reports whether a pod runs as a service account, whether that is there or not. The error
// is as of Releases.
func (c *Client) HasPods(ctx context.Context, namespace, account string) (bool, error) {
	found, err := c.metadata(ctx, pods, namespace, metav1.ListOptions{FieldSelector: "spec.serviceAccountName=" + account, Limit: 1})
	if u := (*Unread)(nil); errors.As(err, &u) && u.Reason == NoAPI { // a namespace that is not there has no pods
		return false, nil
	}
	return len(found) > 0, err
}

// Strays are the namespaces, of those that may, where a pod runs as a service account that is not
// among those given, names by namespace. Pods without a service account, which nodes make by
// themselves, count for none. The error is as of Releases.
func (c *Client) Strays(ctx context.Context, accounts map[string][]string, may func(namespace string) bool) ([]string, error) {
	all, err := c.metadata(ctx, pods, "", metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	var out []string
	asked := map[string]bool{}
	for _, pod := range all {
		namespace := pod.namespace()
		if asked[namespace] || !may(namespace) {
			continue
		}
		asked[namespace] = true
		var others strings.Builder // metadata does not tell the service account, selectors do
		others.WriteString("spec.serviceAccountName!=")
		for _, name := range accounts[namespace] {
			others.WriteString(",spec.serviceAccountName!=" + name)
		}
		found, err := c.metadata(ctx, pods, namespace, metav1.ListOptions{FieldSelector: others.String(), Limit: 1})
		if u := (*Unread)(nil); errors.As(err, &u) && u.Reason == NoAPI {
			continue
		}
		if err != nil {
			return nil, err
		}
		if len(found) > 0 {
			out = append(out, namespace)
		}
	}
	slices.Sort(out)
	return out, nil
}

// onlyMetadata is the form in which the API server leaves out all but an object's metadata
// (https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables has
// the like for tables; k8s.io/client-go/metadata/metadata.go sends this). There is no other form
// behind it: an API server that has it not answers 406, and no contents of a secret travel.
const onlyMetadata = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

// metadata lists objects of a kind, a page at a time, without what is in them. With a Limit it is
// the first page alone.
func (c *Client) metadata(ctx context.Context, r resource, namespace string, options metav1.ListOptions) ([]object, error) {
	var out []object
	page := func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		if options.Continue == "" {
			out = nil // the first page, or, where the rest has expired, all in one
		}
		var page struct {
			Metadata metav1.ListMeta
			Items    []struct {
				Metadata map[string]any `json:"metadata"`
			}
		}
		request := c.rest.Get().SetHeader("Accept", onlyMetadata).AbsPath(r.path(namespace)).SpecificallyVersionedParams(&options, metav1.ParameterCodec, metav1.Unversioned)
		if err := decode(request.Do(ctx), &page); err != nil {
			return nil, err
		}
		for _, item := range page.Items {
			out = append(out, object{"metadata": item.Metadata})
		}
		return &metav1.List{ListMeta: page.Metadata}, nil
	}
	err := c.ask(ctx, unread(r, "list", namespace, ""), func(ctx context.Context) error {
		if options.Limit > 0 {
			_, err := page(ctx, options)
			return err
		}
		_, _, err := pager.New(page).List(ctx, options)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
