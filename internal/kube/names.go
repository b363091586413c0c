package kube

import (
	"regexp"
	"slices"
	"strings"

	clientcmd "k8s.io/client-go/tools/clientcmd/api"
)

// EKSName is a cluster of EKS as a kubeconfig names it. Parts that are not said are empty.
type EKSName struct {
	Partition, Region, Account, Name string
	// Where is what of the kubeconfig says so, for people.
	Where string
}

// String is the ARN where all parts are known, else what is.
func (n EKSName) String() string {
	if n.Partition != "" {
		return "arn:" + n.Partition + ":eks:" + n.Region + ":" + n.Account + ":cluster/" + n.Name
	}
	if n.Region != "" {
		return n.Name + " in " + n.Region
	}
	return n.Name
}

// EKSNames are the clusters of EKS that the kubeconfig's context names: by its own name,
// by that of its cluster, and by how its user gets a token. They are names only: whoever
// wrote the kubeconfig may have chosen others. There are none where the server was given
// beside the kubeconfig, as by --kube-apiserver.
func (c *Client) EKSNames() []EKSName { return slices.Clone(c.names) }

// eksNames reads what a context of a kubeconfig names.
func eksNames(config clientcmd.Config, context string, o Options) []EKSName {
	at := config.Contexts[context]
	if at == nil {
		return nil
	}
	cluster := config.Clusters[at.Cluster]
	if server := o.Getenv("HELM_KUBEAPISERVER"); server != "" && (cluster == nil || server != cluster.Server) {
		return nil
	}
	var out []EKSName
	for _, name := range []struct{ text, where string }{
		{context, "the name of context " + context},
		{at.Cluster, "the name of its cluster, " + at.Cluster},
	} {
		if n, ok := nameIn(name.text); ok {
			n.Where = name.where
			out = append(out, n)
		}
	}
	if user := config.AuthInfos[at.AuthInfo]; user != nil && user.Exec != nil && o.Getenv("HELM_KUBETOKEN") == "" {
		if n, ok := execName(user.Exec); ok {
			n.Where = "how user " + at.AuthInfo + " gets a token"
			out = append(out, n)
		}
	}
	return out
}

var (
	// arnText is the ARN of a cluster, by which `aws eks update-kubeconfig` names context,
	// cluster and user
	// (https://docs.aws.amazon.com/cli/latest/reference/eks/update-kubeconfig.html).
	arnText = regexp.MustCompile(`^arn:(aws[a-z-]*):eks:([a-z0-9-]+):(\d{12}):cluster/([0-9A-Za-z][0-9A-Za-z_-]{0,99})$`)
	// eksctlText is a cluster's name as eksctl writes it, behind who wrote it where it is a
	// context's (eksctl, pkg/utils/kubeconfig, NewBuilder, and ClusterMeta.String).
	eksctlText = regexp.MustCompile(`^(?:.*@)?([0-9A-Za-z][0-9A-Za-z_-]{0,99})\.([a-z]{2,}(?:-[a-z]+)+-\d)\.eksctl\.io$`)
	// nameText is a cluster's name (https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html).
	nameText = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z_-]{0,99}$`)
)

func nameIn(text string) (EKSName, bool) {
	if m := arnText.FindStringSubmatch(text); m != nil {
		return EKSName{Partition: m[1], Region: m[2], Account: m[3], Name: m[4]}, true
	}
	if m := eksctlText.FindStringSubmatch(text); m != nil {
		return EKSName{Name: m[1], Region: m[2]}, true
	}
	return EKSName{}, false
}

// execName is what a program that gets tokens is asked for: `aws eks get-token
// --cluster-name NAME --region R`, `aws-iam-authenticator token -i NAME` (or --cluster-id)
// (https://docs.aws.amazon.com/eks/latest/userguide/create-kubeconfig.html). An ID of
// --cluster-id of `aws` is of a local cluster on an Outpost, and no name.
func execName(exec *clientcmd.ExecConfig) (EKSName, bool) {
	flags := []string{"--cluster-name"}
	switch base := programName(exec.Command); {
	case base == "aws-iam-authenticator" || base == "heptio-authenticator-aws":
		flags = []string{"-i", "--cluster-id"}
	case base == "aws" && slices.Contains(exec.Args, "get-token"):
	case slices.Contains(exec.Args, "get-token") || slices.Contains(exec.Args, "eks"): // a wrapper, such as aws-vault exec prod -- aws eks get-token
	default:
		return EKSName{}, false
	}
	n := EKSName{Name: flagOf(exec.Args, flags...), Region: flagOf(exec.Args, "--region", "-r")}
	for _, e := range exec.Env {
		if n.Region == "" && (e.Name == "AWS_REGION" || e.Name == "AWS_DEFAULT_REGION") {
			n.Region = e.Value
		}
	}
	return n, nameText.MatchString(n.Name)
}

// programName is a path's last part, without the .exe of Windows.
func programName(path string) string {
	path = path[strings.LastIndexAny(path, `/\`)+1:]
	return strings.TrimSuffix(strings.ToLower(path), ".exe")
}

// flagOf is the value of the last of these flags, as --flag value or --flag=value.
func flagOf(args []string, names ...string) (value string) {
	for i, arg := range args {
		for _, name := range names {
			if v, ok := strings.CutPrefix(arg, name+"="); ok {
				value = v
			} else if arg == name && i+1 < len(args) {
				value = args[i+1]
			}
		}
	}
	return value
}
