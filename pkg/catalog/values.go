package catalog

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// valueType is what a parameter's values look like.
type valueType struct {
	what string // "a hosted zone"
	// pattern is that of a value, or of the resource part of an ARN where service is given.
	pattern string
	write   string // what to write instead
	service string
	// global is true for ARNs without a region.
	global bool
	// sample is a value, in the standard partition.
	sample string
}

// The name of a thing with wildcards, as IAM matches them.
const word = `[A-Za-z0-9_.*?-]+`

// valueTypes are the types of parameters. The forms of ARNs are those of the Service
// Authorization Reference (https://docs.aws.amazon.com/service-authorization/latest/reference/).
var valueTypes = map[string]valueType{
	// https://docs.aws.amazon.com/Route53/latest/APIReference/API_HostedZone.html
	"hostedZone": {what: "a hosted zone", sample: "Z0123456789", pattern: `^Z[A-Z0-9]{1,31}$`, write: "write the zone's ID, such as Z0123456789"},
	// A name, or its ARN, and a prefix for the objects in it. Names:
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
	"bucket":               {what: "a bucket", sample: "my-bucket/prefix", pattern: `^(arn:[a-z-]+:s3:::)?[a-z0-9*?][a-z0-9.*?-]{1,62}(/[A-Za-z0-9!_.'()=-]+)*/?$`, write: "write its name, such as my-bucket, or its ARN; a prefix goes behind it: my-bucket/prefix"},
	"key":                  {what: "a KMS key", sample: "arn:aws:kms:eu-west-3:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab", service: "kms", pattern: `^key/[A-Za-z0-9*?-]+$`, write: "write the key's ARN, arn:PARTITION:kms:REGION:ACCOUNT:key/ID; the ARN of an alias allows nothing on its key"},
	"secret":               {what: "a secret", sample: "arn:aws:secretsmanager:eu-west-3:111122223333:secret:app/db-??????", service: "secretsmanager", pattern: `^secret:([A-Za-z0-9/_+=.@!*?-]*\*|[A-Za-z0-9/_+=.@!*?-]+-[A-Za-z0-9?]{6})$`, write: "write the secret's ARN, arn:PARTITION:secretsmanager:REGION:ACCOUNT:secret:NAME-??????: AWS adds six characters to each name"},
	"parameter":            {what: "a parameter", sample: "arn:aws:ssm:eu-west-3:111122223333:parameter/app/*", service: "ssm", pattern: `^parameter/[A-Za-z0-9_.*?-][A-Za-z0-9_.*?/-]*$`, write: "write the parameter's ARN, arn:PARTITION:ssm:REGION:ACCOUNT:parameter/NAME, with one slash before the name"},
	"queue":                {what: "a queue", sample: "arn:aws:sqs:eu-west-3:111122223333:my-queue", service: "sqs", pattern: `^` + word + `$`, write: "write the queue's ARN, arn:PARTITION:sqs:REGION:ACCOUNT:NAME"},
	"topic":                {what: "a topic", sample: "arn:aws:sns:eu-west-3:111122223333:my-topic", service: "sns", pattern: `^` + word + `$`, write: "write the topic's ARN, arn:PARTITION:sns:REGION:ACCOUNT:NAME"},
	"table":                {what: "a table", sample: "arn:aws:dynamodb:eu-west-3:111122223333:table/my-table", service: "dynamodb", pattern: `^table/` + word + `$`, write: "write the table's ARN, arn:PARTITION:dynamodb:REGION:ACCOUNT:table/NAME"},
	"stream":               {what: "a stream", sample: "arn:aws:kinesis:eu-west-3:111122223333:stream/my-stream", service: "kinesis", pattern: `^stream/` + word + `$`, write: "write the stream's ARN, arn:PARTITION:kinesis:REGION:ACCOUNT:stream/NAME"},
	"deliveryStream":       {what: "a delivery stream", sample: "arn:aws:firehose:eu-west-3:111122223333:deliverystream/my-stream", service: "firehose", pattern: `^deliverystream/` + word + `$`, write: "write its ARN, arn:PARTITION:firehose:REGION:ACCOUNT:deliverystream/NAME"},
	"logGroup":             {what: "a log group", sample: "arn:aws:logs:eu-west-3:111122223333:log-group:/aws/eks/my-cluster/*", service: "logs", pattern: `^log-group:[A-Za-z0-9_./#*?-]+$`, write: "write its ARN without :* at the end, arn:PARTITION:logs:REGION:ACCOUNT:log-group:NAME"},
	"function":             {what: "a function", sample: "arn:aws:lambda:eu-west-3:111122223333:function:my-function", service: "lambda", pattern: `^function:` + word + `$`, write: "write the function's ARN, arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME"},
	"workspace":            {what: "a workspace", sample: "arn:aws:aps:eu-west-3:111122223333:workspace/ws-12345678-1234-1234-1234-123456789012", service: "aps", pattern: `^workspace/` + word + `$`, write: "write the workspace's ARN, arn:PARTITION:aps:REGION:ACCOUNT:workspace/ID"},
	"certificateAuthority": {what: "a certificate authority", sample: "arn:aws:acm-pca:eu-west-3:111122223333:certificate-authority/12345678-1234-1234-1234-123456789012", service: "acm-pca", pattern: `^certificate-authority/` + word + `$`, write: "write its ARN, arn:PARTITION:acm-pca:REGION:ACCOUNT:certificate-authority/ID"},
	"repository":           {what: "a repository", sample: "arn:aws:ecr:eu-west-3:111122223333:repository/team/*", service: "ecr", pattern: `^repository/[a-z0-9_./*?-]+$`, write: "write the repository's ARN, arn:PARTITION:ecr:REGION:ACCOUNT:repository/NAME"},
	"gitRepository":        {what: "a repository", sample: "arn:aws:codecommit:eu-west-3:111122223333:my-repository", service: "codecommit", pattern: `^` + word + `$`, write: "write the repository's ARN, arn:PARTITION:codecommit:REGION:ACCOUNT:NAME"},
	"role":                 {what: "a role", sample: "arn:aws:iam::111122223333:role/my-role", service: "iam", global: true, pattern: `^role/[A-Za-z0-9_+=,.@*?/-]+$`, write: "write the role's ARN, arn:PARTITION:iam::ACCOUNT:role/NAME"},
	// Up to 255 characters; those that would end or begin a part of an ARN are left out.
	"autoScalingGroup": {what: "an Auto Scaling group", sample: "my-group", pattern: `^[A-Za-z0-9_.*?+=@-]{1,255}$`, write: "write the group's name, not its ARN"},
	"recordName":       {what: "a name of records", sample: "*.example.org", pattern: `^[a-z0-9_*?.-]+$`, write: "write the name in small letters, without a dot at the end, such as *.example.org"},
	"namespace":        {what: "a metrics namespace", sample: "MyApp", pattern: `^[A-Za-z0-9._/#:-]{1,255}$`, write: "write the CloudWatch namespace, such as Velero"},
	"workgroup":        {what: "an Athena workgroup", sample: "primary", pattern: `^[A-Za-z0-9._-]{1,128}$`, write: "write the workgroup's name"},
	"database":         {what: "a Glue database", sample: "my_database", pattern: `^[a-z0-9_*?-]{1,255}$`, write: "write the database's name in small letters"},
}

// patterns are those of valueTypes, compiled once: most programs need none.
var patterns = sync.OnceValue(func() map[string]*regexp.Regexp {
	out := map[string]*regexp.Regexp{}
	for name, t := range valueTypes {
		out[name] = regexp.MustCompile(t.pattern)
	}
	return out
})

var (
	regionPart  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9*?-]+$`) })
	accountPart = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([0-9]{12}|[0-9?]*\*[0-9?*]*)$`) })
)

// Sample is a value of the parameter's type, in the standard partition, for examples.
func (p Parameter) Sample() string { return valueTypes[p.Type].sample }

// Kind is what the parameter's values are, such as "a bucket".
func (p Parameter) Kind() string { return valueTypes[p.Type].what }

// check says what is wrong with a value. partition is empty where it is not known.
func check(typ, value, partition string) (message, hint string) {
	t := valueTypes[typ]
	if t.service == "" {
		if !patterns()[typ].MatchString(value) {
			return fmt.Sprintf("%q is not %s", value, t.what), t.write
		}
		if typ == "bucket" && strings.HasPrefix(value, "arn:") {
			return otherPartition(value, partition)
		}
		return "", ""
	}
	parts := strings.SplitN(value, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" || !slices.Contains(spec.Partitions(), parts[1]) {
		return fmt.Sprintf("%q is not the ARN of %s", value, t.what), t.write
	}
	if parts[2] != t.service {
		return fmt.Sprintf("%q is an ARN of %s, not of %s", value, parts[2], t.service), t.write
	}
	if message, hint := otherPartition(value, partition); message != "" {
		return message, hint
	}
	if (parts[3] == "") != t.global || !t.global && !regionPart().MatchString(parts[3]) || !accountPart().MatchString(parts[4]) || !patterns()[typ].MatchString(parts[5]) {
		return fmt.Sprintf("%q is not the ARN of %s", value, t.what), t.write
	}
	return "", ""
}

func otherPartition(arn, partition string) (message, hint string) {
	got := strings.SplitN(arn, ":", 3)[1]
	if partition == "" || got == partition {
		return "", ""
	}
	return fmt.Sprintf("%q is of partition %s, and the cluster is in %s", arn, got, partition), fmt.Sprintf("write arn:%s:…", partition)
}

// bucketARNs are the ARN of a bucket and that of the objects in it, below the prefix.
func bucketARNs(value, partition string) (bucket, objects string) {
	if strings.HasPrefix(value, "arn:") {
		value = strings.SplitN(value, ":", 6)[5]
	}
	name, prefix, _ := strings.Cut(value, "/")
	bucket = "arn:" + partition + ":s3:::" + name
	prefix = strings.TrimRight(prefix, "/")
	if prefix != "" {
		prefix += "/"
	}
	return bucket, bucket + "/" + prefix + "*"
}
