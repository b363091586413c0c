package kube

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
)

// maxAnswer is the most that is read of one answer.
const maxAnswer = 256 << 20

// bounded ends answers that have more than most bytes: client-go reads them whole.
type bounded struct {
	http.RoundTripper
	most int64
}

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		answer.Body = http.MaxBytesReader(nil, answer.Body, b.most)
	}
	return answer, err
}

// ask makes a call, or those of one list, and says what an error of it means. Unread is what
// the call is about; its Reason is what an answer of 404 means. The error is *Unread,
// *ConnectError, or the context's.
func (c *Client) ask(ctx context.Context, u Unread, call func(context.Context) error) error {
	for _, name := range []string{u.Permission.Namespace, u.Permission.Name} {
		if !segment(name) {
			u.Reason, u.Message = Failed, fmt.Sprintf("%q is no name", name)
			return &u
		}
	}
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-c.slots }()
	err := call(klog.NewContext(ctx, klog.Logger{})) // client-go would write to stderr by itself
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return c.refusal(u, err)
}

// segment: a name that stays where it stands in a path. Those of owners are anybody's,
// and ../secrets/x is not to be read.
func segment(name string) bool { return len(rest.IsValidPathSegmentName(name)) == 0 }

// refusal says what the error of a call means.
func (c *Client) refusal(u Unread, err error) error {
	var said apierrors.APIStatus
	connection, tooLong := (*url.Error)(nil), (*http.MaxBytesError)(nil)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &connection):
		return c.fault(connection.Err) // the rest of its text is the address
	case errors.As(err, &tooLong):
		return c.fault(fmt.Errorf("answers more than %d bytes", tooLong.Limit))
	case !errors.As(err, &said):
		return c.fault(err)
	case apierrors.IsUnauthorized(err):
		return c.fault(errors.New("it does not accept the credentials (401 Unauthorized)"))
	case apierrors.IsForbidden(err):
		u.Reason = Forbidden
	case !apierrors.IsNotFound(err):
		u.Reason = Failed
	}
	u.Message = said.Status().Message
	if u.Message == "" || apierrors.HasStatusCause(err, metav1.CauseTypeUnexpectedServerResponse) { // a proxy in between answers anything
		code := int(said.Status().Code)
		u.Message = fmt.Sprintf("%d %s", code, http.StatusText(code))
	}
	return &u
}

func (c *Client) fault(err error) error {
	return &ConnectError{Server: c.Server(), Context: c.context, Err: err}
}

// one makes one call, and decodes the answer. The error is as of ask.
func (c *Client) one(ctx context.Context, u Unread, r *rest.Request, into any) error {
	return c.ask(ctx, u, func(ctx context.Context) error { return decode(r.Do(ctx), into) })
}

// decode reads an answer, in one pass and with numbers as they came. client-go's dynamic
// client goes over a list several times: 5,000 pods took it 2.5 times as long. And where an
// answer has no kind, it quotes all of it in the error, which may be a token.
func decode(answer rest.Result, into any) error {
	if err := answer.Error(); err != nil {
		return err
	}
	body, err := answer.Raw()
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("answers something that is not of a Kubernetes API: %w", err)
	}
	return nil
}
