package localaws

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"time"
)

// eksAuth is the service that one of the operations belongs to, as its permission and its
// signature name it.
const (
	eksAuth      = "eks-auth"
	podOperation = "AssumeRoleForPodIdentity"
)

// eksRoute is one operation of EKS, or of EKS Auth, and where it is found
// (https://docs.aws.amazon.com/eks/latest/APIReference/API_Operations.html).
type eksRoute struct {
	method, path, operation string
	run                     operation
}

var eksRoutes = []eksRoute{
	{http.MethodGet, "/clusters", "ListClusters", (*call).listClusters},
	{http.MethodGet, "/clusters/{clusterName}", "DescribeCluster", (*call).describeCluster},
	{http.MethodGet, "/clusters/{clusterName}/node-groups", "ListNodegroups", (*call).listNodegroups},
	{http.MethodGet, "/clusters/{clusterName}/node-groups/{nodegroupName}", "DescribeNodegroup", (*call).describeNodegroup},
	{http.MethodPost, "/clusters/{clusterName}/pod-identity-associations", "CreatePodIdentityAssociation", (*call).createAssociation},
	{http.MethodGet, "/clusters/{clusterName}/pod-identity-associations", "ListPodIdentityAssociations", (*call).listAssociations},
	{http.MethodGet, "/clusters/{clusterName}/pod-identity-associations/{associationId}", "DescribePodIdentityAssociation", (*call).describeAssociation},
	{http.MethodPost, "/clusters/{clusterName}/pod-identity-associations/{associationId}", "UpdatePodIdentityAssociation", (*call).updateAssociation},
	{http.MethodDelete, "/clusters/{clusterName}/pod-identity-associations/{associationId}", "DeletePodIdentityAssociation", (*call).deleteAssociation},
	{http.MethodPost, "/clusters/{clusterName}/assume-role-for-pod-identity", podOperation, (*call).assumeRoleForPodIdentity},
	{http.MethodPost, "/tags/{resourceArn}", "TagResource", (*call).tagResource},
	{http.MethodDelete, "/tags/{resourceArn}", "UntagResource", (*call).untagResource},
}

// match reads the parts of the path that the route names.
func (e eksRoute) match(method string, path []string, into params) bool {
	want := strings.Split(e.path, "/")
	if method != e.method || len(path) != len(want) {
		return false
	}
	for i, part := range want {
		name, isName := strings.CutPrefix(part, "{")
		if !isName && part != path[i] || path[i] == "" && i > 0 {
			return false
		}
		if isName {
			into[strings.TrimSuffix(name, "}")] = []string{path[i]}
		}
	}
	return true
}

func (q *request) routeEKS(r *http.Request) {
	q.Service, q.protocol = "eks", restProtocol{}
	path := strings.Split(r.URL.EscapedPath(), "/")
	for i := range path {
		path[i], _ = url.PathUnescape(path[i]) // net/http has parsed it
	}
	q.Operation = r.Method + " " + r.URL.Path
	for _, e := range eksRoutes {
		q.path = params(r.URL.Query())
		if e.match(r.Method, path, q.path) {
			q.Operation, q.run = e.operation, e.run
			if e.operation == podOperation {
				q.Service = eksAuth
			}
			break
		}
	}
	q.Args = keep(q.path)
	var body map[string]any
	if json.Unmarshal(q.body, &body) == nil {
		for _, name := range logged {
			if text, ok := body[name].(string); ok {
				q.Args[name] = text
			}
		}
	}
}

// restProtocol writes JSON (https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html).
type restProtocol struct{}

func (p restProtocol) result(_ string, value any, id string) reply {
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(value); err != nil {
		return p.fault(asAPIError(err), id)
	}
	return reply{http.StatusOK, map[string]string{"Content-Type": "application/json"}, b.Bytes()}
}

func (restProtocol) fault(e *apiError, _ string) reply {
	body, _ := json.Marshal(map[string]string{"message": e.message}) // strings always marshal
	return reply{e.status, map[string]string{"Content-Type": "application/json", "X-Amzn-ErrorType": e.code}, body}
}

func notFound(format string, args ...any) error {
	return refuse(http.StatusNotFound, "ResourceNotFoundException", format, args...)
}

func invalidParameter(format string, args ...any) error {
	return refuse(http.StatusBadRequest, "InvalidParameterException", format, args...)
}

// epoch is how REST with JSON tells time: in seconds.
func epoch(t time.Time) float64 { return float64(t.Unix()) }

// eksPage is a list of names in pages, by maxResults (100 where the caller does not
// say) and nextToken.
func (c *call) eksPage(field string, names []string) (any, error) {
	most := 100
	if text := c.path.get("maxResults"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 100 {
			return nil, invalidParameter("maxResults must be between 1 and 100")
		}
		most = n
	}
	sort.Strings(names)
	if text := c.path.get("nextToken"); text != "" {
		last, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil {
			return nil, invalidParameter("Invalid nextToken")
		}
		names = names[sort.Search(len(names), func(i int) bool { return names[i] > string(last) }):]
	}
	out := map[string]any{}
	if len(names) > most {
		names = names[:most]
		out["nextToken"] = base64.RawURLEncoding.EncodeToString([]byte(names[most-1]))
	}
	out[field] = append([]string{}, names...)
	return out, nil
}
