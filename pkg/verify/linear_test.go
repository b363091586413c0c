package verify_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/sizes"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

// TestNoChainGoesThroughAll reads this package: what is asked for each service account
// must not loop over all that was read, which makes verify quadratic. An index in
// index*.go is the way.
func TestNoChainGoesThroughAll(t *testing.T) {
	t.Parallel()
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	looked := 0
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, f.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || !ofChain(fn) {
				continue
			}
			looked++
			for _, at := range wholeLoops(fn) {
				t.Errorf("%s: %s goes through all of them", set.Position(at), fn.Name.Name)
			}
		}
	}
	if looked < 50 {
		t.Errorf("only %d functions of chains were found", looked)
	}
}

// TestWholeLoops: the check above can fail.
func TestWholeLoops(t *testing.T) {
	t.Parallel()
	const source = `package p
func a(c *chain) { for range c.objects {} }
func b(c *chain, r *result) { for i := range c.snapshot.Roles.List { _ = i } }
func c(d *diagnosis) { slices.ContainsFunc(d.pods, f) }
func d(c *chain) { for range c.a.pods {} ; for range c.a.hints {} ; slices.Contains(c.role.Attached.List, "") }
func e(w *facts) { for range w.objects {} }`
	parsed, err := parser.ParseFile(token.NewFileSet(), "p.go", source, 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	for _, d := range parsed.Decls {
		fn := d.(*ast.FuncDecl)
		n := 0
		if ofChain(fn) {
			n = len(wholeLoops(fn))
		}
		got = append(got, n)
	}
	if want := []int{1, 1, 1, 0, 0}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func ofChain(fn *ast.FuncDecl) bool {
	return slices.ContainsFunc(fn.Type.Params.List, func(p *ast.Field) bool {
		star, ok := p.Type.(*ast.StarExpr)
		if !ok {
			return false
		}
		name, _ := star.X.(*ast.Ident)
		return name != nil && slices.Contains([]string{"chain", "diagnosis", "examination"}, name.Name)
	})
}

// wholeLoops are the loops over lists of all that was read.
func wholeLoops(fn *ast.FuncDecl) []token.Pos {
	var out []token.Pos
	see := func(e ast.Expr) {
		if wholeList(e) {
			out = append(out, e.Pos())
		}
	}
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.RangeStmt:
			see(n.X)
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.SelectorExpr); ok && len(n.Args) > 0 {
				if pkg, ok := f.X.(*ast.Ident); ok && pkg.Name == "slices" {
					see(n.Args[0])
				}
			}
		}
		return true
	})
	return out
}

func wholeList(e ast.Expr) bool {
	s, ok := e.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	switch up := s.X.(type) {
	case *ast.Ident: // c.objects, but not p.pods of something small
		return slices.Contains([]string{"objects", "pods", "hints", "order"}, s.Sel.Name) && len(up.Name) == 1 && up.Name != "a"
	case *ast.SelectorExpr:
		if up.Sel.Name == "facts" {
			return slices.Contains([]string{"objects", "pods", "hints", "order"}, s.Sel.Name)
		}
		return s.Sel.Name == "List" && slices.Contains([]string{"Roles", "Providers", "Policies", "Associations"}, up.Sel.Name)
	}
	return false
}

// TestVerifyAllocatesLinearly: twice as much to verify takes at most two and a half times
// the allocations, in each shape. Not parallel: the runtime counts for the whole process.
func TestVerifyAllocatesLinearly(t *testing.T) {
	for _, c := range sizes.VerifyCases() {
		small, large := verifyAllocations(t, c, 100), verifyAllocations(t, c, 200)
		if float64(large) > 2.5*float64(small) {
			t.Errorf("%s: %d bytes for 100, %d for 200", c.Name, small, large)
		}
	}
}

func verifyAllocations(t *testing.T, c sizes.VerifyCase, n int) uint64 {
	t.Helper()
	text := c.Make(n)
	objects, err := manifest.Read("m", strings.NewReader(text.Manifests))
	if err != nil {
		t.Fatal(c.Name, err)
	}
	snapshot, err := awsstate.Read("s", strings.NewReader(text.Snapshot))
	if err != nil {
		t.Fatal(c.Name, err)
	}
	in := verify.Input{Objects: objects, Snapshot: snapshot}
	if text.IRSA != "" {
		if in.File, err = spec.Parse("irsa.yaml", []byte(text.IRSA)); err != nil {
			t.Fatal(c.Name, err)
		}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r := verify.Verify(in)
	runtime.ReadMemStats(&after)
	if len(r.ServiceAccounts) == 0 {
		t.Fatalf("%s: no service account was looked at", c.Name)
	}
	return after.TotalAlloc - before.TotalAlloc
}
