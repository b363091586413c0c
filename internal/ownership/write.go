package ownership

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/kube"
)

// ErrChanged: somebody else wrote to the service account since it was read, or deleted it.
var ErrChanged = errors.New("it was changed in the meantime")

// Options of Write.
type Options struct {
	// ServerSide: this Helm applies on the server: see Account.patch.
	ServerSide bool
	// DryRun asks the API server whether it would, and changes nothing
	// (https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run).
	DryRun bool
}

// Write gives a service account to a release, as it was read. The error is ErrChanged, a
// *kube.Unread that is Forbidden, or says what the API server answered.
func Write(ctx context.Context, c *kube.Client, a *Account, r Release, o Options) error {
	body, err := a.patch(r, o.ServerSide)
	if err != nil {
		return err
	}
	query := url.Values{"fieldManager": {fieldManager}}
	if o.DryRun {
		query.Set("dryRun", "All")
	}
	server, client := c.Connection()
	at := server.JoinPath("api", "v1", "namespaces", a.Namespace, "serviceaccounts", a.Name)
	at.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodPatch, at.String(), bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Content-Type", "application/merge-patch+json")
	answer, err := client.Do(request)
	if err != nil {
		if u := (*url.Error)(nil); errors.As(err, &u) {
			err = u.Err // the rest of its text is the address
		}
		return &kube.ConnectError{Server: c.Server(), Context: c.Context(), Err: err}
	}
	defer func() { _ = answer.Body.Close() }() // it was read to its end, or is given up
	text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	switch {
	case answer.StatusCode/100 == 2:
		return nil
	case answer.StatusCode == http.StatusConflict || answer.StatusCode == http.StatusNotFound:
		return ErrChanged
	case answer.StatusCode == http.StatusForbidden:
		return &kube.Unread{
			What: a.String(), Kind: "ServiceAccount", Reason: kube.Forbidden,
			Permission: kube.Permission{Verb: "patch", Resource: "serviceaccounts", Namespace: a.Namespace, Name: a.Name},
		}
	case err != nil:
		return fmt.Errorf("%s: %w", a, err)
	}
	return fmt.Errorf("%s: %s", a, said(answer, text))
}

// said is the API server's reason.
func said(answer *http.Response, text []byte) string {
	var status struct{ Message string }
	if err := json.Unmarshal(text, &status); err != nil || status.Message == "" {
		return strings.TrimSpace(answer.Status)
	}
	return status.Message
}
