package conformance

import (
	"flag"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ekstypes "github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// vpc is what moto needs to make a cluster.
var vpc = &ekstypes.VpcConfigRequest{SubnetIds: []string{"subnet-1", "subnet-2"}}

// scenarios are run against both, each in an AWS account of its own.
var scenarios = map[string]func(*testing.T, *env){
	"providers":           providers,
	"provider tags":       providerTags,
	"provider faults":     providerFaults,
	"provider client IDs": providerClientIDs,
	"policies":            policies,
	"policy documents":    policyDocuments,
	"policy versions":     policyVersions,
	"policy deletion":     policyDeletion,
	"policy lists":        policyLists,
	"roles":               roles,
	"role faults":         roleFaults,
	"role changes":        roleChanges,
	"role documents":      roleDocuments,
	"role lists":          roleLists,
	"deleted principals":  deletedPrincipals,
	"tags":                tags,
	"boundary":            boundary,
	"attachments":         attachments,
	"inline policies":     inlinePolicies,
	"entities":            entities,
	"details":             details,
	"summary":             summary,
	"quotas":              quotas,
	"missing":             missing,
	"sessions":            sessions,
	"web identity":        webIdentity,
	"clusters":            clusters,
	"pod identity":        podIdentity,
}

func TestLocalAWS(t *testing.T) {
	t.Parallel()
	run(t, startLocal(t))
}

func TestMoto(t *testing.T) {
	t.Parallel()
	b := startMoto(t)
	t.Cleanup(func() {
		some := strings.Contains(flag.Lookup("test.run").Value.String(), "/")
		if unused := b.unused(); len(unused) > 0 && !some && !t.Failed() {
			t.Errorf("no scenario comes across these differences: %s", strings.Join(unused, ", "))
		}
	})
	run(t, b)
}

func run(t *testing.T, b *backend) {
	b.used = map[string]bool{}
	for name, scenario := range scenarios {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scenario(t, b.env(t))
		})
	}
}

const (
	readBucket = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::epinio/*"}]}`
	trustEC2   = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}`
	s3ReadOnly = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
)

func ptr[T any](v T) *T { return &v }

// decoded is a document as IAM returns it, in clear.
func (e *env) decoded(t *testing.T, difference string, document *string) string {
	t.Helper()
	problem := ""
	if strings.ContainsAny(aws.ToString(document), "{ +") {
		problem = "document is not URL-encoded: " + *document
	}
	e.alike(t, difference, problem)
	text, err := url.PathUnescape(aws.ToString(document))
	if err != nil {
		t.Error(err)
	}
	return text
}

// pairs are tags as a map.
func pairs(tags []types.Tag) map[string]string {
	out := map[string]string{}
	for _, tag := range tags {
		out[*tag.Key] = *tag.Value
	}
	return out
}

func tag(key, value string) types.Tag { return types.Tag{Key: &key, Value: &value} }
