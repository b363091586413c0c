package depcheck

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// mostMethods is the most that a type may have, what it embeds counted: more, and what a method
// reads and changes can no longer be told from what it is called with.
const mostMethods = 25

// TestFewMethods holds every type of the packages to that in which it was once forgotten.
func TestFewMethods(t *testing.T) {
	t.Parallel()
	folders := map[string]bool{}
	for _, root := range []string{"../../pkg/verify", "../../pkg/awsiam", "../../internal/cli", "../../internal/upgrade", "../../internal/ownership"} {
		err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
				folders[filepath.Dir(path)] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(folders) < 3 {
		t.Fatalf("%d packages were found", len(folders))
	}
	for folder := range folders {
		for name, methods := range methodsOf(t, folder) {
			if len(methods) > mostMethods {
				t.Errorf("%s: %s has %d methods, of which %d are too many: make functions of them, or types of its parts", folder, name, len(methods), len(methods)-mostMethods)
			}
		}
	}
}

// methodsOf are the methods of each type of a package, those of the package's own types that it
// embeds among them.
func methodsOf(t *testing.T, folder string) map[string]map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	own, embeds := map[string][]string{}, map[string][]string{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Recv != nil {
					of := typeName(n.Recv.List[0].Type)
					own[of] = append(own[of], n.Name.Name)
				}
			case *ast.TypeSpec:
				if s, ok := n.Type.(*ast.StructType); ok {
					for _, f := range s.Fields.List {
						if len(f.Names) == 0 {
							embeds[n.Name.Name] = append(embeds[n.Name.Name], typeName(f.Type))
						}
					}
				}
			}
			return true
		})
	}
	out := map[string]map[string]bool{}
	var add func(into map[string]bool, name string, through []string)
	add = func(into map[string]bool, name string, through []string) {
		for _, m := range own[name] {
			into[m] = true
		}
		for _, e := range embeds[name] {
			if !slices.Contains(through, e) {
				add(into, e, append(through, e))
			}
		}
	}
	for _, names := range []map[string][]string{own, embeds} {
		for name := range names {
			out[name] = map[string]bool{}
			add(out[name], name, []string{name})
		}
	}
	return out
}

// typeName is the name of a type, without what it points to, and without its parameters.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return typeName(e.X)
	case *ast.IndexExpr:
		return typeName(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}
