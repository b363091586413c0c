package safe

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                           "",
		"plain text, ü 日本 👍":         "plain text, ü 日本 👍",
		"a\nb\rc\td":                 `a\nb\rc\td`,
		"\x1b[2J\x07\x00\x7f":        `\x1b[2J\x07\x00\x7f`,
		"\u009b31m":                  `\u009b31m`,
		"\x9b31m\xff":                `\x9b31m\xff`,
		"\u0085\u2028\u2029":         `\u0085\u2028\u2029`,
		"\u061c\u200e\u202e\u2066":   `\u061c\u200e\u202e\u2066`,
		"\u200b\u200d\ufeff\u00ad":   `\u200b\u200d\ufeff\u00ad`,
		"\U000e0041\U000e0100\ufe0f": `\U000e0041\U000e0100\ufe0f`,
		"\u3164\ue000":               `\u3164\ue000`,
		`\x1b is four characters`:    `\x1b is four characters`,
		"no\u00a0break":              "no\u00a0break",
	} {
		if got := Text(in); got != want {
			t.Errorf("Text(%q) is %s, want %s", in, got, want)
		}
		if again := Text(Text(in)); again != Text(in) {
			t.Errorf("twice, %q is %s", in, again)
		}
	}
	for in, want := range map[string]string{"": `""`, " a": `" a"`, "a\u00a0": "\"a\u00a0\"", "a b": "a b", "a\n": `a\n`} {
		if got := Value(in); got != want {
			t.Errorf("Value(%q) is %s, want %s", in, got, want)
		}
	}
	if got := Lines("a\tb\nc\x1b\r"); got != "a\tb\nc"+`\x1b\r` {
		t.Errorf("Lines: %q", got)
	}
}

// hostile are values that somebody may write where we print them.
var hostile = []string{
	"", "-", "--help", "-rf", ";touch PWNED", "$(touch PWNED)", "`touch PWNED`", "'; touch PWNED; '", `\'; touch PWNED; \'`, `"; touch PWNED; "`,
	"a b", "~", "~root", "*", "[a-z]*", "?", "{a,b}", "!!", "!touch", "#x", "=ls", "a=b", "%1", "&", "|touch PWNED", "<x", ">PWNED", "^a^b", `\`, `a\`, `\\`, "a'b", "日本", "${IFS}",
	"x\u00a0y", strings.Repeat("a'\\$", 3000),
}

// TestQuote: a shell reads every word as it was, all of them in one call.
func TestQuote(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"sh", "bash", "dash", "zsh", "fish"} {
		path, err := exec.LookPath(shell)
		if err != nil {
			if shell == "sh" {
				t.Fatal(err)
			}
			continue
		}
		line, ok := Command(append([]string{"printf", `%s\0`}, hostile...)...)
		if !ok {
			t.Fatal("no command")
		}
		dir := t.TempDir()
		cmd := exec.Command(path, "-c", line)
		cmd.Dir, cmd.Env = dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}
		out, err := cmd.CombinedOutput()
		if want := strings.Join(hostile, "\x00") + "\x00"; err != nil || string(out) != want {
			t.Errorf("%s: %v, got %.300q", shell, err, out)
		}
		if _, err := os.Stat(filepath.Join(dir, "PWNED")); err == nil {
			t.Errorf("%s ran what was quoted", shell)
		}
	}
	for _, word := range []string{"a\nb", "a\rb", "a\x1b", "a\tb", "\u009b", "\u202e", "\u2028", "\xff", "\u200b"} {
		if line, ok := Command("kubectl", word); ok {
			t.Errorf("%q makes the command %s", word, line)
		}
		if got := Word(word); hasHidden(got, "") || !strings.HasPrefix(got, "'") {
			t.Errorf("Word(%q) is %s", word, got)
		}
	}
}

// unquote reads one word as POSIX says, of what Quote writes.
func unquote(s string) string {
	var b strings.Builder
	for quoted := false; len(s) > 0; s = s[1:] {
		switch {
		case s[0] == '\'':
			quoted = !quoted
		case s[0] == '\\' && !quoted:
			s = s[1:]
			b.WriteByte(s[0])
		default:
			b.WriteByte(s[0])
		}
	}
	return b.String()
}

// FuzzQuote: what is quoted is read as it was, and a sample of it by a real shell. What is
// not printed as a command is shown without anything that a terminal acts on.
func FuzzQuote(f *testing.F) {
	for _, s := range append(hostile, "a\nb", "\x1b[2J", "\u202e", "\xff\xfe") {
		f.Add(s)
	}
	n := 0
	f.Fuzz(func(t *testing.T, s string) {
		shown := Text(s)
		if hasHidden(shown, "") || !utf8.ValidString(shown) {
			t.Fatalf("%q is shown as %q", s, shown)
		}
		if hidden := hasHidden(s, ""); hidden != (shown != s) {
			t.Fatalf("%q is shown as %q", s, shown)
		}
		quoted, ok := Quote(s)
		if !ok {
			if shown == s {
				t.Fatalf("%q is not quoted", s)
			}
			return
		}
		if got := unquote(quoted); got != s {
			t.Fatalf("%q is quoted as %s and read as %q", s, quoted, got)
		}
		if n++; n%100 == 1 && len(s) < 1000 {
			out, err := exec.Command("sh", "-c", "printf %s "+quoted).Output()
			if err != nil || string(out) != s {
				t.Fatalf("sh reads %s as %q (%v)", quoted, out, err)
			}
		}
	})
}

func TestTyped(t *testing.T) {
	t.Parallel()
	for want, cmd := range map[string]*Typed{
		"kubectl delete pod -n apps web-0   # or not": Type("kubectl", "delete", "pod").Maybe("-n", Namespace, "apps").Value(ObjectName, "web-0").Note("or not"),
		"aws iam get-role --role-name=-x":             Type("aws", "iam", "get-role").Flag("--role-name", RoleName, "-x"),
		"aws iam get-role --role-name ROLE":           Type("aws", "iam", "get-role").Flag("--role-name", RoleName, ""),
		"aws x --client-id 'a;b'":                     Type("aws", "x").Flag("--client-id", Audience, "a;b"),
		NoCommand + `: "-x" is no name of a namespace that Kubernetes takes: correct that first`:  Type("kubectl").Maybe("-n", Namespace, "-x"),
		NoCommand + `: "file:///etc/passwd" is no audience that STS takes: correct that first`:    Type("aws").Flag("--client-id", Audience, "file:///etc/passwd"),
		NoCommand + `: "file://x" is for the AWS CLI the name of a file: correct that first`:      Type("aws").Given("--x", "file://x"),
		NoCommand + `: "a\nhelm-irsa: b" is no name of a role that IAM takes: correct that first`: Type("aws").Value(RoleName, "a\nhelm-irsa: b"),
		NoCommand + `: "a b" is no issuer that IAM takes: correct that first`:                     Type("curl").Uses(Issuer, "a b").With("https://x"),
	} {
		if got := cmd.String(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind   Kind
		takes  []string
		leaves []string
	}{
		{Namespace, []string{"a", "kube-system", strings.Repeat("a", 63)}, []string{"", "A", "a.b", "-a", "a-", "a\n", strings.Repeat("a", 64)}},
		{ObjectName, []string{"a.b-c", "0"}, []string{"a/b", "a_b", ".a"}},
		{Release, []string{"web", "a.b"}, []string{"a_b", "-a", strings.Repeat("a", 54)}},
		{RoleName, []string{"Role_+=,.@-x"}, []string{"a/b", "a b", "rôle", "a\n", strings.Repeat("a", 65)}},
		{RoleARN, []string{"arn:aws:iam::111122223333:role/x", "arn:aws-cn:iam::111122223333:role/a/b/x", "arn:aws:iam::ACCOUNT:role/NAME"},
			[]string{"arn:aws:iam::111122223333:role/x;touch y z", "arn:aws:iam::1:role/x", "x arn:aws:iam::111122223333:role/x", "arn:aws:iam::111122223333:role/a b/x"}},
		{ProviderARN, []string{"arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-3.amazonaws.com/id/ABC"}, []string{"arn:aws:iam::111122223333:oidc-provider/$(id)", "ARN"}},
		{Issuer, []string{"oidc.eks.eu-west-3.amazonaws.com/id/ABC", "s3.eu-west-1.amazonaws.com/bucket-1", "kubernetes.default.svc.cluster.local", "10.0.0.1:6443"}, []string{"-x", "a;b", "https://a", "a/$(id)"}},
		{Audience, []string{"sts.amazonaws.com", "https://kubernetes.default.svc", "urn:amazon:webservices"}, []string{"", "-a", "a b", "a\"b", "a`b`", "fileb://x", "[1]"}},
		{Cluster, []string{"prod_cluster", "A-1"}, []string{"-a", "a.b", "a b"}},
		{Region, []string{"eu-west-3", "us-gov-west-1", "us-isob-east-1", "eusc-de-east-1"}, []string{"eu", "eu-west-3;x", "-eu-1"}},
		{Workload, []string{"Deployment/web", "statefulset.apps/a.b"}, []string{"web", "Deployment/-a", "-x/y"}},
	} {
		for _, v := range c.takes {
			if !c.kind.Takes(v) {
				t.Errorf("%s: %q is refused", c.kind.what, v)
			}
		}
		for _, v := range c.leaves {
			if c.kind.Takes(v) {
				t.Errorf("%s: %q is taken", c.kind.what, v)
			}
		}
	}
}

// TestWriter: whatever the pieces are in which a text comes, it leaves escaped, with what is
// ours as it is.
func TestWriter(t *testing.T) {
	t.Parallel()
	const text = "\x1b[32m+ a\x1b[0m\x1b[2J\r\nb\u009b日\u202e\xff\tc\xe6\x97"
	const want = "\x1b[32m+ a\x1b[0m" + `\x1b[2J\r` + "\nb" + `\u009b日\u202e\xff` + "\tc" + `\xe6\x97`
	for _, size := range []int{6, len(text)} {
		var b bytes.Buffer
		w := NewWriter(&b, "\x1b[32m", "\x1b[0m")
		for rest := text; len(rest) > 0; {
			n := min(size, len(rest))
			if size == 6 && strings.HasPrefix(rest, "\x1b[") { // a sequence comes in one piece
				n = strings.IndexAny(rest, "mJ") + 1
			} else if i := strings.Index(rest, "\x1b["); i > 0 {
				n = min(n, i)
			}
			if got, err := w.Write([]byte(rest[:n])); got != n || err != nil {
				t.Fatal(got, err)
			}
			rest = rest[n:]
		}
		if err := w.Close(); err != nil || b.String() != want {
			t.Errorf("pieces of %d: got %q, want %q", size, b.String(), want)
		}
		if Raw(w) != &b || Raw(&b) != &b {
			t.Error("Raw is not the stream behind")
		}
	}
	b := bytes.Buffer{}
	for _, c := range []byte("日本\x1b") {
		w := NewWriter(&b)
		_, _ = w.Write([]byte{c})
		_ = w.Close()
	}
	if hasHidden(b.String(), "") {
		t.Errorf("bytes one by one: %q", b.String())
	}
}

// TestJSON: the same data, and nothing that a terminal acts on.
func TestJSON(t *testing.T) {
	t.Parallel()
	in := map[string]string{"a\u009b\x7f": "b\u202e\u2028\U000e0041\ufeff", "plain": "日\"\\\n"}
	text, err := json.MarshalIndent(in, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	out := JSON(text)
	var got map[string]string
	if err := json.Unmarshal(out, &got); err != nil || Hidden(out) || len(got) != 2 || got["a\u009b\x7f"] != in["a\u009b\x7f"] || got["plain"] != in["plain"] {
		t.Errorf("%s: %v %q", out, err, got)
	}
	if out := YAML(text); Hidden(out) || !strings.Contains(string(out), `\U000e0041`) {
		t.Errorf("%s", out)
	}
}
