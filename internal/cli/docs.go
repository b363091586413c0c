package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/helm-irsa/helm-irsa/internal/voice"
)

// Page is the reference page of one command, in Markdown.
type Page struct {
	// Name is the file's name without its ending, such as helm-irsa_upgrade.
	Name string
	Text string
}

// Pages returns the reference pages: the program's own, then one for each command that help lists.
func Pages() []Page {
	root := newRoot(&System{})
	pages := []Page{page(root)}
	for _, cmd := range root.Commands() {
		if cmd.IsAvailableCommand() && cmd.Name() != "help" {
			pages = append(pages, page(cmd))
		}
	}
	return pages
}

func page(cmd *cobra.Command) Page {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n\n```\n%s\n```\n", cmd.CommandPath(), cmd.Short, cmd.UseLine())
	fmt.Fprintf(&b, "\n```text\n%s\n```\n", strings.TrimSpace(cmd.Long))
	if cmd.Example != "" {
		fmt.Fprintf(&b, "\n## Examples\n\n```sh\n%s\n```\n", unindent(cmd.Example))
	}
	if flags := cmd.NonInheritedFlags().FlagUsages(); strings.TrimSpace(flags) != "" {
		fmt.Fprintf(&b, "\n## Flags\n\n```text\n%s```\n", flags)
	}
	if !cmd.HasParent() {
		b.WriteString("\n## Commands\n\n")
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() && c.Name() != "help" {
				fmt.Fprintf(&b, "- [%s](%s.md): %s\n", c.CommandPath(), fileName(c), c.Short)
			}
		}
	}
	return Page{Name: fileName(cmd), Text: b.String()}
}

func fileName(cmd *cobra.Command) string {
	if !cmd.HasParent() {
		return voice.Program
	}
	return voice.Program + "_" + cmd.Name()
}

func unindent(text string) string {
	return strings.TrimPrefix(strings.ReplaceAll(text, "\n  ", "\n"), "  ")
}
