package trust

import (
	"bytes"
	"encoding/base64"
	"math/big"
	"net/netip"
	"regexp"
	"strings"
	"time"
)

// Values of the wrong type are Unknown throughout: the documentation does not say
// what IAM makes of them. Policy variables mean nothing in these operators
// (reference_policies_variables.html, "Where you can use policy variables"), and
// come out as values of the wrong type.

func wrong(side, value, want string) (Answer, string) {
	return Unknown, "the " + side + " has " + quote(value) + ", which is no " + want
}

// decimal keeps exponents out, which could ask for a number of any length.
var decimal = regexp.MustCompile(`^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$`)

// orderedMatcher makes operators that compare what a text stands for; is says which
// order of the request's value to the wanted one matches.
func orderedMatcher[T any](noun string, parse func(string) (T, bool), compare func(a, b T) int, is func(order int) bool) matcher {
	return func(_ *env, want, seen string) (Answer, string) {
		w, ok := parse(want)
		if !ok {
			return wrong("policy", want, noun)
		}
		s, ok := parse(seen)
		if !ok {
			return wrong("request", seen, noun)
		}
		return answer(is(compare(s, w))), ""
	}
}

// numericMatcher makes the Numeric operators
// (reference_policies_elements_condition_operators.html#Conditions_Numeric).
func numericMatcher(is func(order int) bool) matcher {
	return orderedMatcher("number", parseNumber, (*big.Rat).Cmp, is)
}

func parseNumber(text string) (*big.Rat, bool) {
	if !decimal.MatchString(text) {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

// dateMatcher makes the Date operators
// (reference_policies_elements_condition_operators.html#Conditions_Date).
func dateMatcher(is func(order int) bool) matcher {
	return orderedMatcher("date that IAM documents", parseDate, time.Time.Compare, is)
}

// dateForms are the forms of https://www.w3.org/TR/NOTE-datetime but the year
// alone, which is also a number of epoch seconds. A fraction of a second is taken too.
var dateForms = []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04Z07:00", "2006-01-02", "2006-01"}

var epoch = regexp.MustCompile(`^[0-9]{5,12}$`)

func parseDate(text string) (time.Time, bool) {
	if epoch.MatchString(text) {
		n, ok := new(big.Int).SetString(text, 10)
		return time.Unix(n.Int64(), 0), ok
	}
	for _, form := range dateForms {
		if t, err := time.Parse(form, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func parseBool(text string) (value, ok bool) {
	value = strings.EqualFold(text, "true")
	return value, value || strings.EqualFold(text, "false")
}

// matchBool is Bool
// (reference_policies_elements_condition_operators.html#Conditions_Boolean).
func matchBool(_ *env, want, seen string) (Answer, string) {
	w, ok := parseBool(want)
	if !ok {
		return wrong("policy", want, "boolean")
	}
	s, ok := parseBool(seen)
	if !ok {
		return wrong("request", seen, "boolean")
	}
	return answer(w == s), ""
}

// matchBinary is BinaryEquals: both sides are base64, and their bytes are compared
// (reference_policies_elements_condition_operators.html#Conditions_BinaryEquals).
func matchBinary(_ *env, want, seen string) (Answer, string) {
	w, err := base64.StdEncoding.DecodeString(want)
	if err != nil {
		return wrong("policy", want, "base64")
	}
	s, err := base64.StdEncoding.DecodeString(seen)
	if err != nil {
		return wrong("request", seen, "base64")
	}
	return answer(bytes.Equal(w, s)), ""
}

// matchIP is IpAddress: the request's address in the wanted range
// (reference_policies_elements_condition_operators.html#Conditions_IPAddress).
func matchIP(_ *env, want, seen string) (Answer, string) {
	addr, err := netip.ParseAddr(seen)
	if err != nil || addr.Zone() != "" {
		return wrong("request", seen, "address")
	}
	if single, err := netip.ParseAddr(want); err == nil && single.Zone() == "" {
		return matchHost(single, addr)
	}
	prefix, err := netip.ParsePrefix(want)
	if err != nil {
		return wrong("policy", want, "address or range of addresses")
	}
	return answer(prefix.Contains(addr)), ""
}

// matchHost compares with an address that has no prefix. IAM then "uses the default
// prefix value of /32", which is the address itself in IPv4 only.
func matchHost(want, seen netip.Addr) (Answer, string) {
	wide := netip.PrefixFrom(want, 32)
	switch {
	case want == seen:
		return Yes, ""
	case want.Is6() && wide.Contains(seen):
		return Unknown, "IAM documents /32 for an address without a prefix; write /128"
	}
	return No, ""
}
