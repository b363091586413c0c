package trust

import (
	"strings"
	"testing"
)

// TestSids: a Sid tells whose it is, which number, whether the role was adopted, and, of the
// first alone, the consent; what is not quite one is none.
func TestSids(t *testing.T) {
	t.Parallel()
	o := Owner{"c", "n", "r"}
	hash := consentHash("x")
	for _, c := range []struct {
		n    int
		m    Mark
		want string
	}{
		{1, Mark{}, "N1"}, {2, Mark{}, "N2"}, {12, Mark{}, "N12"}, {1, Mark{Adopted: true}, "A1"},
		{1, Mark{Consent: "x"}, "N1W" + hash}, {2, Mark{Consent: "x"}, "N2"}, {3, Mark{Adopted: true, Consent: "x"}, "A3"},
	} {
		if got := o.sid(c.n, c.m); got != "HelmIrsa"+o.ID()+c.want || !legalSid.MatchString(got) {
			t.Errorf("%d %+v: %s", c.n, c.m, got)
		}
		read, ok := readSid(o.sid(c.n, c.m))
		if !ok || read.id != o.ID() || read.adopted != c.m.Adopted || (read.consent != "") != (c.n == 1 && c.m.Consent != "") {
			t.Errorf("%d %+v: read as %+v, %v", c.n, c.m, read, ok)
		}
	}
	for _, other := range []Owner{{"c", "n", "r2"}, {"c", "n2", "r"}, {"c2", "n", "r"}, {"cn", "", "r"}, {"c", "nr", ""}} {
		if other.ID() == o.ID() {
			t.Errorf("%+v has the ID of %+v", other, o)
		}
	}
	good := o.Sid(1)
	for _, sid := range []string{
		"", "HelmIrsa", good[1:], strings.ToLower(good), good[:len(good)-1], good + "x", good + "W", good + "W" + hash[1:], good + "W" + hash + "0",
		good + "Wxyz" + hash[3:], good + "W" + hash + "W", strings.Replace(good, "N1", "X1", 1), strings.Replace(good, "N1", "N", 1), strings.Replace(good, "N1", "N-1", 1),
		"HelmIrsa" + strings.Repeat("g", 12) + "N1", "HelmIrsa" + strings.Repeat("0", 11) + "N1", "HelmIrsa" + strings.Repeat("0", 13) + "N1",
	} {
		if read, ok := readSid(sid); ok {
			t.Errorf("%s is read as %+v", sid, read)
		}
	}
}
