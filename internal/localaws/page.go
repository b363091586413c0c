package localaws

import (
	"encoding/base64"
	"sort"
)

// paging is the end of every list: where Marker is set, there is more behind it.
type paging struct {
	IsTruncated bool
	Marker      string `xml:",omitempty"`
}

// page cuts what the caller asked for out of a list, by MaxItems (100 where it does
// not say) and Marker. key tells the items apart and orders them; the marker holds
// the last one's, so that pages stay right while the list changes.
func page[T any](c *call, items []T, key func(T) string) ([]T, paging, error) {
	most, err := c.args.number("MaxItems", 100, 1, 1000)
	if err != nil {
		return nil, paging{}, err
	}
	sort.SliceStable(items, func(i, j int) bool { return key(items[i]) < key(items[j]) })
	if c.args.get("Marker") != "" {
		last, err := base64.RawURLEncoding.DecodeString(c.args.get("Marker"))
		if err != nil || len(last) == 0 {
			return nil, paging{}, validation("Invalid Marker: %s", c.args.get("Marker"))
		}
		first := sort.Search(len(items), func(i int) bool { return key(items[i]) > string(last) })
		items = items[first:]
	}
	if len(items) <= most {
		return items, paging{}, nil
	}
	items = items[:most]
	return items, paging{true, base64.RawURLEncoding.EncodeToString([]byte(key(items[most-1])))}, nil
}
