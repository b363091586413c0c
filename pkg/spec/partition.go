package spec

import "strings"

// partition is a separate AWS: its AWS accounts and ARNs are its own.
type partition struct{ id, regionPrefix string }

// partitions are AWS's, from the SDK's partitions.json
// (https://github.com/aws/aws-sdk-go-v2/blob/main/internal/endpoints/awsrulesfn/partitions.json);
// there the regions of each match a pattern that begins with this prefix. Any other region is of
// the standard partition.
var partitions = []partition{
	{"aws", ""},
	{"aws-cn", "cn-"},
	{"aws-us-gov", "us-gov-"},
	{"aws-iso", "us-iso-"},
	{"aws-iso-b", "us-isob-"},
	{"aws-iso-e", "eu-isoe-"},
	{"aws-iso-f", "us-isof-"},
	{"aws-eusc", "eusc-"},
}

// PartitionOf gives the partition of a region's ARNs: aws for eu-west-3, aws-cn for
// cn-north-1. An empty region gives an empty partition.
func PartitionOf(region string) string {
	if region == "" {
		return ""
	}
	for _, p := range partitions[1:] {
		if strings.HasPrefix(region, p.regionPrefix) {
			return p.id
		}
	}
	return partitions[0].id
}

// Partitions are the names of all partitions, as they stand in ARNs.
func Partitions() []string { return partitionIDs() }

func partitionIDs() []string {
	ids := make([]string, len(partitions))
	for i, p := range partitions {
		ids[i] = p.id
	}
	return ids
}
