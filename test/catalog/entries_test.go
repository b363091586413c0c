package catalog

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/catalog"
)

// The quotas of IAM, in characters without white space
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
const (
	documentQuota = 6144
	inlineQuota   = 10240
)

var partitions = map[string]string{"aws": "eu-west-3", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}

// variant is one way to use an entry.
type variant struct {
	name       string
	parameters map[string][]string
	features   []string
}

// variants use every statement of an entry: its example, every parameter without features,
// with all, and with each.
func variants(e catalog.Entry) []variant {
	out := []variant{{"example", e.Example.Parameters, e.Example.Features}, {"example without features", e.Example.Parameters, nil}}
	full := map[string][]string{}
	for _, p := range e.Parameters {
		full[p.Name] = []string{p.Sample()}
	}
	var names []string
	for _, f := range e.Features {
		out = append(out, variant{"feature " + f.Name, full, []string{f.Name}})
		names = append(names, f.Name)
	}
	return append(out, variant{"every parameter", full, nil}, variant{"everything", full, names})
}

// build makes the policy in a partition. Nothing is known of the cluster's AWS account, so
// that documents that need it are found.
func build(e catalog.Entry, v variant, partition string) (*catalog.Policy, error) {
	parameters := map[string][]string{}
	for name, values := range v.parameters {
		for _, value := range values {
			parameters[name] = append(parameters[name], strings.ReplaceAll(value, "arn:aws:", "arn:"+partition+":"))
		}
	}
	return e.Build(catalog.Request{Parameters: parameters, Features: v.features,
		Target: catalog.Target{Partition: partition, Region: partitions[partition], ClusterName: "my_cluster"}})
}

// checkEntry says what is wrong with an entry.
func (d *iamData) checkEntry(e catalog.Entry) []string {
	wrong := map[string]bool{}
	why, used := reasons(e), map[string]bool{}
	for partition := range partitions {
		for _, v := range variants(e) {
			p, err := build(e, v, partition)
			if err != nil {
				wrong[fmt.Sprintf("%s, %s: %v", v.name, partition, err)] = true
				continue
			}
			for _, w := range d.checkPolicy(p, partition, why, used) {
				wrong[w] = true
			}
		}
	}
	for _, s := range e.Statements {
		if !used[s.Sid+" "+s.Actions[0]] {
			wrong[fmt.Sprintf("no use of the entry has the statement %s %s", s.Sid, s.Actions[0])] = true
		}
	}
	return slices.Sorted(maps.Keys(wrong))
}

func (d *iamData) checkPolicy(p *catalog.Policy, partition string, why, used map[string]bool) (wrong []string) {
	whole := 0
	for _, doc := range p.Documents {
		if whole += len(doc.JSON); len(doc.JSON) > documentQuota {
			wrong = append(wrong, fmt.Sprintf("%s has %d characters, of which IAM takes %d", doc.Name, len(doc.JSON), documentQuota))
		}
		if partition != "aws" && strings.Contains(string(doc.JSON), "arn:aws:") {
			wrong = append(wrong, doc.Name+" has an ARN of the partition aws in "+partition)
		}
		statements, err := statementsOf(doc.JSON)
		if err != nil {
			wrong = append(wrong, doc.Name+": "+err.Error())
		}
		for _, s := range statements {
			id := s.Sid + " " + s.Action[0]
			used[id] = true
			for _, w := range d.check(s, why[id]) {
				wrong = append(wrong, fmt.Sprintf("statement %s: %s", s.Sid, w))
			}
		}
	}
	if whole > inlineQuota {
		wrong = append(wrong, fmt.Sprintf("all documents have %d characters, of which a role takes %d", whole, inlineQuota))
	}
	for _, arn := range p.ManagedARNs {
		if !d.managed[strings.Replace(arn, ":"+partition+":", ":aws:", 1)] {
			wrong = append(wrong, "AWS has no policy "+arn)
		}
	}
	return wrong
}

// TestEntries holds every document of the catalogue against the data of IAM.
func TestEntries(t *testing.T) {
	t.Parallel()
	d := openData(t)
	entries := catalog.Entries()
	if len(entries) < 40 {
		t.Fatalf("only %d entries", len(entries))
	}
	for _, e := range entries {
		for _, w := range d.checkEntry(e) {
			t.Errorf("%s: %s", e.Name, w)
		}
	}
	t.Logf("%d entries", len(entries))
}

// TestCheckFails: the check finds what is wrong in a copy of the catalogue.
func TestCheckFails(t *testing.T) {
	t.Parallel()
	d := openData(t)
	for name, c := range map[string]struct{ entry, old, new, want string }{
		"a misspelt action":        {"velero", "s3:PutObjectTagging", "s3:PutObjectTaging", "there is no action s3:PutObjectTaging"},
		"an unknown service":       {"velero", "s3:PutObjectTagging", "s4:PutObject", "there is no action s4:PutObject"},
		"small letters":            {"velero", "s3:PutObjectTagging", "s3:putObjectTagging", "there is no action s3:putObjectTagging"},
		"objects for a bucket":     {"velero", "${buckets.bucket}", "${buckets.objects}", "s3:ListBucket takes none of arn:aws:s3:::my-bucket/prefix/*"},
		"a resource nobody takes":  {"velero", "'${buckets.bucket}'", "'${buckets.bucket}', 'arn:${partition}:sqs:*:*:x'", "no action of the statement takes arn:aws:sqs:*:*:x"},
		"all, where one is taken":  {"velero", "'${buckets.bucket}'", "'*'", "s3:ListBucket takes a resource (accesspoint), and the statement is for all"},
		"one, where none is taken": {"externalDNS", "resources: ['*']", "resources: ['arn:${partition}:route53:::hostedzone/*']", "route53:ListHostedZones takes no resource, so that only * allows it"},
		"an unknown condition key": {"externalDNS", "SetsNormalizedRecordNames", "SetNormalizedRecordNames", "route53:ChangeResourceRecordSets does not know the key route53:ChangeResourceRecordSetNormalizedRecordNames"},
		"a managed policy's path":  {"ebsCSIController", "AmazonEBSCSIDriverPolicyV2", "service-role/AmazonEBSCSIDriverPolicyV2", "AWS has no policy arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicyV2"},
		"a partition":              {"velero", "arn:${partition}:ec2", "arn:aws:ec2", "velero has an ARN of the partition aws in aws-cn"},
		"a statement never used":   {"velero", "unless: noSnapshots", "when: snapshots", "no use of the entry has the statement FindVolumes ec2:DescribeVolumes"},
		"an example that is wrong": {"velero", "buckets: [backups/prod]", "buckets: [Backups]", `"Backups" is not a bucket`},
		"a document that is large": {"velero", "sid: FindVolumes", "sid: FindVolumes" + strings.Repeat("X", documentQuota), "velero has"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(filepath.Join("..", "..", "pkg", "catalog", "entries", c.entry+".yaml"))
			if err != nil {
				t.Fatal(err)
			}
			changed := strings.ReplaceAll(string(text), c.old, c.new)
			if changed == string(text) {
				t.Fatalf("the entry has no %s", c.old)
			}
			folder := t.TempDir()
			if err := os.WriteFile(filepath.Join(folder, c.entry+".yaml"), []byte(changed), 0o644); err != nil {
				t.Fatal(err)
			}
			entries, err := catalog.Read(os.DirFS(folder))
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(d.checkEntry(entries[0]), "\n"); !strings.Contains(got, c.want) {
				t.Errorf("got:\n%s\nwant: %s", got, c.want)
			}
		})
	}
}
