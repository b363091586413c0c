package awsiam

import (
	"net/netip"
	"strings"
)

// addressKind is which network an address is of.
type addressKind int

const (
	addressUnknown addressKind = iota
	addressPublic
	addressPrivate
	addressLinkLocal
	addressLoopback
	// addressNever is what no server has: unspecified, multicast, reserved. Linux takes
	// 0.0.0.0 for this machine.
	addressNever
)

func (k addressKind) String() string {
	return map[addressKind]string{
		addressUnknown: "an unknown", addressPublic: "a public", addressPrivate: "a private", addressLinkLocal: "a link-local",
		addressLoopback: "a loopback", addressNever: "an unspecified, multicast or reserved",
	}[k]
}

// within are networks that are not public, beside those that net/netip knows
// (https://www.iana.org/assignments/iana-ipv4-special-registry and -ipv6-).
var within = []struct {
	prefix netip.Prefix
	kind   addressKind
}{
	{netip.MustParsePrefix("0.0.0.0/8"), addressNever},
	{netip.MustParsePrefix("240.0.0.0/4"), addressNever},
	{netip.MustParsePrefix("100.64.0.0/10"), addressPrivate},  // shared, RFC 6598
	{netip.MustParsePrefix("192.0.0.0/24"), addressPrivate},   // RFC 6890; Oracle's and others' metadata
	{netip.MustParsePrefix("198.18.0.0/15"), addressPrivate},  // benchmarks, RFC 2544
	{netip.MustParsePrefix("fec0::/10"), addressPrivate},      // site-local, RFC 3879
	{netip.MustParsePrefix("64:ff9b:1::/48"), addressPrivate}, // local translation, RFC 8215
	{netip.MustParsePrefix("100::/64"), addressNever},         // discard, RFC 6666
}

// carriers are IPv6 networks whose addresses have an IPv4 address in them, at this byte.
var carriers = []struct {
	prefix netip.Prefix
	at     int
}{
	{netip.MustParsePrefix("64:ff9b::/96"), 12}, // NAT64, RFC 6052
	{netip.MustParsePrefix("2002::/16"), 2},     // 6to4, RFC 3056
	{netip.MustParsePrefix("::/96"), 12},        // IPv4-compatible, RFC 4291
}

// kindOfAddress reads an address, with or without a port and a zone.
func kindOfAddress(text string) addressKind {
	ip, err := netip.ParseAddr(text)
	if err != nil {
		withPort, failed := netip.ParseAddrPort(text)
		if failed != nil {
			return addressNever
		}
		ip = withPort.Addr()
	}
	return kindOf(ip.Unmap().WithZone(""))
}

func kindOf(ip netip.Addr) addressKind {
	switch {
	case ip.IsLoopback():
		return addressLoopback
	case ip.IsLinkLocalUnicast():
		return addressLinkLocal
	case ip.IsUnspecified(), ip.IsMulticast():
		return addressNever
	case ip.IsPrivate():
		return addressPrivate
	}
	for _, n := range within {
		if n.prefix.Contains(ip) {
			return n.kind
		}
	}
	for _, c := range carriers {
		if c.prefix.Contains(ip) {
			b := ip.As16()
			return kindOf(netip.AddrFrom4([4]byte(b[c.at : c.at+4])))
		}
	}
	return addressPublic
}

// namedKinds is the kind of a host that is an address, or a name of this machine
// (https://www.rfc-editor.org/rfc/rfc6761#section-6.3); nil of any other name.
func namedKinds(host string) []addressKind {
	if _, err := netip.ParseAddr(host); err == nil {
		return []addressKind{kindOfAddress(host)}
	}
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return []addressKind{addressLoopback}
	}
	return nil
}
