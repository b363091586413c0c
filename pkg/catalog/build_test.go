package catalog

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

var paris = Target{Partition: "aws", Region: "eu-west-3", AccountID: "111122223333", ClusterName: "prod"}

// TestBuildDocuments: what parameters, features and the target make of documents.
func TestBuildDocuments(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		entry string
		r     Request
		want  []string
		not   []string
	}{
		"default": {"externalDNS", Request{Target: paris},
			[]string{`"Resource":"arn:aws:route53:::hostedzone/*"`}, []string{"Condition", "servicediscovery"}},
		"values, each": {"externalDNS", Request{Parameters: map[string][]string{"hostedZoneIDs": {"Z1A", "Z2B"}, "recordNames": {"*.example.org"}}, Target: paris},
			[]string{`"Resource":["arn:aws:route53:::hostedzone/Z1A","arn:aws:route53:::hostedzone/Z2B"]`, `"route53:ChangeResourceRecordSetsNormalizedRecordNames":"*.example.org"`}, []string{"hostedzone/*"}},
		"a feature": {"externalDNS", Request{Features: []string{"cloudMap"}, Target: paris}, []string{"servicediscovery:RegisterInstance", "arn:aws:servicediscovery:eu-west-3:111122223333:service/*"}, nil},
		"a feature that takes away": {"velero", Request{Parameters: map[string][]string{"buckets": {"b-1"}}, Features: []string{"noSnapshots"}, Target: paris},
			[]string{`"arn:aws:s3:::b-1"`, `"arn:aws:s3:::b-1/*"`}, []string{"ec2:"}},
		"a prefix": {"velero", Request{Parameters: map[string][]string{"buckets": {"b-1/x/y/"}}, Target: paris},
			[]string{`"arn:aws:s3:::b-1"`, `"arn:aws:s3:::b-1/x/y/*"`}, nil},
		"a bucket by ARN": {"velero", Request{Parameters: map[string][]string{"buckets": {"arn:aws-cn:s3:::b-1/x"}}, Target: Target{Partition: "aws-cn"}},
			[]string{`"arn:aws-cn:s3:::b-1"`, `"arn:aws-cn:s3:::b-1/x/*"`}, []string{"arn:aws:"}},
		"not given, and so not there":      {"autoScaler", Request{Target: paris}, []string{`"aws:ResourceTag/k8s.io/cluster-autoscaler/prod":"owned"`}, []string{"ScaleNamedGroups"}},
		"given instead":                    {"autoScaler", Request{Parameters: map[string][]string{"autoScalingGroups": {"a", "b"}}, Target: paris}, []string{"autoScalingGroupName/a", "autoScalingGroupName/b"}, []string{"owned", "ScaleTaggedGroups"}},
		"an AWS account that is not known": {"autoScaler", Request{Target: Target{Partition: "aws", Region: "eu-west-3", ClusterName: "prod"}}, []string{"arn:aws:eks:eu-west-3:*:nodegroup/prod/*/*"}, nil},
		"variables of IAM":                 {"cniMetricsHelper", Request{}, []string{`"cloudwatch:namespace":"Kubernetes"`}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := Build(c.entry, c.r)
			if err != nil {
				t.Fatal(err)
			}
			text := ""
			for _, d := range p.Documents {
				text += string(d.JSON)
			}
			for _, w := range c.want {
				if !strings.Contains(text, w) {
					t.Errorf("no %s in %s", w, text)
				}
			}
			for _, n := range c.not {
				if strings.Contains(text, n) {
					t.Errorf("%s in %s", n, text)
				}
			}
		})
	}
}

func TestBuildManaged(t *testing.T) {
	t.Parallel()
	for features, want := range map[string]string{"": "arn:aws-us-gov:iam::aws:policy/AmazonEBSCSIDriverPolicyV2", "clusterScoped": "arn:aws-us-gov:iam::aws:policy/AmazonEBSCSIDriverEKSClusterScopedPolicy"} {
		p, err := Build("ebsCSIDriver", Request{Features: slices.DeleteFunc([]string{features}, func(s string) bool { return s == "" }), Target: Target{Partition: "aws-us-gov"}})
		if err != nil || !slices.Equal(p.ManagedARNs, []string{want}) || len(p.Documents) != 0 || p.Entry.Name != "ebsCSIController" {
			t.Errorf("%q: %+v, %v", features, p, err)
		}
	}
}

// TestParts: documents that would be too long together are apart, under names that begin with
// the entry's.
func TestParts(t *testing.T) {
	t.Parallel()
	p, err := Build("karpenter", Request{Parameters: map[string][]string{"nodeRoles": {"arn:aws:iam::111122223333:role/n"}}, Target: paris})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, d := range p.Documents {
		names = append(names, d.Name)
	}
	if want := []string{"karpenter-nodeLifecycle", "karpenter-instanceProfiles", "karpenter"}; !slices.Equal(names, want) {
		t.Errorf("%v, want %v", names, want)
	}
}

func TestBuildFaults(t *testing.T) {
	t.Parallel()
	arn := func(service, rest string) string { return "arn:aws:" + service + ":eu-west-3:111122223333:" + rest }
	for name, c := range map[string]struct {
		entry string
		r     Request
		want  string
	}{
		"unknown entry":                      {"externaDNS", Request{}, `externaDNS: the catalogue has no entry "externaDNS"; did you mean "externalDNS"?`},
		"a chart's name":                     {"cluster-autoscaler", Request{}, `cluster-autoscaler: the catalogue has no entry "cluster-autoscaler"; did you mean "autoScaler"?`},
		"nothing like it":                    {"quux", Request{}, `quux: the catalogue has no entry "quux"; helm irsa catalog lists them`},
		"missing":                            {"velero", Request{Target: paris}, `velero: the parameter buckets is missing (The bucket of the backups, with its prefix where it has one); add velero: {buckets: [backups/prod]}`},
		"none of several":                    {"flux", Request{Target: paris}, `flux: at least one of these is needed: sopsKeys, buckets, repositories, gitRepositories; helm irsa catalog flux shows them`},
		"malformed":                          {"externalDNS", Request{Parameters: map[string][]string{"hostedZoneIDs": {"Z1A", "example.org"}}, Target: paris}, `externalDNS: hostedZoneIDs: "example.org" is not a hosted zone; write the zone's ID, such as Z0123456789`},
		"unknown parameter":                  {"externalDNS", Request{Parameters: map[string][]string{"hostedZoneIds": {"Z1A"}}, Target: paris}, `externalDNS: hostedZoneIds: unknown parameter; did you mean "hostedZoneIDs"?`},
		"a misspelt one that is needed":      {"velero", Request{Parameters: map[string][]string{"bucket": {"abc"}}, Target: paris}, `velero: bucket: unknown parameter; did you mean "buckets"?`},
		"a misspelt one of several":          {"flux", Request{Parameters: map[string][]string{"bucket": {"abc"}}, Target: paris}, `flux: bucket: unknown parameter; did you mean "buckets"?`},
		"none like it":                       {"externalDNS", Request{Parameters: map[string][]string{"buckets": {"b"}}, Target: paris}, `externalDNS: buckets: unknown parameter; known here: hostedZoneIDs, recordNames`},
		"no parameters at all":               {"vpcCNI", Request{Parameters: map[string][]string{"buckets": {"b"}}, Target: paris}, `vpcCNI: buckets: unknown parameter; vpcCNI has no parameters`},
		"unknown feature":                    {"externalDNS", Request{Features: []string{"cloudmap"}, Target: paris}, `externalDNS: features: unknown feature "cloudmap"; did you mean "cloudMap"?`},
		"a feature without what it is about": {"fluentBit", Request{Parameters: map[string][]string{"buckets": {"abc"}}, Features: []string{"createLogGroups"}, Target: paris}, `fluentBit: features: the feature createLogGroups adds nothing without logGroups; add that, or drop the feature`},
		"a feature without the one thing":    {"flux", Request{Parameters: map[string][]string{"buckets": {"abc"}}, Features: []string{"push"}, Target: paris}, `flux: features: the feature push adds nothing without gitRepositories; add that, or drop the feature`},
		"no features":                        {"chartMuseum", Request{Parameters: map[string][]string{"buckets": {"abc"}}, Features: []string{"x"}, Target: paris}, `chartMuseum: features: unknown feature "x"; chartMuseum has no features`},
		"a feature twice":                    {"externalDNS", Request{Features: []string{"cloudMap", "cloudMap"}, Target: paris}, `externalDNS: features: "cloudMap" is listed twice; drop one`},
		"another partition":                  {"vault", Request{Parameters: map[string][]string{"keys": {arn("kms", "key/1")}}, Target: Target{Partition: "aws-cn"}}, `vault: keys: "arn:aws:kms:eu-west-3:111122223333:key/1" is of partition aws, and the cluster is in aws-cn; write arn:aws-cn:…`},
		"a bucket of another":                {"velero", Request{Parameters: map[string][]string{"buckets": {"arn:aws:s3:::abc"}}, Target: Target{Partition: "aws-cn"}}, `velero: buckets: "arn:aws:s3:::abc" is of partition aws, and the cluster is in aws-cn; write arn:aws-cn:…`},
		"another service":                    {"vault", Request{Parameters: map[string][]string{"keys": {arn("sqs", "q")}}, Target: paris}, `vault: keys: "arn:aws:sqs:eu-west-3:111122223333:q" is an ARN of sqs, not of kms; write the key's ARN`},
		"an alias":                           {"vault", Request{Parameters: map[string][]string{"keys": {arn("kms", "alias/a")}}, Target: paris}, `vault: keys: "arn:aws:kms:eu-west-3:111122223333:alias/a" is not the ARN of a KMS key; write the key's ARN`},
		"a name for an ARN":                  {"vault", Request{Parameters: map[string][]string{"keys": {"key/1"}}, Target: paris}, `vault: keys: "key/1" is not the ARN of a KMS key`},
		"an unknown partition":               {"vault", Request{Parameters: map[string][]string{"keys": {"arn:aws-moon:kms:eu-west-3:111122223333:key/1"}}, Target: paris}, `vault: keys: "arn:aws-moon:kms:eu-west-3:111122223333:key/1" is not the ARN of a KMS key`},
		"a short AWS account":                {"vault", Request{Parameters: map[string][]string{"keys": {"arn:aws:kms:eu-west-3:1111:key/1"}}, Target: paris}, `is not the ARN of a KMS key`},
		"a region for a role":                {"argoCD", Request{Parameters: map[string][]string{"clusterRoles": {arn("iam", "role/r")}}, Target: paris}, `is not the ARN of a role`},
		"a secret's name":                    {"secretsStoreCSI", Request{Parameters: map[string][]string{"secrets": {arn("secretsmanager", "secret:shop/db")}}, Target: paris}, `AWS adds six characters to each name`},
		"no partition":                       {"velero", Request{Parameters: map[string][]string{"buckets": {"abc"}}}, `velero: needs the cluster's region, which says the partition of ARNs, which is not known here; add to irsa.yaml: cluster.region: eu-west-3, or set AWS_REGION`},
		"no name":                            {"autoScaler", Request{Target: Target{Partition: "aws", Region: "eu-west-3"}}, `autoScaler: needs the cluster's name, which is not known here; add to irsa.yaml: cluster.name: my-cluster`},
		"no region":                          {"karpenter", Request{Parameters: map[string][]string{"nodeRoles": {"arn:aws:iam::111122223333:role/n"}}, Target: Target{Partition: "aws", ClusterName: "prod"}}, `karpenter: needs the cluster's region, which is not known here`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := Build(c.entry, c.r)
			var all *Error
			if !errors.As(err, &all) || p != nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
			if len(all.Faults) != 1 {
				t.Errorf("%d faults: %v", len(all.Faults), err)
			}
		})
	}
}

// TestWildcards: values that IAM matches as patterns are taken where an ARN is.
func TestWildcards(t *testing.T) {
	t.Parallel()
	for typ, values := range map[string][]string{
		"key":       {"arn:aws:kms:*:111122223333:key/*", "arn:aws:kms:eu-west-3:*:key/mrk-1"},
		"secret":    {"arn:aws:secretsmanager:*:*:secret:a/b-??????", "arn:aws:secretsmanager:*:*:secret:a/*", "arn:aws:secretsmanager:*:*:secret:a-Ab12Cd"},
		"parameter": {"arn:aws:ssm:*:*:parameter/a/b*"},
		"queue":     {"arn:aws:sqs:*:*:orders-*", "arn:aws:sqs:*:*:orders.fifo"},
		"bucket":    {"logs-*", "a.b-c", "abc/p=1/", "abc/x/y", "abc/"},
		"role":      {"arn:aws:iam::*:role/path/name"},
	} {
		for _, v := range values {
			if message, _ := check(typ, v, "aws"); message != "" {
				t.Errorf("%s: %s", typ, message)
			}
		}
	}
	for typ, values := range map[string][]string{
		"key":              {"", "arn", "arn:aws:kms:eu-west-3:111122223333", "arn:aws:kms::111122223333:key/1", "arn:aws:kms:eu-west-3:111122223333:key/${x}"},
		"parameter":        {"arn:aws:ssm:*:*:parameter//a", "arn:aws:ssm:*:*:a"},
		"bucket":           {"A", "a b", "abc/*", "abc//", "abc//x", "abc/x//", "abc/${x}", "arn:aws:s3:eu-west-3::abc"},
		"autoScalingGroup": {"a:b", "arn:aws:autoscaling:eu-west-3:111122223333:autoScalingGroup:x:autoScalingGroupName/y", "a/b"},
		"recordName":       {"Example.org", "a b", "example.org\n"},
	} {
		for _, v := range values {
			if message, hint := check(typ, v, "aws"); message == "" || hint == "" {
				t.Errorf("%s takes %q: %q, %q", typ, v, message, hint)
			}
		}
	}
}

// TestRead: an entry is read strictly.
func TestRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, text, want string }{
		"unknown field": {"a.yaml", "name: a\ntitel: A\n", "field titel not found"},
		"other name":    {"a.yaml", "name: b\n", "a.yaml: the entry is called b"},
		"two documents": {"a.yaml", "name: a\n---\nname: b\n", "more than one document"},
		"no YAML":       {"a.yaml", "name: [\n", "a.yaml: yaml:"},
		"no entries":    {"a.txt", "", "no entries"},
	} {
		_, err := Read(fstest.MapFS{c.file: {Data: []byte(c.text)}})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}
