package safe

import (
	"fmt"
	"strings"
)

// Typed is a command for somebody to type, while it is put together. Values are looked at
// on the way: where one is nothing that AWS or Kubernetes would take, there is no command,
// and String says in words what is wrong with it.
type Typed struct {
	words []string
	note  string
	wrong string
}

// Type begins a command with words of ours.
func Type(words ...string) *Typed { return new(Typed).With(words...) }

// Irsa begins a command of ours for a release, with the irsa.yaml and the cluster that were typed;
// what is empty is left out.
func Irsa(command, release, namespace string, s Source) *Typed {
	t := Type("helm", "irsa", command)
	if release != "" {
		t.Value(Release, release)
	}
	return t.Maybe("-n", Namespace, namespace).From(s)
}

// With adds words of ours.
func (t *Typed) With(words ...string) *Typed {
	t.words = append(t.words, words...)
	return t
}

// Value adds a value that stands by itself; where it is empty, the kind's form.
func (t *Typed) Value(k Kind, value string) *Typed { return t.With(t.checked(k, value)) }

// Flag adds a flag and its value; where that is empty, the kind's form.
func (t *Typed) Flag(flag string, k Kind, value string) *Typed {
	return t.given(flag, t.checked(k, value))
}

// Maybe is Flag where there is a value.
func (t *Typed) Maybe(flag string, k Kind, value string) *Typed {
	if value == "" {
		return t
	}
	return t.Flag(flag, k, value)
}

// Given adds a flag with what the user gave for it, or what was made from values that were
// looked at.
func (t *Typed) Given(flag, value string) *Typed {
	switch {
	case hasHidden(value, ""):
		t.refuse("has characters that a terminal does not show", value)
	case t.words[0] == "aws" && isParameterFile(value):
		t.refuse("is for the AWS CLI the name of a file", value)
	}
	return t.given(flag, value)
}

// Pair adds one word of ours and a value, such as KEY=VALUE.
func (t *Typed) Pair(before string, k Kind, value string) *Typed {
	return t.With(before + t.checked(k, value))
}

// Uses looks at a value that a word of the command was made from.
func (t *Typed) Uses(k Kind, value string) *Typed {
	t.checked(k, value)
	return t
}

// Note adds a comment of ours. A value of others in it is to be a Word: not every shell
// takes # for the beginning of a comment.
func (t *Typed) Note(text string) *Typed {
	t.note = "   # " + Text(text)
	return t
}

// given: a value that begins with a dash would be read as a flag
// (https://docs.python.org/3/library/argparse.html#arguments-containing, which the AWS CLI uses).
func (t *Typed) given(flag, value string) *Typed {
	if strings.HasPrefix(value, "-") {
		return t.With(flag + "=" + value)
	}
	return t.With(flag, value)
}

func (t *Typed) checked(k Kind, value string) string {
	if value == "" {
		return k.form
	}
	if !k.Takes(value) && value != k.form {
		t.refuse(fmt.Sprintf("is no %s that %s takes", k.what, k.by), value)
	}
	return value
}

func (t *Typed) refuse(why, value string) {
	if t.wrong == "" {
		t.wrong = fmt.Sprintf("%s: %s %s: correct that first", NoCommand, quoted(value), why)
	}
}

// NoCommand is what a text begins with that stands in a command's place.
const NoCommand = "no command to paste"

// mostShown is how much of a value a message has.
const mostShown = 120

func quoted(value string) string {
	if r := []rune(value); len(r) > mostShown {
		value = string(r[:mostShown]) + "…"
	}
	return `"` + Text(value) + `"`
}

// OK reports whether there is a command.
func (t *Typed) OK() bool { return t.wrong == "" }

// String is the command, or why there is none.
func (t *Typed) String() string {
	line, ok := Command(t.words...)
	switch {
	case t.wrong != "":
		return t.wrong
	case !ok:
		return NoCommand + ": a value in it has characters that a terminal does not show"
	}
	return line + t.note
}
