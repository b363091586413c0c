package trust

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
)

// Owner is the release that a statement was made for. Several releases, of several
// clusters, may share a role; each touches only its own statements.
type Owner struct {
	Cluster   string
	Namespace string
	Release   string
}

// sidPrefix begins every Sid that this program makes.
const sidPrefix = "HelmIrsa"

// ID is a hash that stands for the owner: 12 hexadecimal digits, 48 bits, since a role
// is shared by a few releases and each character counts against the quota.
func (o Owner) ID() string {
	sum := sha256.Sum256([]byte(o.Cluster + "\x00" + o.Namespace + "\x00" + o.Release))
	return hex.EncodeToString(sum[:6])
}

// prefix is what the owner's Sids have in common. A Sid may hold letters and
// digits only (reference_policies_elements_sid.html), so the names go in as a hash.
func (o Owner) prefix() string { return sidPrefix + o.ID() + "N" }

// Sid names the owner's statement n, counted from 1.
func (o Owner) Sid(n int) string { return o.prefix() + strconv.Itoa(n) }

// Owns reports whether the statement was made for the owner.
func (o Owner) Owns(s Statement) bool {
	number, ok := strings.CutPrefix(s.sid, o.prefix())
	return ok && isDigits(number)
}

// Ours reports whether the statement was made by this program, for whichever owner.
func Ours(s Statement) bool {
	rest, ok := strings.CutPrefix(s.sid, sidPrefix)
	if !ok || len(rest) < 14 || rest[12] != 'N' {
		return false
	}
	_, err := hex.DecodeString(rest[:12])
	return err == nil && isDigits(rest[13:])
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
