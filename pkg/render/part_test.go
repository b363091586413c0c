package render

import (
	"fmt"
	"regexp"
	"testing"
)

// TestReplacedIn: what several patterns make of one text, each with a value of its own; the second
// time it is as it was.
func TestReplacedIn(t *testing.T) {
	t.Parallel()
	const clash = "clash"
	for _, c := range []struct {
		text string
		all  []string // pattern, value, and so on
		want string
	}{
		{"--sa=x --role=y", []string{`--sa=(\S+)`, "web", `--role=(\S+)`, "arn"}, "--sa=web --role=arn"},
		{"a=x\nb=y", []string{`(?m)^a=(.*)$`, "p", `(?m)^b=(.*)$`, "q"}, "a=p\nb=q"},
		{"a=x b=y", []string{`a=(\w+)`, "p", `[ab]=(\w+)`, "q"}, clash},
		{"a=x", []string{`a=(\w+)`, "p", `a=(\w+)`, "q"}, clash},
		{"a=x", []string{`a=(\w+)`, "p", `a=(\w+)`, "p"}, "a=p"},
		{"a=x", []string{`a=(x|p)`, "p", `a=(\w+)`, "q"}, clash},
		// An old value that is a part of the new one.
		{"--sa=default", []string{`--sa=(default)`, "default-web"}, "--sa=default-web"},
		{"run web", []string{`(web)$`, "my-web"}, "run my-web"},
		{"web", []string{`(web)`, "web-web"}, "web-web"},
		{"--sa=webbing", []string{`--sa=(\w+)`, "web"}, "--sa=web"},
		{"x x", []string{`(x)`, "xx"}, "xx xx"},
		{"--sa=", []string{`--sa=(.*)$`, "web"}, "--sa=web"},
	} {
		var all []replacement
		for i := 0; i < len(c.all); i += 2 {
			all = append(all, replacement{regexp.MustCompile(c.all[i]), c.all[i+1]})
		}
		text := c.text
		for range 2 {
			got, both := replacedIn(text, all)
			if both != nil {
				got = clash
			}
			if got != c.want {
				t.Errorf("%s: got %q, want %q", fmt.Sprint(c.text, c.all), got, c.want)
			}
			if text = got; got == clash {
				break
			}
		}
	}
}
