package export

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// HCL as `terraform fmt` writes it. The escapes are those of
// https://developer.hashicorp.com/terraform/language/expressions/strings.

// hclFile collects blocks.
type hclFile struct{ strings.Builder }

// comment writes lines of comments.
func (f *hclFile) comment(margin string, lines ...string) {
	for _, line := range lines {
		for _, piece := range wrapped(line, 96-len(margin)) {
			f.WriteString(strings.TrimRight(margin+"# "+piece, " ") + "\n")
		}
	}
}

// wrapped cuts a text into lines at blanks.
func wrapped(text string, width int) []string {
	var lines []string
	for _, word := range strings.Fields(text) {
		if n := len(lines); n > 0 && len(lines[n-1])+1+len(word) <= width {
			lines[n-1] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}

// hclAttribute is NAME = VALUE in a block or an object; the value is an expression.
type hclAttribute struct {
	name, value string
	// apart says that the value has several lines, and stands alone.
	apart bool
}

// attributes aligns those that follow each other, as terraform fmt does.
func (f *hclFile) attributes(margin string, all []hclAttribute) {
	for i := 0; i < len(all); {
		if i > 0 {
			f.WriteString("\n")
		}
		if all[i].apart {
			fmt.Fprintf(f, "%s%s = %s\n", margin, all[i].name, all[i].value)
			i++
			continue
		}
		end, width := i, 0
		for ; end < len(all) && !all[end].apart; end++ {
			width = max(width, utf8.RuneCountInString(all[end].name))
		}
		for ; i < end; i++ {
			fmt.Fprintf(f, "%s%s%s = %s\n", margin, all[i].name, strings.Repeat(" ", width-utf8.RuneCountInString(all[i].name)), all[i].value)
		}
	}
}

// block writes a block after an empty line.
func (f *hclFile) block(head string, comments []string, all ...hclAttribute) {
	if f.Len() > 0 {
		f.WriteString("\n")
	}
	f.comment("", comments...)
	f.WriteString(head + " {\n")
	f.attributes("  ", all)
	f.WriteString("}\n")
}

// hclString is a quoted text in which nothing is interpolated.
func hclString(s string) string {
	return doubleQuoted(hclTemplate(s), func(r rune) string {
		switch r {
		case '"', '\\':
			return `\` + string(r)
		case '\n':
			return `\n`
		case '\r':
			return `\r`
		case '\t':
			return `\t`
		}
		return ""
	})
}

// hclTemplate escapes what would begin an interpolation or a directive.
func hclTemplate(s string) string {
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(s)
}

// hclDocument is a JSON document as a heredoc, which knows no escapes but those of templates.
func hclDocument(text, margin string) string {
	return "<<-EOT\n" + margin + "  " + hclTemplate(pretty(text, margin+"  ")) + "\n" + margin + "EOT"
}

// hclMap is an object with quoted keys, sorted.
func hclMap(values map[string]string, margin string) string {
	var f hclFile
	var all []hclAttribute
	for key, value := range values {
		all = append(all, hclAttribute{name: hclString(key), value: value})
	}
	slices.SortFunc(all, func(a, b hclAttribute) int { return strings.Compare(a.name, b.name) })
	f.WriteString("{\n")
	f.attributes(margin+"  ", all)
	f.WriteString(margin + "}")
	return f.String()
}

func hclList(values []string) string { return "[" + strings.Join(values, ", ") + "]" }
