package cli

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// saidLine is a line that this program says: nobody else's text begins one.
var saidLine = regexp.MustCompile("^helm-irsa: [^\x00-\x08\x0a-\x1f\x7f\u0080-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]*$")

// FuzzReport: the report is a file that lies in a folder of everybody's while Helm runs,
// and names what a chart holds. Whatever is in it: no panic, no line that this program
// did not begin, no character that moves a cursor, and none of the service accounts where
// Helm failed.
func FuzzReport(f *testing.F) {
	for _, seed := range []string{
		notCalled, "", "null", "[]", `{"result":"ok"}`,
		`{"warnings":[{"message":"a\nhelm-irsa: error: b","hint":"\u001b[2J"}],"errors":[{"message":"\u202ex\r\n","hint":""}]}`,
		`{"accounts":[{"name":"app","namespace":"apps","state":"added","roleArn":"arn:aws:iam::111122223333:role/app","moved":1},{"name":"\u0000","state":"?","moved":-1}]}`,
		`{"accounts":null,"warnings":[null]}`, `{"warnings":[{"message":"\ud800"}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "report.json")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, failed := range []error{nil, errors.New("helm failed")} {
			for _, major := range []int{3, 4} {
				var said strings.Builder
				sayReport(voice{&said}, leftBehind{path, failed != nil, major}, true, failed)
				text := said.String()
				for line := range strings.Lines(text) {
					if !saidLine.MatchString(strings.TrimSuffix(line, "\n")) {
						t.Fatalf("Helm %d, %v: of the report %q it said %q", major, failed, data, text)
					}
				}
				if failed != nil && strings.Contains(text, "\nhelm-irsa: service account ") {
					t.Fatalf("Helm %d failed, and it said %q", major, text)
				}
			}
		}
	})
}
