package localaws

import (
	"regexp"
	"slices"
	"strings"
)

// Tag is a key and its value.
type Tag struct{ Key, Value string }

// tagText is what keys and values may be made of
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html).
var tagText = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)

// checkTags is what IAM says to tags in a request.
func checkTags(tags []Tag) error {
	if len(tags) > 50 {
		return constraint("[...]", "tags", "have length less than or equal to 50")
	}
	var keys []string
	for _, t := range tags {
		if err := checkTagKey(t.Key, "tags.X.member.key"); err != nil {
			return err
		}
		switch {
		case len([]rune(t.Value)) > 256:
			return constraint(t.Value, "tags.X.member.value", "have length less than or equal to 256")
		case !tagText.MatchString(t.Value):
			return constraint(t.Value, "tags.X.member.value", `satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]*`)
		case slices.Contains(keys, strings.ToLower(t.Key)):
			return invalidInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		keys = append(keys, strings.ToLower(t.Key))
	}
	return nil
}

func checkTagKey(key, parameter string) error {
	switch {
	case key == "":
		return constraint(key, parameter, "have length greater than or equal to 1")
	case len([]rune(key)) > 128:
		return constraint(key, parameter, "have length less than or equal to 128")
	case !tagText.MatchString(key):
		return constraint(key, parameter, `satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+`)
	case strings.HasPrefix(strings.ToLower(key), "aws:"):
		return invalidInput("Invalid tag key: %s. Keys that begin with aws: are reserved.", key)
	}
	return nil
}

// retag changes the tags of an entity; where the change is refused they stay.
func (c *call) retag(tags *[]Tag, change func([]Tag) ([]Tag, error)) error {
	changed, err := change(*tags)
	if err == nil {
		*tags = changed
	}
	return err
}

// tagged is what was tagged, with the tags of the request: keys are compared without
// case, and the last spelling stays
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_rules).
func (c *call) tagged(old []Tag) ([]Tag, error) {
	added := c.args.tags()
	if err := checkTags(added); err != nil {
		return nil, err
	}
	out := slices.DeleteFunc(slices.Clone(old), func(t Tag) bool {
		return slices.ContainsFunc(added, func(a Tag) bool { return strings.EqualFold(a.Key, t.Key) })
	})
	out = append(out, added...)
	if limit := c.opts.Limits.Tags; len(out) > limit {
		return nil, limitExceeded("The number of tags has reached the maximum limit of %d.", limit)
	}
	slices.SortFunc(out, func(a, b Tag) int { return strings.Compare(a.Key, b.Key) })
	return out, nil
}

// untagged is what is left without the keys of the request; unknown ones are no error.
func (c *call) untagged(old []Tag) ([]Tag, error) {
	keys := c.args.list("TagKeys")
	if len(keys) > 50 {
		return nil, constraint("[...]", "tagKeys", "have length less than or equal to 50")
	}
	for _, key := range keys {
		if err := checkTagKey(key, "tagKeys"); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(slices.Clone(old), func(t Tag) bool {
		return slices.ContainsFunc(keys, func(k string) bool { return strings.EqualFold(k, t.Key) })
	}), nil
}

// tagPage is the result of the calls that list tags.
type tagPage struct {
	Tags members[Tag]
	paging
}

func (c *call) listTags(tags []Tag) (any, error) {
	items, p, err := page(c, slices.Clone(tags), func(t Tag) string { return t.Key })
	return tagPage{list(items), p}, err
}
