package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// validateTags finds tag keys that differ in case alone, also between a role and defaults.
// IAM keeps the case of a tag key but does not go by it, and refuses both at once
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html: "you cannot have separate
// Department and department tag keys").
func (l *loader) validateTags(f *File) {
	l.tagsAlike(f.Defaults.Tags, nil, (*place)(nil).key("defaults").key("tags"))
	for i, sa := range f.ServiceAccounts {
		l.tagsAlike(sa.Role.Tags, f.Defaults.Tags, serviceAccountAt(i).key("role").key("tags"))
	}
}

// tagsAlike notes the faults of one mapping, in which the inherited tags are too.
func (l *loader) tagsAlike(tags, inherited map[string]string, at *place) {
	first := map[string]string{}
	own := func(key string) int { // inherited ones first: they are not what is to be changed
		if _, ok := inherited[key]; ok {
			return 0
		}
		return 1
	}
	keys := slices.SortedStableFunc(maps.Keys(tags), func(a, b string) int {
		if d := own(a) - own(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	for _, key := range keys {
		before, twice := first[strings.ToLower(key)]
		if !twice {
			first[strings.ToLower(key)] = key
			continue
		}
		if own(key) == 0 { // told at defaults
			continue
		}
		where := ""
		if own(before) == 0 {
			where = " of defaults.tags"
		}
		l.fault(at.key(key), fmt.Sprintf("%s is the tag %s%s, since IAM ignores case in tag keys", show(key), show(before), where), "keep one of the two")
	}
}
