package whichcluster

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Kubeconfig is what the context of a kubeconfig says that Helm uses, as plain values.
type Kubeconfig struct {
	// Context, Cluster and User are what the kubeconfig calls them.
	Context, Cluster, User string
	// Server is the API server's address without credentials. CertifiedName is the name that
	// its certificate has to have, where that is not the address's own: what is reached
	// through a tunnel is known by it.
	Server, CertifiedName string
	// Beside: the server was given beside the kubeconfig, as by --kube-apiserver, and is not
	// the context's. Then names say nothing of it.
	Beside bool
	// Exec is the program that gets a token; nil where there is none, or another token was given.
	Exec *Exec
}

// Exec is a program of a kubeconfig that gets tokens.
type Exec struct {
	Command string
	Args    []string
	Env     map[string]string
}

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

// Names are the clusters of EKS that the context names: by its own name, by that of its
// cluster, and by how its user gets a token. They are names only: whoever wrote the kubeconfig
// may have chosen others.
func (k Kubeconfig) Names() []EKSName {
	if k.Beside {
		return nil
	}
	var out []EKSName
	for _, name := range []struct{ text, where string }{
		{k.Context, "the name of context " + k.Context},
		{k.Cluster, "the name of its cluster, " + k.Cluster},
	} {
		if n, ok := nameIn(name.text); ok {
			n.Where = name.where
			out = append(out, n)
		}
	}
	if k.Exec != nil {
		if n, ok := k.Exec.name(); ok {
			n.Where = "how user " + k.User + " gets a token"
			out = append(out, n)
		}
	}
	return out
}

// Profile is the AWS profile with which the user gets a token; empty where none is named.
func (k Kubeconfig) Profile() string {
	if k.Exec == nil || k.Beside || !k.Exec.ofAWS() {
		return ""
	}
	if p := flagOf(k.Exec.words(), "--profile"); p != "" {
		return p
	}
	return k.Exec.Env["AWS_PROFILE"]
}

// identity is what all names of the context come to together. The error names two that are of
// different clusters.
func (k Kubeconfig) identity() (EKSName, error) {
	var out EKSName
	for _, n := range k.Names() {
		if out.Name == "" {
			out = n
			continue
		}
		if n.Name != out.Name || !agree(n.Region, out.Region) || !agree(n.Account, out.Account) {
			return EKSName{}, fmt.Errorf("the kubeconfig names two clusters: %s by %s, and %s by %s", out, out.Where, n, n.Where)
		}
		for _, part := range []struct{ known, more *string }{{&out.Region, &n.Region}, {&out.Account, &n.Account}, {&out.Partition, &n.Partition}} {
			if *part.known == "" {
				*part.known = *part.more
			}
		}
	}
	return out, nil
}

// agree: they are not known to differ.
func agree(a, b string) bool { return a == "" || b == "" || a == b }

var (
	// arnText is the ARN of a cluster, by which `aws eks update-kubeconfig` names context,
	// cluster and user
	// (https://docs.aws.amazon.com/cli/latest/reference/eks/update-kubeconfig.html).
	arnText = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^arn:(aws[a-z-]*):eks:([a-z0-9-]+):(\d{12}):cluster/([0-9A-Za-z][0-9A-Za-z_-]{0,99})$`)
	})
	// eksctlText is a cluster's name as eksctl writes it, behind who wrote it where it is a
	// context's (eksctl, pkg/utils/kubeconfig, NewBuilder, and ClusterMeta.String).
	eksctlText = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:.*@)?([0-9A-Za-z][0-9A-Za-z_-]{0,99})\.([a-z]{2,}(?:-[a-z]+)+-\d)\.eksctl\.io$`)
	})
	// nameText is a cluster's name (https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html).
	nameText = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z_-]{0,99}$`) })
	// regionText is a region's name, as EKS has it in hosts.
	regionText = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z]{2,}(?:-[a-z]+)+-\d+$`) })
)

func nameIn(text string) (EKSName, bool) {
	if m := arnText().FindStringSubmatch(text); m != nil {
		return EKSName{Partition: m[1], Region: m[2], Account: m[3], Name: m[4]}, true
	}
	if m := eksctlText().FindStringSubmatch(text); m != nil {
		return EKSName{Name: m[1], Region: m[2]}, true
	}
	return EKSName{}, false
}

// name is what the program is asked for: `aws eks get-token --cluster-name NAME --region R`,
// `aws-iam-authenticator token -i NAME` (or --cluster-id)
// (https://docs.aws.amazon.com/eks/latest/userguide/create-kubeconfig.html), also behind a
// wrapper, such as `aws-vault exec prod -- aws eks get-token`. An ID of --cluster-id of `aws` is
// of a local cluster on an Outpost, and no name.
func (e *Exec) name() (EKSName, bool) {
	words := e.words()
	var flags []string
	switch {
	case e.runs("aws-iam-authenticator"), e.runs("heptio-authenticator-aws"):
		flags = []string{"-i", "--cluster-id"}
	case e.ofAWS():
		flags = []string{"--cluster-name"}
	default:
		return EKSName{}, false
	}
	n := EKSName{Name: flagOf(words, flags...), Region: flagOf(words, "--region", "-r")}
	for _, variable := range []string{"AWS_REGION", "AWS_DEFAULT_REGION"} { // in the order of the AWS CLI v2
		if n.Region == "" {
			n.Region = e.Env[variable]
		}
	}
	if !regionText().MatchString(n.Region) { // such as a variable of a shell
		n.Region = ""
	}
	return n, nameText().MatchString(n.Name)
}

// ofAWS: it asks AWS for a token of EKS.
func (e *Exec) ofAWS() bool {
	return e.runs("aws-iam-authenticator") || e.runs("heptio-authenticator-aws") || slices.Contains(e.words(), "get-token")
}

// runs reports whether the program is this one, or is told to run it.
func (e *Exec) runs(program string) bool {
	return slices.ContainsFunc(append([]string{e.Command}, e.words()...), func(w string) bool { return programName(w) == program })
}

// words are the arguments; a line for a shell, as of `sh -c`, is taken apart.
func (e *Exec) words() []string {
	var out []string
	for _, arg := range e.Args {
		if strings.Contains(arg, " ") {
			for _, w := range strings.Fields(arg) {
				out = append(out, strings.Trim(w, `"'`))
			}
			continue
		}
		out = append(out, arg)
	}
	return out
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
