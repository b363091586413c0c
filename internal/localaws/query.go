package localaws

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// params are arguments by name, in the AWS Query protocol's form: lists are
// Name.member.1, Name.member.2 and so on
// (https://smithy.io/2.0/aws/protocols/aws-query-protocol.html).
type params url.Values

func (p params) get(name string) string {
	if v := p[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

func (p params) has(name string) bool { _, ok := p[name]; return ok }

// list is nil where there is no such list or it is empty.
func (p params) list(name string) []string {
	var out []string
	for i := 1; ; i++ {
		key := fmt.Sprintf("%s.member.%d", name, i)
		if !p.has(key) {
			return out
		}
		out = append(out, p.get(key))
	}
}

// tags reads Tags.member.1.Key, Tags.member.1.Value and so on.
func (p params) tags() []Tag {
	var out []Tag
	for i := 1; ; i++ {
		prefix := fmt.Sprintf("Tags.member.%d.", i)
		if !p.has(prefix + "Key") {
			return out
		}
		out = append(out, Tag{p.get(prefix + "Key"), p.get(prefix + "Value")})
	}
}

// number reads an integer between least and most; fallback where it is absent.
func (p params) number(name string, fallback, least, most int) (int, error) {
	text := p.get(name)
	if text == "" {
		return fallback, nil
	}
	n, err := strconv.Atoi(text)
	parameter := lowerFirst(name)
	switch {
	case err != nil:
		return 0, refuse(http.StatusBadRequest, "MalformedInput", "%s is not a number", parameter)
	case n < least:
		return 0, constraint(text, parameter, fmt.Sprintf("have value greater than or equal to %d", least))
	case n > most:
		return 0, constraint(text, parameter, fmt.Sprintf("have value less than or equal to %d", most))
	}
	return n, nil
}

// lowerFirst: IAM's validation messages name parameters with a small first letter.
func lowerFirst(name string) string { return strings.ToLower(name[:1]) + name[1:] }

// queryProtocol writes XML in a service's name space.
type queryProtocol struct{ namespace string }

// empty is the result of an action that returns an element without content.
type empty struct{}

func (p queryProtocol) result(operation string, value any, id string) reply {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<%sResponse xmlns="%s">`, operation, p.namespace)
	if value != nil {
		start := xml.StartElement{Name: xml.Name{Local: operation + "Result"}}
		if err := xml.NewEncoder(&b).EncodeElement(value, start); err != nil {
			return p.fault(asAPIError(err), id)
		}
	}
	fmt.Fprintf(&b, `<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></%sResponse>`, id, operation)
	return reply{http.StatusOK, xmlHeader, b.Bytes()}
}

func (p queryProtocol) fault(e *apiError, id string) reply {
	blame := "Sender"
	if e.status >= http.StatusInternalServerError {
		blame = "Receiver"
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `<ErrorResponse xmlns="%s"><Error><Type>%s</Type><Code>%s</Code><Message>`, p.namespace, blame, e.code)
	_ = xml.EscapeText(&b, []byte(e.message)) // a bytes.Buffer takes all
	fmt.Fprintf(&b, `</Message></Error><RequestId>%s</RequestId></ErrorResponse>`, id)
	return reply{e.status, xmlHeader, b.Bytes()}
}

var xmlHeader = map[string]string{"Content-Type": "text/xml"}

// members is a list, written as an element with a <member> for each; an empty one
// as an element without any.
type members[T any] struct {
	Member []T `xml:"member"`
}

func list[T any](items []T) members[T] { return members[T]{items} }

// optional is a list that is left out where it is empty.
func optional[T any](items []T) *members[T] {
	if len(items) == 0 {
		return nil
	}
	return &members[T]{items}
}

// date writes a time the way IAM and STS do: in UTC, to the second.
func date(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// encoded is a policy document as IAM returns it: "URL-encoded compliant with
// RFC 3986" (https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html).
func encoded(document string) string {
	return strings.ReplaceAll(url.QueryEscape(document), "+", "%20")
}
