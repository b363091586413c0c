package localaws

import (
	"encoding/json"
	"maps"
)

// The tags of a Pod Identity association, the only thing of EKS whose tags are written here.

// tagResource adds tags (https://docs.aws.amazon.com/eks/latest/APIReference/API_TagResource.html).
func (c *call) tagResource() (any, error) {
	var in struct {
		Tags map[string]string `json:"tags"`
	}
	if err := json.Unmarshal(c.body, &in); err != nil || len(in.Tags) == 0 {
		return nil, refuse(400, "BadRequestException", "tags are required")
	}
	return c.retagged(func(tags map[string]string) { maps.Copy(tags, in.Tags) })
}

// untagResource takes tags off
// (https://docs.aws.amazon.com/eks/latest/APIReference/API_UntagResource.html).
func (c *call) untagResource() (any, error) {
	keys := c.path["tagKeys"]
	if len(keys) == 0 {
		return nil, refuse(400, "BadRequestException", "tagKeys are required")
	}
	return c.retagged(func(tags map[string]string) {
		for _, k := range keys {
			delete(tags, k)
		}
	})
}

// retagged changes the tags of the association that the request names.
func (c *call) retagged(change func(map[string]string)) (any, error) {
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
			change(tags)
			a.Tags = tags
			return map[string]any{}, nil
		}
	}
	return nil, refuse(404, "NotFoundException", "The specified resource %s could not be found", arn)
}
