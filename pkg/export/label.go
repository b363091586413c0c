package export

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// labels are the names that a tool gives to what it keeps. A name depends on what it is of and
// on nothing else, since a tool deletes and makes anew what has changed its name: so one that
// lost something on the way gets a hash, whether another would be called the same or not.
type labels struct {
	// takes reports whether a character may stand in a name, at its beginning or later.
	takes func(r rune, first bool) bool
	// between is put between parts, and in the place of other characters.
	between string
	// begins is put before a name that may not begin as it does.
	begins string
	most   int // characters
	used   map[string]string
}

// hashed is how many characters of a hash tell two names apart.
const hashed = 8

func (l *labels) of(parts ...string) string { return l.ofSort("", parts...) }

// ofSort is of for something of another sort, which may have the parts of something else: then the sort
// counts too. The usual sort is "".
func (l *labels) ofSort(sort string, parts ...string) string {
	key := strings.Join(parts, "\x00")
	owner := sort + "\x00\x00" + key
	var b strings.Builder
	lost := false
	for i, part := range parts {
		if i > 0 {
			b.WriteString(l.between)
		}
		// Where a part ends that has this in it, nobody could tell.
		lost = lost || i < len(parts)-1 && (l.between == "" || strings.Contains(part, l.between))
		for _, r := range part {
			if !l.takes(r, false) {
				b.WriteString(l.between)
				lost = true
				continue
			}
			b.WriteRune(r)
		}
	}
	name := b.String()
	if name == "" || !l.takes(rune(name[0]), true) {
		name, lost = l.begins+name, true
	}
	hash := hashOf(key)
	for n := hashed; ; n += hashed {
		label := name
		if lost || len(name) > l.most {
			label = name[:min(len(name), l.most-n-len(l.between))] + l.between + hash[:n]
		}
		if had, taken := l.used[label]; !taken || had == owner || n == len(hash) {
			l.used[label] = owner
			return label
		}
		if other := hashOf(owner); !lost || sort != "" && hash != other { // it is called what another is, with its hash or without
			lost, n = true, 0
			if sort != "" {
				hash = other
			}
		}
	}
}

func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// objectNames are names of Kubernetes' objects, by kind
// (https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names).
type objectNames map[string]*labels

func (o objectNames) of(kind, sort string, parts ...string) string {
	if o[kind] == nil {
		o[kind] = &labels{between: "-", begins: "x-", most: 60, used: map[string]string{}, takes: func(r rune, first bool) bool {
			return r >= 'a' && r <= 'z' || digit(r) || !first && r == '-'
		}}
	}
	name := o[kind].ofSort(sort, parts...)
	if strings.HasSuffix(name, "-") {
		return name + "x"
	}
	return name
}

// shortHash tells apart what is called the same for readers.
func shortHash(s string) string { return hashOf(s)[:hashed] }

func letter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
func digit(r rune) bool  { return r >= '0' && r <= '9' }
