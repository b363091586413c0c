package cli

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/helm"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/internal/whichcluster"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// ownPrefix is what the wrapper's own flags begin with; everything else is Helm's.
const ownPrefix = "irsa-"

// ownFlags are the wrapper's flags: the value says what it is in the help, empty for a
// switch. Commands are those that have it; all where empty.
var ownFlags = []struct{ name, value, help, commands string }{
	{"irsa-file", "FILE", "the irsa.yaml to use; several are merged, left to right (default $HELM_IRSA_FILE, else ./irsa.yaml)", ""},
	{"irsa-policy-folder", "FOLDER", "a folder beside irsa.yaml's own that a policy's file may lie in (repeatable)", ""},
	{"irsa-cluster-name", "NAME", "the cluster's name, where irsa.yaml leaves it out (default $HELM_IRSA_CLUSTER_NAME, else the kubeconfig)", ""},
	{"irsa-cluster-region", "REGION", "the cluster's region (default $HELM_IRSA_CLUSTER_REGION, else the kubeconfig)", ""},
	{"irsa-cluster-account-id", "ID", "the cluster's AWS account (default $HELM_IRSA_CLUSTER_ACCOUNT_ID, else the kubeconfig)", ""},
	{"irsa-cluster-issuer", "URL", "the issuer of the cluster's tokens (default $HELM_IRSA_CLUSTER_ISSUER, else EKS)", ""},
	{"irsa-provision", "auto|never", "whether the OIDC provider, policies and roles are made in AWS first (default $HELM_IRSA_PROVISION, else auto); template makes nothing", "install upgrade template"},
	{"irsa-yes", "", "do not ask before anything is changed (default $HELM_IRSA_YES, else false)", "install upgrade uninstall"},
	{"irsa-color", "auto|always|never", "whether what helm irsa prints is coloured", ""},
	{"irsa-full", "", "show in the plan also what is written into what is new: tags, settings, documents", "install upgrade"},
	{"irsa-keep-roles", "", "leave what the release owns in AWS", "uninstall"},
	{"irsa-verify", "auto|never", "whether each service account's chain is verified at the end (default $HELM_IRSA_VERIFY, else auto)", "install upgrade template"},
	{"irsa-cluster-unchecked", "", "take away from AWS also where Helm's cluster could not be compared with irsa.yaml's", "install upgrade uninstall"},
	{"irsa-adopt", "", "give service accounts that are in the cluster already, and are of another tool, to this release", "install upgrade"},
}

// ownFlagsOf are the names of the flags that a command has.
func ownFlagsOf(command string) []string {
	var out []string
	for _, f := range ownFlags {
		if f.commands == "" || slices.Contains(strings.Fields(f.commands), command) {
			out = append(out, f.name)
		}
	}
	return out
}

// own is how internal/helm tells our flags from Helm's.
func own() helm.Own {
	return helm.Own{Prefix: ownPrefix, TakesValue: func(name string) bool {
		for _, f := range ownFlags {
			if f.name == name {
				return f.value != ""
			}
		}
		return false
	}}
}

// readOwn sets the options from our flags.
func readOwn(o *wrapperOptions, flags []helm.Flag) error {
	if err := readEnvironment(o); err != nil {
		return err
	}
	has := ownFlagsOf(o.Args.Command)
	for _, f := range flags {
		if !slices.Contains(has, f.Name) {
			return unknownOwn(f.Name, o.Args.Command)
		}
		switch f.Name {
		case "irsa-file":
			if f.Value == "" {
				return errors.New("--irsa-file needs a file")
			}
			o.Files = append(o.Files, f.Value)
		case "irsa-policy-folder":
			if f.Value == "" {
				return errors.New("--irsa-policy-folder needs a folder")
			}
			o.Folders = append(o.Folders, f.Value)
		case "irsa-cluster-name", "irsa-cluster-region", "irsa-cluster-account-id", "irsa-cluster-issuer":
			readFact(&o.Cluster, f)
		case "irsa-provision":
			if err := autoOrNever("--irsa-provision", f.Value, &o.Provision); err != nil {
				return err
			}
			o.Asked = o.Provision
		case "irsa-color":
			shown := colourAuto
			if err := shown.Set(f.Value); err != nil {
				return faults.Hinted(fmt.Errorf("--irsa-color=%s: %w", f.Value, err), "--irsa-color=never")
			}
		case "irsa-verify":
			if err := autoOrNever("--irsa-verify", f.Value, &o.Verify); err != nil {
				return err
			}
		default:
			if err := readSwitch(o, f); err != nil {
				return err
			}
		}
	}
	return nil
}

// readFact sets a fact of the cluster.
func readFact(into *whichcluster.Flags, f helm.Flag) {
	for _, one := range into.Fields() {
		if helmCluster+one.Name == f.Name {
			*one.Into = f.Value
		}
	}
}

// readSwitch sets an option that is on or off.
func readSwitch(o *wrapperOptions, f helm.Flag) error {
	on, err := switchValue(f)
	if err != nil {
		return err
	}
	*map[string]*bool{"irsa-yes": &o.Yes, "irsa-full": &o.full, "irsa-keep-roles": &o.KeepRoles, "irsa-adopt": &o.Adopt, "irsa-cluster-unchecked": &o.Unchecked}[f.Name] = on
	return nil
}

// readEnvironment reads what may stand in the environment instead of on every command
// line.
func readEnvironment(o *wrapperOptions) error {
	for name, into := range map[string]*bool{"HELM_IRSA_PROVISION": &o.Provision, "HELM_IRSA_VERIFY": &o.Verify} {
		if value := o.sys.Getenv(name); value != "" {
			if err := autoOrNever("$"+name, value, into); err != nil {
				return err
			}
		}
	}
	if value := o.sys.Getenv("HELM_IRSA_YES"); value != "" {
		yes, err := strconv.ParseBool(value)
		if err != nil {
			return faults.Hinted(fmt.Errorf("$HELM_IRSA_YES=%s: not true or false", value), "HELM_IRSA_YES=true")
		}
		o.Yes = yes
	}
	return nil
}

// autoOrNever reads a flag of these two values.
func autoOrNever(from, value string, into *bool) error {
	if value != "auto" && value != "never" {
		return faults.Hinted(fmt.Errorf("%s=%s: not auto or never", from, value), "%s=never", from)
	}
	*into = value == "auto"
	return nil
}

// switchValue reads --flag, --flag=true and --flag=false.
func switchValue(f helm.Flag) (bool, error) {
	if !f.HasValue {
		return true, nil
	}
	on, err := strconv.ParseBool(f.Value)
	if err != nil {
		return false, faults.Hinted(fmt.Errorf("--%s=%s: not true or false", f.Name, f.Value), "--%s", f.Name)
	}
	return on, nil
}

func unknownOwn(name, command string) error {
	return suggesting(fmt.Errorf("unknown flag --%s for %s", name, command), name, ownFlagsOf(command),
		"did you mean --%s?", "helm irsa "+command+" --help lists the flags")
}

// suggesting puts a hint behind an error of a name that there is not: the format with the
// candidate that was meant, one that is nearly the name or begins with it; else the other text.
func suggesting(err error, name string, candidates []string, format, otherwise string) error {
	near, ok := spec.Nearest(name, candidates)
	if i := slices.IndexFunc(candidates, func(c string) bool { return strings.HasPrefix(c, name) }); !ok && i >= 0 && name != "" {
		near, ok = candidates[i], true
	}
	if !ok {
		return faults.Hinted(err, "%s", otherwise)
	}
	return faults.Hinted(err, format, safe.Word(near))
}
