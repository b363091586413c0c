package fleetpage

import "testing"

// TestCell: what a spreadsheet takes for the beginning of a formula has an apostrophe before it.
func TestCell(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "web": "web", "a=b": "a=b", "é": "é", "=1": "'=1", "+1": "'+1", "-1": "'-1", "@a": "'@a", "\t=1": "'\t=1", "\n=1": "'\n=1", "＝1": "'＝1", "＠a": "'＠a",
	} {
		if got := cell(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
