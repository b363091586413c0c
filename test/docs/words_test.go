package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	// bare is a word of a sentence. A flag, a field, a path and a key have other
	// characters beside it.
	bare = regexp.MustCompile(`^[(*_]*[Aa]ccounts?('s|s'|')?[)*_.,;!?]*$`)
	// kind is what stands before it and says which kind of account is meant.
	kind = regexp.MustCompile(`(^|\W)([Ss]ervice|AWS)$`)
	// becomes is a role that somebody becomes: AWS says that a role is assumed.
	becomes = regexp.MustCompile(`(?i)\bbecom(e|es|ing) (\S+ ){0,3}roles?\b`)
)

// accountsElsewhere are sentences that keep the bare word, by a part of them, and why.
var accountsElsewhere = map[string]string{
	"(roles per account)":                             "a name in AWS's list of quotas",
	"(customer managed policies per account)":         "a name in AWS's list of quotas",
	"(OpenID Connect providers per account)":          "a name in AWS's list of quotas",
	"No OpenIDConnect provider found in your account": "STS's own message",
	`the key "accounts"`:                              "a key of the snapshot",
	"accounts in irsa.yaml":                           "the field",
	"it lacks Accounts, Credentials or Issuers":       "keys of the local AWS's file",
	"--query Account --output text":                   "a key of the AWS CLI's answer",
	"for account in epinio-server epinio-staging":     "a variable of a shell script",
}

// TestWords: wherever a program or a page says account, it says which kind, a service
// account or an AWS account; and nobody becomes a role. The design has the words.
func TestWords(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	look := func(where, text string) {
		// A sentence may go on in the next line of a comment in YAML.
		text = strings.ReplaceAll(strings.Join(strings.Fields(text), " "), " # ", " ")
		for part := range accountsElsewhere {
			if strings.Contains(text, part) {
				used[part] = true
				text = strings.ReplaceAll(text, part, "")
			}
		}
		words := strings.Split(text, " ")
		for i, word := range words {
			if bare.MatchString(word) && (i == 0 || !kind.MatchString(words[i-1])) {
				t.Errorf("%s: which kind of account? %s", where, strings.Join(words[max(0, i-4):min(len(words), i+4)], " "))
			}
		}
		if found := becomes.FindString(text); found != "" {
			t.Errorf("%s: a role is assumed: %s", where, found)
		}
	}
	commands, err := filepath.Glob(filepath.Join(root, "docs", "cli", "*.md"))
	if err != nil || len(commands) == 0 {
		t.Fatalf("no page in docs/cli (%v)", err)
	}
	for _, page := range pages(t) {
		look(page, read(t, page))
	}
	for _, page := range commands {
		look(page, read(t, "docs/cli/"+filepath.Base(page)))
	}
	for _, path := range sources(t) {
		lookAtSource(t, path, look)
	}
	for part, why := range accountsElsewhere {
		if !used[part] {
			t.Errorf("nothing says %q any more (%s)", part, why)
		}
	}
}

// sources are the files of Go that are not tests.
func sources(t *testing.T) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "testdata" || path != root && strings.HasPrefix(entry.Name(), ".")):
			return filepath.SkipDir
		case strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go"):
			out = append(out, path)
		}
		return nil
	})
	if err != nil || len(out) < 100 {
		t.Fatalf("%d files of Go: %v", len(out), err)
	}
	return out
}

// lookAtSource looks at the texts and comments of a file. A text without a space is a key,
// and the first word of a comment may be the name of what it documents.
func lookAtSource(t *testing.T, path string, look func(where, text string)) {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			names[n.Name] = true
		case *ast.BasicLit:
			if text, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING && strings.ContainsAny(text, " \n") {
				look(set.Position(n.Pos()).String(), text)
			}
		}
		return true
	})
	for _, group := range file.Comments {
		text := group.Text()
		if first, rest, _ := strings.Cut(text, " "); names[first] {
			text = rest
		}
		look(set.Position(group.Pos()).String(), text)
	}
}
