package localaws

import (
	"encoding/json"
	"maps"
)

// tagResource adds tags to a Pod Identity association, the only thing of EKS whose tags
// are written here
// (https://docs.aws.amazon.com/eks/latest/APIReference/API_TagResource.html).
func (c *call) tagResource() (any, error) {
	var in struct {
		Tags map[string]string `json:"tags"`
	}
	if err := json.Unmarshal(c.body, &in); err != nil || len(in.Tags) == 0 {
		return nil, refuse(400, "BadRequestException", "tags are required")
	}
	arn := c.path.get("resourceArn")
	for _, found := range c.account.Clusters {
		for id, a := range found.Associations {
			if found.associationARN(id) != arn {
				continue
			}
			tags := maps.Clone(a.Tags)
			if tags == nil {
				tags = map[string]string{}
			}
			maps.Copy(tags, in.Tags)
			a.Tags = tags
			return map[string]any{}, nil
		}
	}
	return nil, refuse(404, "NotFoundException", "The specified resource %s could not be found", arn)
}
