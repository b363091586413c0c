package spec

import "strings"

// partition is a separate AWS: its AWS accounts and ARNs are its own.
type partition struct{ id, regionPrefix, dnsSuffix string }

// partitions are AWS's, from the SDK's partitions.json
// (https://github.com/aws/aws-sdk-go-v2/blob/main/internal/endpoints/awsrulesfn/partitions.json);
// there the regions of each match a pattern that begins with this prefix, and dnsSuffix is its own. Any other region is of
// the standard partition.
var partitions = []partition{
	{"aws", "", "amazonaws.com"},
	{"aws-cn", "cn-", "amazonaws.com.cn"},
	{"aws-us-gov", "us-gov-", "amazonaws.com"},
	{"aws-iso", "us-iso-", "c2s.ic.gov"},
	{"aws-iso-b", "us-isob-", "sc2s.sgov.gov"},
	{"aws-iso-e", "eu-isoe-", "cloud.adc-e.uk"},
	{"aws-iso-f", "us-isof-", "csp.hci.ic.gov"},
	{"aws-eusc", "eusc-", "amazonaws.eu"},
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

// DNSSuffix is what the names of AWS's servers end in, in a region's partition.
func DNSSuffix(region string) string {
	for _, p := range partitions {
		if p.id == PartitionOf(region) {
			return p.dnsSuffix
		}
	}
	return ""
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
