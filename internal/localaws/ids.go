package localaws

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"strings"
)

// fresh is new material to make an ID of: the same for the same seed and history.
func (s *Server) fresh() []byte {
	s.state.Serial++
	return digest(s.opts.Seed, s.state.Serial)
}

func digest(seed, serial uint64) []byte {
	var in [16]byte
	binary.BigEndian.PutUint64(in[:8], seed)
	binary.BigEndian.PutUint64(in[8:], serial)
	sum := sha256.Sum256(in[:])
	return sum[:]
}

// uniqueID is an IAM ID such as AROA and 17 characters
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids).
func (s *Server) uniqueID(prefix string) string {
	return prefix + base32.StdEncoding.EncodeToString(s.fresh())[:17]
}

// associationID is one of EKS: a- and 17 small letters or digits.
func (s *Server) associationID() string {
	return "a-" + strings.ToLower(base32.StdEncoding.EncodeToString(s.fresh()))[:17]
}

func requestID(seed, request uint64) string { return uuid(digest(^seed, request)) }

// uuid makes something of a UUID's form out of anything.
func uuid(of []byte) string {
	sum := sha256.Sum256(of)
	h := hex.EncodeToString(sum[:])
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:32]}, "-")
}
