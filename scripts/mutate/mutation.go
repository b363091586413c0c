package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// mutation is one change of one file: the bytes from one offset to another become text.
type mutation struct {
	file         string
	from, to     int
	text         string
	line, column int
	change       string // for people: what becomes what, in which line
}

// mutations are all that there are in the package's files but the tests, in their order.
func (p pkg) mutations() ([]mutation, error) {
	var out []mutation
	for _, name := range p.GoFiles {
		file := filepath.Join(p.Dir, name)
		source, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		found, err := mutationsOf(file, source)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// mutationsOf are the mutations of one file.
func mutationsOf(file string, source []byte) ([]mutation, error) {
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, file, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	f := &finder{set: set, file: file, source: string(source)}
	ast.Inspect(tree, func(n ast.Node) bool {
		f.node(n)
		return true
	})
	slices.SortStableFunc(f.found, func(a, b mutation) int { return a.from - b.from })
	return f.found, nil
}

// finder collects the mutations of one file.
type finder struct {
	set    *token.FileSet
	file   string
	source string
	found  []mutation
}

// swaps are the operators that stand in for another.
var swaps = map[token.Token][]token.Token{
	token.LAND: {token.LOR}, token.LOR: {token.LAND},
	token.EQL: {token.NEQ}, token.NEQ: {token.EQL},
	token.LSS: {token.LEQ, token.GEQ}, token.LEQ: {token.LSS, token.GTR},
	token.GTR: {token.GEQ, token.LEQ}, token.GEQ: {token.GTR, token.LSS},
	token.ADD: {token.SUB}, token.SUB: {token.ADD}, token.MUL: {token.QUO}, token.QUO: {token.MUL},
}

func (f *finder) node(n ast.Node) {
	switch n := n.(type) {
	case *ast.BinaryExpr:
		for _, op := range swaps[n.Op] {
			f.add(n.OpPos, len(n.Op.String()), op.String())
		}
	case *ast.UnaryExpr:
		if n.Op == token.NOT {
			f.add(n.OpPos, 1, "")
		}
	case *ast.IfStmt:
		f.negate(n.Cond)
	case *ast.ForStmt:
		f.negate(n.Cond)
	case *ast.SwitchStmt:
		f.cases(n)
	case *ast.BranchStmt:
		if n.Label == nil && (n.Tok == token.CONTINUE || n.Tok == token.BREAK) {
			f.add(n.Pos(), len(n.Tok.String()), "{}")
		}
	case *ast.IncDecStmt:
		f.add(n.TokPos, 2, map[token.Token]string{token.INC: "--", token.DEC: "++"}[n.Tok])
	case *ast.BasicLit:
		f.number(n)
	case *ast.Ident:
		switch n.Name {
		case "true":
			f.add(n.Pos(), 4, "false")
		case "false":
			f.add(n.Pos(), 5, "true")
		}
	}
}

// negate takes a condition for its opposite. One that is a comparison, !x or a connection of
// others has that among its own mutations.
func (f *finder) negate(cond ast.Expr) {
	switch c := cond.(type) {
	case nil:
		return
	case *ast.BinaryExpr:
		if c.Op != token.LAND && c.Op != token.LOR {
			return
		}
	case *ast.UnaryExpr:
		return
	}
	from, to := f.set.Position(cond.Pos()).Offset, f.set.Position(cond.End()).Offset
	f.add(cond.Pos(), to-from, "!("+f.source[from:to]+")")
}

// cases negates those of a switch without a value, which are conditions.
func (f *finder) cases(n *ast.SwitchStmt) {
	if n.Tag != nil {
		return
	}
	for _, s := range n.Body.List {
		for _, cond := range s.(*ast.CaseClause).List {
			f.negate(cond)
		}
	}
}

// number is off by one.
func (f *finder) number(n *ast.BasicLit) {
	if n.Kind != token.INT {
		return
	}
	v, err := strconv.ParseInt(n.Value, 0, 64)
	if err != nil {
		return
	}
	f.add(n.Pos(), len(n.Value), strconv.FormatInt(v+1, 10))
	if v > 0 {
		f.add(n.Pos(), len(n.Value), strconv.FormatInt(v-1, 10))
	}
}

func (f *finder) add(at token.Pos, length int, text string) {
	p := f.set.Position(at)
	was := f.source[p.Offset : p.Offset+length]
	start := strings.LastIndexByte(f.source[:p.Offset], '\n') + 1
	line, _, _ := strings.Cut(f.source[start:], "\n")
	if text == "{}" {
		f.found = append(f.found, mutation{f.file, p.Offset, p.Offset + length, text, p.Line, p.Column, was + " is gone"})
		return
	}
	f.found = append(f.found, mutation{
		f.file, p.Offset, p.Offset + length, text, p.Line, p.Column,
		fmt.Sprintf("%q becomes %q in: %s", was, text, strings.TrimSpace(line)),
	})
}
