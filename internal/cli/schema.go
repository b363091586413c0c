package cli

import (
	"github.com/spf13/cobra"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

func newSchema() *cobra.Command {
	return &cobra.Command{
		Use:     "schema",
		Short:   "Print the JSON Schema of irsa.yaml",
		Long:    "Prints the JSON Schema (draft 2020-12) of irsa.yaml, for editors and checks.",
		Example: "  helm irsa schema > irsa.schema.json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := cmd.OutOrStdout().Write(spec.JSONSchema())
			return err
		},
	}
}
