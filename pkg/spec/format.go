package spec

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"
)

// format is a rule for text, by the name that the types' `format` and `keyformat` tags give.
// Its patterns are written for both Go's and ECMA-262's regular expressions, since the
// JSON Schema carries them. Text that is empty is looked at only where it is required.
type format struct {
	// what the text is, with its article; write is the hint.
	what, write string
	// pattern must match, reject must not; empty for none.
	pattern, reject string
	// rejectWhy ends the sentence that begins with the text; rejectWrite is its hint, if not write.
	rejectWhy, rejectWrite string
	// takesEmpty is whether pattern matches empty text, known without compiling it.
	takesEmpty bool
	// max is the most characters; 0 for any.
	max int
	// low and high bound a number, unless it is 0 and orZero is set.
	low, high int
	orZero    bool
	// check replaces pattern in the loader, where distinct mistakes deserve distinct
	// words; it must accept what pattern accepts and nothing else.
	check func(string) error
}

// patterns are compiled when they are first needed, since compiling all of them would
// be most of a post-renderer's start.
var patterns sync.Map

func matches(pattern, s string) bool {
	re, ok := patterns.Load(pattern)
	if !ok {
		re, _ = patterns.LoadOrStore(pattern, regexp.MustCompile(pattern))
	}
	return re.(*regexp.Regexp).MatchString(s)
}

// hinted is an error with its repair apart.
type hinted struct{ message, hint string }

func (e hinted) Error() string { return e.message + "; " + e.hint }

// Takes reports whether irsa.yaml takes a text in a field of a format, such as subject or
// tagValue: the names that the tags of the types have. A format that there is none of takes
// nothing.
func Takes(format, text string) bool {
	f, known := formats[format]
	if !known || text == "" {
		return known && f.takesEmpty
	}
	message, _ := f.test(text)
	return message == "" && !matches("["+hidden+"]", text)
}

// test says what is wrong with s, as message and hint; both empty where nothing is.
func (f format) test(s string) (message, hint string) {
	if n := utf8.RuneCountInString(s); f.max > 0 && n > f.max {
		return fmt.Sprintf("%s is at most %d characters long, not %d", f.what, f.max, n), ""
	}
	if f.check != nil {
		return splitError(f.check(s))
	}
	if f.pattern != "" && !matches(f.pattern, s) {
		return fmt.Sprintf("%s is not %s", show(s), f.what), f.write
	}
	if f.reject != "" && matches(f.reject, s) {
		return fmt.Sprintf("%s %s", show(s), f.rejectWhy), cmp.Or(f.rejectWrite, f.write)
	}
	return "", ""
}

func splitError(err error) (message, hint string) {
	var h hinted
	var a *ARNError
	switch {
	case err == nil:
		return "", ""
	case errors.As(err, &h):
		return h.message, h.hint
	case errors.As(err, &a):
		return a.Message, a.Hint
	}
	return err.Error(), ""
}

func checkRoleName(s string) error {
	if strings.HasPrefix(s, "arn:") {
		return hinted{show(s) + " is an ARN, not a role name", "write it as role.arn"}
	}
	if !matches(roleNamePattern, s) {
		return hinted{show(s) + " is not a role name", nameChars}
	}
	return nil
}

func checkFieldPath(s string) error {
	if _, err := ParsePath(s); err != nil {
		return hinted{fmt.Sprintf("%s is not a field path: %v", show(s), err), `write keys joined by dots, such as spec.tasks[*].accounts["a.b"] or spec.agents[name=build].account`}
	}
	return nil
}

func checkPattern(s string) error {
	re, err := regexp.Compile(s)
	if err != nil {
		return hinted{fmt.Sprintf("%s is not a regular expression: %v", show(s), err), "see https://github.com/google/re2/wiki/Syntax"}
	}
	if n := re.NumSubexp(); n != 1 {
		return hinted{fmt.Sprintf("%s has %d groups, and the one that is replaced must be the only one", show(s), n), `write one, such as "^--service-account=(.*)$"; (?:…) groups without counting`}
	}
	return nil
}

func checkRoleARN(s string) error {
	_, err := ParseRoleARN(s)
	return err
}

// checkAssumeRoleARN is checkRoleARN where no role.name could stand instead.
func checkAssumeRoleARN(s string) error {
	err := checkRoleARN(s)
	var a *ARNError
	if errors.As(err, &a) {
		a.Hint = "write " + roleForm
	}
	return err
}

func checkManagedPolicy(s string) error {
	if matches(awsPolicyPattern, s) && !strings.HasPrefix(s, "arn:") {
		return nil
	}
	return checkPolicyARN(s)
}

func checkPolicyARN(s string) error {
	_, _, err := ParsePolicyARN(s)
	return err
}
