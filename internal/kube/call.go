package kube

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// call is one request.
type call struct {
	method string
	path   string // from the API server's root
	query  url.Values
	body   any // JSON; nil for none
	unread Unread
	// single is true for a call about one object, of which 404 speaks.
	single bool
}

const (
	// maxAnswer is the most that is read of one answer.
	maxAnswer = 256 << 20
	attempts  = 5
	longest   = 10 * time.Second
)

// waiter waits, and ends early with the context's error.
type waiter func(context.Context, time.Duration) error

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// do makes the call and decodes the answer into a value. The error is *Unread,
// *ConnectError, or the context's.
func (c *Client) do(ctx context.Context, k call, into any) error {
	for _, name := range []string{k.unread.Permission.Namespace, k.unread.Permission.Name} {
		if !segment(name) {
			u := k.unread
			u.Reason, u.Message = Failed, fmt.Sprintf("%q is no name", name)
			return &u
		}
	}
	for attempt := 1; ; attempt++ {
		status, after, body, err := c.once(ctx, k)
		switch {
		case err != nil:
			return err
		case after >= 0 && attempt < attempts:
			if err := c.wait(ctx, min(after, longest)); err != nil {
				return err
			}
		case status == http.StatusUnauthorized:
			return c.fault(errors.New("it does not accept the credentials (401 Unauthorized)"))
		case status/100 != 2:
			return refusal(k, status, body)
		default:
			return c.decode(body, into)
		}
	}
}

// segment: a name that stays where it stands in a path. Those of owners are anybody's,
// and ../secrets/x is not to be read.
func segment(name string) bool {
	return name != "." && name != ".." && !strings.ContainsAny(name, "/%?#")
}

// decode reads an answer.
func (c *Client) decode(body []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return c.fault(fmt.Errorf("answers something that is not of a Kubernetes API: %w", err))
	}
	return nil
}

func (c *Client) fault(err error) error {
	return &ConnectError{Server: c.Server(), Context: c.context, Err: err}
}

// once makes the call once. Retry is how long to wait before the next attempt, below 0
// where the answer stands.
func (c *Client) once(ctx context.Context, k call) (status int, retry time.Duration, body []byte, err error) {
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return 0, -1, nil, ctx.Err()
	}
	defer func() { <-c.slots }()
	r, err := c.request(ctx, k)
	if err != nil {
		return 0, -1, nil, c.fault(err)
	}
	answer, err := c.http.Do(r)
	if err == nil {
		defer func() { _ = answer.Body.Close() }() // it was read to its end, or is given up
		body, err = io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	}
	switch {
	case ctx.Err() != nil:
		return 0, -1, nil, ctx.Err()
	case err != nil:
		if u := (*url.Error)(nil); errors.As(err, &u) {
			err = u.Err // the rest of its text is the address
		}
		return 0, -1, nil, c.fault(err)
	case len(body) > maxAnswer:
		return 0, -1, nil, c.fault(errors.New("answers more than 256 MiB"))
	}
	return answer.StatusCode, retryAfter(answer), body, nil
}

func (c *Client) request(ctx context.Context, k call) (*http.Request, error) {
	var body io.Reader
	if k.body != nil {
		text, err := json.Marshal(k.body)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(text)
	}
	at := *c.server
	at.Path, at.RawQuery = strings.TrimSuffix(at.Path, "/")+k.path, k.query.Encode()
	r, err := http.NewRequestWithContext(ctx, k.method, at.String(), body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "application/json")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return r, nil
}

// retryAfter: an API server that is busy says when to come again; client-go's own rule.
func retryAfter(answer *http.Response) time.Duration {
	if answer.StatusCode != http.StatusTooManyRequests && answer.StatusCode/100 != 5 {
		return -1
	}
	seconds, err := strconv.Atoi(answer.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return -1
	}
	return time.Duration(seconds) * time.Second
}

// refusal makes an *Unread of an answer that is an error.
func refusal(k call, status int, body []byte) error {
	u := k.unread
	var said struct {
		Kind, Message, Reason string
	}
	_ = json.Unmarshal(body, &said) // a proxy in between answers anything
	u.Message = said.Message
	if said.Kind != "Status" || said.Message == "" {
		u.Message = fmt.Sprintf("%d %s", status, http.StatusText(status))
	}
	switch {
	case status == http.StatusForbidden:
		u.Reason = Forbidden
	case status == http.StatusGone && k.query.Has("continue"):
		return &gone{}
	case status == http.StatusNotFound && k.single:
		u.Reason = NoObject
	case status == http.StatusNotFound:
		u.Reason = NoAPI
	default:
		u.Reason = Failed
	}
	return &u
}

// gone: the rest of a list is no longer kept.
type gone struct{}

func (*gone) Error() string { return "the rest of the list has expired" }
