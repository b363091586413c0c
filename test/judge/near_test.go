package judge

import (
	"encoding/base64"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// near is a value for a condition that resembles one of the request's.
func (d dice) near(value, kind string, r request) string {
	if d.in(4) {
		return value
	}
	switch kind {
	case "ip":
		return d.nearAddress(value)
	case "date":
		return d.nearDate(value)
	case "number":
		return d.nearNumber(value)
	case "bool":
		return pick(d, "true", "false", "TRUE", "False", "${aws:SecureTransport}")
	case "binary":
		return pick(d, "QmluYXJ5", "AAE=", "AAA=", base64.StdEncoding.EncodeToString([]byte(value)))
	}
	return d.nearText(value, kind, r)
}

func (d dice) nearText(value, kind string, r request) string {
	i := 0
	if value != "" {
		i = d.IntN(len(value))
	}
	switch d.IntN(12) {
	case 0:
		return value[:i] + "*"
	case 1:
		return "*" + value[i:]
	case 2:
		if value != "" {
			return value[:i] + "?" + value[i+1:]
		}
	case 3:
		return value[:i] + "*" + value[i:]
	case 4:
		return d.casing(value)
	case 5:
		return value[:i]
	case 6:
		return value + pick(d, "x", "?", "*")
	case 7:
		return pick(d, "*", "?*", "**", "", "a", "${*}", "a${*}b", "system:serviceaccount:*:*")
	case 8:
		return strings.NewReplacer("*", "${*}", "?", "${?}", "$", "${$}").Replace(value)
	case 9, 10:
		return d.variable(value, r)
	case 11:
		if kind == "arn" {
			return d.nearARN(value)
		}
		return value[i:]
	}
	return value
}

// variable writes a part of the value as a policy variable, of a key that has the value, of
// another one, or of none.
func (d dice) variable(value string, r request) string {
	var same []string
	have := slices.Sorted(maps.Keys(r.whole.Context))
	for _, key := range have {
		if values := r.whole.Context[key]; len(values) == 1 && values[0] != "" && strings.Contains(value, values[0]) {
			same = append(same, key)
		}
	}
	if len(same) > 0 && !d.in(3) {
		key := pick(d, same...)
		return strings.Replace(value, r.whole.Context[key][0], "${"+d.casing(key)+"}", 1)
	}
	key := pick(d, append(have, "aws:username", "aws:PrincipalTag/team", "aws:TagKeys")...)
	return pick(d, "${"+key+"}", "${"+key+", '"+value+"'}", value+"${"+key+"}", "${"+key+"}*", "${"+key)
}

func (d dice) nearARN(value string) string {
	parts := strings.SplitN(value, ":", 6)
	i := d.IntN(len(parts))
	parts[i] = pick(d, "*", "?", parts[i]+"*", "*"+parts[i], parts[i]+":x", "")
	return strings.Join(parts, ":")
}

func (d dice) nearAddress(value string) string {
	addr, err := netip.ParseAddr(value)
	if err != nil {
		addr = netip.MustParseAddr("203.0.113.7")
	}
	if d.in(3) {
		return pick(d, value, "203.0.113.8", "2001:0db8::0007", "2001:db8::8", addr.Next().String())
	}
	bits := pick(d, 0, 1, 8, 20, 23, 24, 25, 28, 31, 32)
	if addr.Is6() {
		bits = pick(d, 0, 1, 16, 32, 33, 48, 64, 96, 127, 128)
	}
	return pick(d, addr, addr.Next(), addr.Prev(), netip.MustParseAddr("198.51.100.0")).String() + "/" + strconv.Itoa(min(bits, 32+96*d.IntN(2)))
}

func (d dice) nearDate(value string) string {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	if n, err := strconv.ParseInt(value, 10, 64); err == nil {
		at = time.Unix(n, 0).UTC()
	} else if t, err := time.Parse(time.RFC3339, value); err == nil {
		at = t
	}
	at = at.Add(pick(d, 0, 0, time.Second, -time.Second, time.Hour, -24*time.Hour, 365*24*time.Hour))
	return pick(d,
		at.Format(time.RFC3339), at.In(time.FixedZone("", 5400)).Format(time.RFC3339), at.UTC().Format("2006-01-02T15:04Z"),
		at.UTC().Format("2006-01-02"), at.UTC().Format("2006-01"), strconv.FormatInt(at.Unix(), 10), at.UTC().Format("2006-01-02T15:04:05.000Z"))
}

func (d dice) nearNumber(value string) string {
	n, err := strconv.ParseFloat(value, 64)
	if err != nil {
		n = 900
	}
	n += pick(d, 0.0, 0, 1, -1, 0.5, -0.25, 10)
	return pick(d, strconv.FormatFloat(n, 'f', -1, 64), strconv.FormatFloat(n, 'f', 2, 64), "0", "+"+value, "007", "many")
}
