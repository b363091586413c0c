package cli

import (
	"errors"
	"testing"
)

// TestSuggestingForShells: a name of others, such as a context's, is one word in the command that a hint
// tells to type.
func TestSuggestingForShells(t *testing.T) {
	t.Parallel()
	var hint interface{ Hint() string }
	err := suggesting(errors.New("unknown"), "pr", []string{"prod $(id)"}, "helm irsa report --context %s", "see the help")
	if want := "helm irsa report --context 'prod $(id)'"; !errors.As(err, &hint) || hint.Hint() != want {
		t.Errorf("got %q, want %q", hint.Hint(), want)
	}
}

// TestSuggesting: a hint names what was meant, or says where to look.
func TestSuggesting(t *testing.T) {
	t.Parallel()
	flags := []string{"irsa-file", "irsa-provision", "irsa-adopt"}
	for name, want := range map[string]string{
		"irsa-fil": "did you mean --irsa-file?", "irsa-provison": "did you mean --irsa-provision?", "irsa-adopt-all": "did you mean --irsa-adopt?",
		"irsa-p": "did you mean --irsa-provision?", "irsa-frobnicate": "see the help", "": "see the help",
	} {
		var hint interface{ Hint() string }
		if err := suggesting(errors.New("unknown"), name, flags, "did you mean --%s?", "see the help"); !errors.As(err, &hint) || hint.Hint() != want {
			t.Errorf("%s: got %+v", name, hint)
		}
	}
}
