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

// Mark is what the keeper of a role says of it with the Sids of its own statements: tags
// can be written by whoever may tag, a Sid only by whoever may write the trust policy.
type Mark struct {
	// Adopted says that the role was there before, and is not the owner's to delete.
	Adopted bool
	// Consent is a text that the owner vouches for. The first Sid holds its hash.
	Consent string
}

// sidPrefix begins every Sid that this program makes.
const sidPrefix = "HelmIrsa"

// The letters before a statement's number, and the one before the hash of a consent. A
// Sid may hold letters and digits only (reference_policies_elements_sid.html).
const (
	letterKept    = 'N'
	letterAdopted = 'A'
	letterConsent = 'W'
)

// ID is a hash that stands for the owner: 12 hexadecimal digits, 48 bits, since a role
// is shared by a few releases and each character counts against the quota.
func (o Owner) ID() string {
	sum := sha256.Sum256([]byte(o.Cluster + "\x00" + o.Namespace + "\x00" + o.Release))
	return hex.EncodeToString(sum[:6])
}

// Sid names the owner's statement n, counted from 1, of a role that was not adopted.
func (o Owner) Sid(n int) string { return o.sid(n, Mark{}) }

func (o Owner) sid(n int, m Mark) string {
	letter := letterKept
	if m.Adopted {
		letter = letterAdopted
	}
	out := sidPrefix + o.ID() + string(letter) + strconv.Itoa(n)
	if n == 1 && m.Consent != "" {
		out += string(letterConsent) + consentHash(m.Consent)
	}
	return out
}

// consentHash has 64 bits: who would put another consent in the place of one that a Sid
// holds must find a text with the same.
func consentHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

// Owns reports whether the statement was made for the owner.
func (o Owner) Owns(s Statement) bool {
	read, ok := readSid(s.sid)
	return ok && read.id == o.ID()
}

// Ours reports whether the statement was made by this program, for whichever owner.
func Ours(s Statement) bool {
	_, ok := readSid(s.sid)
	return ok
}

// ownSid is a Sid that this program made, taken apart.
type ownSid struct {
	id      string
	adopted bool
	number  string
	consent string // the hash; empty where there is none
}

func readSid(sid string) (ownSid, bool) {
	rest, ok := strings.CutPrefix(sid, sidPrefix)
	if !ok || len(rest) < 14 || !isHex(rest[:12]) || rest[12] != letterKept && rest[12] != letterAdopted {
		return ownSid{}, false
	}
	out := ownSid{id: rest[:12], adopted: rest[12] == letterAdopted}
	consents := false
	out.number, out.consent, consents = strings.Cut(rest[13:], string(letterConsent))
	return out, isDigits(out.number) && (!consents || len(out.consent) == 16 && isHex(out.consent))
}

// Keeper is what the Sids of a trust policy say of who keeps the role.
type Keeper struct {
	// ID is the keeper's.
	ID string
	// Adopted is as Mark has it.
	Adopted bool
	consent string
}

// KeeperOf finds the keeper: the owner of the first statement that says that the role was
// adopted, else of the first statement of this program's at all. Whoever creates a role is
// in its trust policy first, and Merge puts who joins later behind.
func KeeperOf(d Document) (Keeper, bool) {
	var out Keeper
	found := false
	for _, s := range d.statements {
		read, ok := readSid(s.sid)
		if !ok || found && (out.Adopted || !read.adopted) {
			continue
		}
		out, found = Keeper{ID: read.id, Adopted: read.adopted, consent: read.consent}, true
	}
	for _, s := range d.statements { // the hash may stand behind a statement of a higher number
		if read, ok := readSid(s.sid); ok && read.id == out.ID && out.consent == "" {
			out.consent = read.consent
		}
	}
	return out, found
}

// Consents reports whether the keeper vouches for a text: Mark.Consent, when it wrote the
// trust policy.
func (k Keeper) Consents(text string) bool {
	return text != "" && k.consent == consentHash(text)
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }
