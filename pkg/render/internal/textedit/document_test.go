package textedit

import (
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

const runners = `concurrent = 10
[[runners]] # the first
  name = "build"
  [runners.kubernetes]
    namespace = "ci"
    service_account = 'default' # of the jobs

[[runners]]
  name = "deploy"
  [runners.kubernetes]
    namespace = "ci"
`

// edits are one edit each: the text, the path, whether what is missing is made, and the lines
// that are gone and new; with a trailing error text instead where it is refused.
var edits = []struct {
	name    string
	format  Format
	in      string
	path    string
	add     bool
	want    string // the lines that go, with -, and those that come, with +
	refused string
}{
	{"set in a table", TOML, "[a]\nb = \"old\"   # why\n", "a.b", false, "-b = \"old\"   # why +b = \"new\"   # why", ""},
	{"literal quotes stay", TOML, "[a]\nb='old'\n", "a.b", false, "-b='old' +b='new'", ""},
	{"before all tables", TOML, "b = \"old\"\n[a]\n", "b", false, `-b = "old" +b = "new"`, ""},
	{"one element of an array of tables", TOML, runners, "runners[name=build].kubernetes.service_account", false, "-    service_account = 'default' # of the jobs +    service_account = 'new' # of the jobs", ""},
	{"every element", TOML, runners, "runners[*].kubernetes.service_account", false, "-    service_account = 'default' # of the jobs +    service_account = 'new' # of the jobs +    service_account = \"new\"", ""},
	{"a number", TOML, runners, "runners[1].kubernetes.service_account", false, "+    service_account = \"new\"", ""},
	{"no such element", TOML, runners, "runners[name=test].kubernetes.service_account", false, "", "nothing"},
	{"half of the elements", TOML, "[[r]]\n[r.k]\nx = \"a\"\n[[r]]\n", "r[*].k.x", false, "", "r[*].k is there in some places and not in others"},
	{"half of the elements, made", TOML, "[[r]]\n[r.k]\nx = \"a\"\n[[r]]\n", "r[*].k.x", true, `-x = "a" +x = "new" +k.x = "new"`, ""},
	{"a table that is missing", TOML, "[a]\nb = 1\n", "c.d", false, "", "nothing"},
	{"a table that is made", TOML, "[a]\nb = 1\n", "c.d", true, `+c.d = "new"`, ""},
	{"no blanks at the equals sign", TOML, "[a]\nb=1\n", "a.c", false, `+c="new"`, ""},
	{"a table below one", TOML, "[a]\nb = 1\n", "a.c.d", true, `+c.d = "new"`, ""},
	{"a table that is only implied", TOML, "x = 1\n[a.b]\nc = 1\n", "a.d", false, `+[a] +d = "new"`, ""},
	{"a dotted key", TOML, "[a]\nb.c = \"old\"\n", "a.b.c", false, `-b.c = "old" +b.c = "new"`, ""},
	{"beside a dotted key", TOML, "[a]\n  b.c = 1\n", "a.b.d", false, `+  b.d = "new"`, ""},
	{"a quoted key", TOML, "[a]\n\"b.c\" = \"old\"\n", `a["b.c"]`, false, `-"b.c" = "old" +"b.c" = "new"`, ""},
	{"a quoted key that is new", TOML, "[a]\nb = 1\n", `a["b.c"]`, false, `+"b.c" = "new"`, ""},
	{"an inline table", TOML, "a = {b = \"old\", c = 1}\n", "a.b", false, `-a = {b = "old", c = 1} +a = {b = "new", c = 1}`, ""},
	{"nothing is added to an inline table", TOML, "a = {b = 1}\n", "a.c", false, "", "cannot be added to an inline table"},
	{"a byte order mark", TOML, "\ufeffb = \"old\"\n", "b", false, "-\ufeffb = \"old\" +\ufeffb = \"new\"", ""},
	{"the same in other letters", TOML, "[a]\nB = 1\n", "a.b", false, "", "a.b is not there, but a.B is"},
	{"both in other letters", TOML, "[a]\nB = 1\n", "a.b", true, "+b = \"new\"", ""},
	{"an element of a list", TOML, "a = [\"x\", # c\n \"old\"]\n", "a[1]", false, `- "old"] + "new"]`, ""},
	{"several lines of text", TOML, "a = \"\"\"\nold\n\"\"\"\n", "a", false, `-a = """ -old -""" +a = "new"`, ""},
	{"a number becomes text", TOML, "a = 1\n", "a", false, `-a = 1 +a = "new"`, ""},
	{"a table is no text", TOML, "[a.b]\nc = 1\n", "a.b", false, "", "fields of its own"},
	{"no line end", TOML, "[a]\nb = 1", "a.c", false, `+c = "new"`, ""},
	{"no line end behind the header", TOML, "[a]", "a.c", false, `+c = "new"`, ""},
	{"CRLF", TOML, "[a]\r\nb = \"old\"\r\n", "a.c", false, "+c = \"new\"\r", ""},

	{"a section", INI, "# c\n[core]\nx = 1\n[k]\nname = old\n", "k.name", false, "-name = old +name = new", ""},
	{"a byte order mark", INI, "\ufeff[k]\nname = old\n", "k.name", false, "-name = old +name = new", ""},
	{"the same in other letters", INI, "[k]\nName = old\n", "k.name", false, "", "k.name is not there, but k.Name is"},
	{"the same in another section", INI, "[k]\na = 1\n[l]\nName = old\n", "k.name", false, "+name = new", ""},
	{"another separator", INI, "[k]\nname:old ; why\n", "k.name", false, "-name:old ; why +name:new ; why", ""},
	{"quotes", INI, "[k]\nname=\"old\"\n", "k.name", false, `-name="old" +name="new"`, ""},
	{"empty quotes", INI, "[k]\nname=''\n", "k.name", false, "-name='' +name='new'", ""},
	{"a quote alone", INI, "[k]\nname=\"\n", "k.name", false, `-name=" +name=new`, ""},
	{"an empty value", INI, "[k]\nname =\nother = 1\n", "k.name", false, "-name = +name =new", ""},
	{"a key that is missing", INI, "[k]\n\n  a=1\n[l]\n", "k.name", false, "+  name=new", ""},
	{"a section with dots", INI, "[k.l]\nname = old\n", `["k.l"].name`, false, "-name = old +name = new", ""},
	{"a key with dots", INI, "[k]\na.b = old\n", "k.a.b", false, "-a.b = old +a.b = new", ""},
	{"no section", INI, "name = old\n[k]\nname = k\n", "name", false, "-name = old +name = new", ""},
	{"a section that is missing", INI, "[k]\na = 1\n", "l.name", false, "", "nothing"},
	{"a section that is made", INI, "[k]\na = 1\n", "l.name", true, "+ +[l] +name = new", ""},
	{"several lines", INI, "[k]\nname = a\n  b\n", "k.name", false, "", "not text on one line"},
	{"a comment is no entry", INI, "[k]\n# name = x\n;name = x\nname = old\n", "k.name", false, "-name = old +name = new", ""},
	{"quotes around what begins a comment", INI, "[k]\nname = \"x ; y # z\"\n", "k.name", false, `-name = "x ; y # z" +name = "new"`, ""},
	{"quotes and a comment with quotes", INI, "[k]\nname = \"x\" ; \"y\"\n", "k.name", false, `-name = "x" ; "y" +name = "new" ; "y"`, ""},
	{"an escaped quote", INI, "[k]\nname = \"x\\\" ; y\"\n", "k.name", false, `-name = "x\" ; y" +name = "new"`, ""},
	{"a quote that only begins", INI, "[k]\nname = 'tis ; y\n", "k.name", false, "-name = 'tis ; y +name = new ; y", ""},
	{"quotes and no comment", INI, "[k]\nname = \"x\";y\n", "k.name", false, `-name = "x";y +name = new`, ""},
	{"no key before the separator", INI, "[k]\n= x\nname = old\n", "k.name", false, "", "empty"},
	{"quotes and a word with a semicolon", INI, "[k]\nname = \"x\" y;z\n", "k.name", false, `-name = "x" y;z +name = new`, ""},
	{"quotes and an empty comment", INI, "[k]\nname = \"x\" #\n", "k.name", false, `-name = "x" # +name = "new" #`, ""},
	{"a first line that is indented", INI, "  name = old\n", "name", false, "-  name = old +  name = new", ""},
	{"quotes that end too early", INI, "[k]\nname = \"x\"y ; z\n", "k.name", false, `-name = "x"y ; z +name = new ; z`, ""},
	{"twice", INI, "[k]\nname = a\nname = b\n", "k.name", false, "-name = a -name = b +name = new +name = new", ""},

	{"an equals sign", Properties, "a.b=old\nc=d\n", "a.b", false, "-a.b=old +a.b=new", ""},
	{"a byte order mark", Properties, "\ufeffa=old\n", "a", false, "-\ufeffa=old +\ufeffa=new", ""},
	{"the same in other letters", Properties, "A.b=old\n", "a.b", false, "", "A.b"},
	{"blanks", Properties, "spark.x   old\n", "spark.x", false, "-spark.x   old +spark.x   new", ""},
	{"a colon", Properties, "a : old\n", "a", false, "-a : old +a : new", ""},
	{"one that is missing", Properties, "a.b: c\n", "a.d", false, "+a.d: new", ""},
	{"no line end, one is missing", Properties, "a=b", "c", false, "+c=new", ""},
	{"an escaped key", Properties, "a\\:b = old\n", `["a:b"]`, false, "-a\\:b = old +a\\:b = new", ""},
	{"a comment", Properties, "#a=b\n!a=c\na=old\n", "a", false, "-a=old +a=new", ""},
	{"a line that goes on", Properties, "a=o\\\n  ld\nb=c\n", "a", false, "", "not text on one line"},
	{"nothing at all", Properties, "", "a", false, "+a=new", ""},
}

func TestEdits(t *testing.T) {
	t.Parallel()
	for _, tt := range edits {
		t.Run(string(tt.format)+" "+tt.name, func(t *testing.T) {
			t.Parallel()
			out, err := edited(tt.format, tt.in, tt.path, tt.add)
			if tt.refused != "" {
				if err == nil || !strings.Contains(err.Error(), tt.refused) {
					t.Fatalf("%v, want an error with %q\n%s", err, tt.refused, out)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := changedLines(tt.in, out); got != tt.want {
				t.Errorf("changed %q, want %q\n%s", got, tt.want, out)
			}
			again, err := edited(tt.format, out, tt.path, tt.add)
			if err != nil || again != out {
				t.Errorf("edited again: %v\n%s", err, again)
			}
		})
	}
}

// TestKeeps: a value that a part of is replaced keeps the rest of what it says, and what it
// is read as is what the format says that it is.
func TestKeeps(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		format         Format
		in, text, want string
	}{
		{Properties, `k = caf\u00e9 old`, "café old", `k = caf\u00e9 new`},
		{Properties, `k = café old`, "café old", `k = café new`},
		{Properties, `k = a\tb\nc\rd\fe old`, "a\tb\nc\rd\fe old", `k = a\tb\nc\rd\fe new`},
		{Properties, `k = jdbc\:x\=y old`, "jdbc:x=y old", `k = jdbc\:x\=y new`},
		{Properties, `k = jdbc:x=y old`, "jdbc:x=y old", `k = jdbc:x=y new`},
		{Properties, `k = c:\\dir old`, `c:\dir old`, `k = c:\\dir new`},
		{Properties, `k = \ old`, " old", `k = \ new`},
		{Properties, `k = \z old`, "z old", `k = z new`},
		{Properties, `\u006b = old`, "old", `\u006b = new`},
		{INI, `k = "x ; y old"`, "x ; y old", `k = "x ; y new"`},
		{INI, `k = 'x # y old' # why`, "x # y old", `k = 'x # y new' # why`},
		{TOML, `k = "caf\u00e9\t old"`, "café\t old", `k = "café\t new"`},
	} {
		d, err := Parse(tt.format, []byte(tt.in))
		if err != nil {
			t.Fatal(err)
		}
		places, err := d.Find([]spec.PathPart{{Key: "k"}}, false)
		if err != nil || len(places) != 1 || places[0].Text() != tt.text {
			t.Errorf("%s: %q, %v, want %q", tt.in, places[0].Text(), err, tt.text)
			continue
		}
		places[0].Set(strings.ReplaceAll(tt.text, "old", "new"))
		if out, err := d.Apply(); err != nil || string(out) != tt.want {
			t.Errorf("%s: became %s, %v, want %s", tt.in, out, err, tt.want)
		}
	}
}

type nothing struct{}

func (nothing) Error() string { return "nothing is there" }

// edited puts "new" at every place of a path.
func edited(format Format, in, path string, add bool) (string, error) {
	d, err := Parse(format, []byte(in))
	if err != nil {
		return "", err
	}
	parts, err := spec.ParsePath(path)
	if err != nil {
		return "", err
	}
	places, err := d.Find(parts, add)
	if err != nil {
		return "", err
	}
	if len(places) == 0 {
		return "", nothing{}
	}
	for _, p := range places {
		if p.Text() != "new" {
			p.Set("new")
		}
	}
	out, err := d.Apply()
	return string(out), err
}

// changedLines are the lines of one text only, and then those of the other only.
func changedLines(before, after string) string {
	var out []string
	only := func(sign, a, b string) {
		have := map[string]int{}
		for _, l := range strings.Split(strings.TrimSuffix(b, "\n"), "\n") {
			have[l]++
		}
		for _, l := range strings.Split(strings.TrimSuffix(a, "\n"), "\n") {
			if have[l]--; have[l] < 0 && (l != "" || sign == "+" && before != "") {
				out = append(out, sign+l)
			}
		}
	}
	only("-", before, after)
	only("+", after, before)
	return strings.Join(out, " ")
}

// TestMissing: a hint names what stands where the path first leads nowhere.
func TestMissing(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		format   Format
		in, path string
		steps    int
		keys     string
		list     bool
	}{
		{TOML, runners, "runners[0].kubernetes.x", 3, "namespace service_account", false}, {TOML, runners, "runners[*].kubernete.service_account", 2, "kubernetes name", false},
		{TOML, runners, "runner[0].kubernetes.x", 0, "runners concurrent", false}, {TOML, runners, "runners[name=x].a", 1, "", false}, {TOML, runners, "runners[0].kubernetes.namespace", 4, "", false},
		{INI, "[a]\nb = 1\n[c]\n", "d.b", 0, "a c", false}, {INI, "[a]\nb = 1\n[c]\n", "a.d", 1, "b", false}, {Properties, "a.b = c\nd = e\n", "a.c", 0, "a.b d", false},
		{TOML, runners, "runners.kubernetes.service_account", 1, "", true}, {TOML, "a = [[\"b\"]]\n", "a[0].c", 2, "", true},
	} {
		d, err := Parse(tt.format, []byte(tt.in))
		if err != nil {
			t.Fatal(err)
		}
		path, _ := spec.ParsePath(tt.path)
		if steps, keys, list := d.Missing(path); steps != tt.steps || strings.Join(keys, " ") != tt.keys || list != tt.list {
			t.Errorf("%s: %d, %q, %v, want %d, %s, %v", tt.path, steps, keys, list, tt.steps, tt.keys, tt.list)
		}
	}
}

// TestPlace: a place that is there, and one where a value may be put.
func TestPlace(t *testing.T) {
	t.Parallel()
	d, err := Parse(TOML, []byte("[a]\nb = \"c\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	there, err := d.Find([]spec.PathPart{{Key: "a"}, {Key: "b"}}, false)
	if err != nil || len(there) != 1 || !there[0].Exists() || there[0].Text() != "c" {
		t.Fatalf("%v %v", there, err)
	}
	free, err := d.Find([]spec.PathPart{{Key: "a"}, {Key: "d"}}, false)
	if err != nil || len(free) != 1 || free[0].Exists() || free[0].Text() != "" || free[0].ID() == there[0].ID() {
		t.Fatalf("%v %v", free, err)
	}
	if out, err := d.Apply(); d.Changed() || err != nil || string(out) != "[a]\nb = \"c\"\n" {
		t.Errorf("changed without an edit: %q %v", out, err)
	}
	twice, err := Parse(INI, []byte("[a]\nb = 1\nb = 2\n"))
	if err != nil {
		t.Fatal(err)
	}
	both, err := twice.Find([]spec.PathPart{{Key: "a"}, {Key: "b"}}, false)
	if err != nil || len(both) != 2 || both[0].ID() == both[1].ID() {
		t.Errorf("one key on two lines is one place: %v %v", both, err)
	}
	free[0].Set("x")
	if !d.Changed() {
		t.Error("not changed by an edit")
	}
}

// TestNotAsIntended: an edit that the library reads as more than the value, or not at all, is
// refused.
func TestNotAsIntended(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{"new": "", "new\nc = d": "would not be read as intended", "new\n[c": "would not be read as intended", "new ; c": ""} {
		d, err := Parse(INI, []byte("[a]\nb = old\n"))
		if err != nil {
			t.Fatal(err)
		}
		places, err := d.Find([]spec.PathPart{{Key: "a"}, {Key: "b"}}, false)
		if err != nil || len(places) != 1 {
			t.Fatalf("%v %v", places, err)
		}
		places[0].Set(value)
		out, err := d.Apply()
		if (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %q, %v, want %q", value, out, err, want)
		}
	}
}

// TestNotRead: what the library cannot read is no text of the format.
func TestNotRead(t *testing.T) {
	t.Parallel()
	for format, in := range map[Format]string{TOML: "a = \n", INI: "[a\nb\n", Properties: "a=\\u00zz\n"} {
		if _, err := Parse(format, []byte(in)); err == nil {
			t.Errorf("%s: no error for %q", format.Name(), in)
		}
	}
}

func fuzz(f *testing.F, format Format) {
	for _, tt := range edits {
		if tt.format == format {
			f.Add([]byte(tt.in), uint16(0))
		}
	}
	f.Fuzz(func(t *testing.T, src []byte, n uint16) {
		d, err := Parse(format, src)
		if err != nil || len(d.layout.entries) == 0 {
			return
		}
		e := d.layout.entries[int(n)%len(d.layout.entries)]
		if e.start < 0 || e.end < e.start || e.end > len(src) {
			t.Fatalf("%q: entry %v at %d to %d", src, e.path, e.start, e.end)
		}
		if !e.whole {
			return
		}
		p := Place{doc: d, entry: &e, path: e.path}
		p.Set("new-name")
		out, err := d.Apply()
		if err != nil {
			return // said, not silent
		}
		if !strings.HasPrefix(string(out), string(src[:len(d.mark)+e.start])) || !strings.HasSuffix(string(out), string(src[len(d.mark)+e.end:])) {
			t.Fatalf("%q became %q: more than the value changed", src, out)
		}
		again, err := Parse(format, out)
		if err != nil {
			t.Fatalf("%q became %q: %v", src, out, err)
		}
		if got := again.layout.entries[int(n)%len(d.layout.entries)]; got.text != "new-name" {
			t.Fatalf("%q became %q: the value is %q", src, out, got.text)
		}
	})
}

// FuzzTOML, FuzzINI and FuzzProperties change one value: nothing but its bytes changes, and it
// reads back.
func FuzzTOML(f *testing.F)       { fuzz(f, TOML) }
func FuzzINI(f *testing.F)        { fuzz(f, INI) }
func FuzzProperties(f *testing.F) { fuzz(f, Properties) }
