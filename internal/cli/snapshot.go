package cli

import (
	"fmt"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/internal/voice"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// snapshotOptions are one `helm irsa snapshot`.
type snapshotOptions struct{ *awsOptions }

const snapshotHelp = `Writes what verifying needs to know of AWS as one file on stdout. It reads only.

The file has the cluster, and of every AWS account that irsa.yaml has a role in: all
roles and OIDC providers. Trust, permissions and tags are told of the roles that
matter to the release; of others their names, and the trust where it is for pods. So
a role that is not in it does not exist, and the file tells little of anybody else.
There are no credentials and no tokens in it.

A key that is not there was not looked at, such as for want of a permission, which
stderr names. A key that is there is complete; where one of several AWS accounts could
not be read, the key "accounts" says of which it has all. AWS's own objects
keep the names that the AWS CLI prints.`

func newSnapshot(sys *System, run func(*snapshotOptions) error) *cobra.Command {
	if run == nil {
		run = runSnapshot
	}
	o := &snapshotOptions{newAWSOptions(sys)}
	cmd := &cobra.Command{
		Use:     "snapshot [RELEASE]",
		Short:   "Write what verifying needs to know of AWS as one file",
		Long:    snapshotHelp,
		Example: "  helm irsa snapshot epinio -n epinio > aws.json\n  helm irsa snapshot epinio -n epinio -o yaml > aws.yaml",
		Args:    oneRelease,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.release = args[0]
			}
			if o.format != "json" && o.format != "yaml" {
				return faults.Hinted(fmt.Errorf("-o %s: not json or yaml", o.format), "%s -o json", cmd.CommandPath())
			}
			return run(o)
		},
	}
	o.addFlags(cmd)
	cmd.Flags().StringVarP(&o.format, "output", "o", "json", "json or yaml")
	return cmd
}

func runSnapshot(o *snapshotOptions) error {
	s, err := o.open(o.sys.context())
	if err != nil {
		return err
	}
	taken, err := s.Snapshot(o.sys.context())
	if err != nil {
		return err
	}
	text, err := snapshotText(taken, o.format)
	if err != nil {
		return fmt.Errorf("writing the snapshot: %w", err)
	}
	v := voice.To(o.sys.Stderr)
	for _, f := range taken.Unread {
		v.Warning("not in the snapshot: " + f.Error())
		v.Hint(f.Hint())
	}
	_, err = o.sys.Stdout.Write(text)
	return err
}

func snapshotText(s *awsiam.Snapshot, format string) ([]byte, error) {
	text, err := jsonText(s)
	switch {
	case err != nil || format == "json":
		return safe.JSON(text), err
	case safe.Hidden(text): // the writer of YAML knows only some of the characters to escape
		return safe.YAML(text), nil
	}
	return yaml.JSONToYAML(text)
}
