// Package adopt writes irsa.yaml from what exists: roles, policies and associations in AWS, and
// the service accounts that they are for, as Terraform, eksctl, a snapshot or a cluster tell of
// them. What it writes wants what is there, so that a plan adopts it and changes nothing else.
//
// Readers make a Source of what they read (terraform.go, eksctl.go), and Build makes the files:
// whose is what (group.go), what a role is (role.go), whom it trusts (trusts.go), which policies
// are the release's (policies.go), and the text (write.go). Nothing here asks AWS or a cluster.
package adopt

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// Source is what was read.
type Source struct {
	// Name is what was read, for messages: such as the name of a file.
	Name string
	// Cluster is what is known of the cluster; what is empty is found in State.
	Cluster spec.Cluster
	// Clusters are those that are told of, where they may be several: the one that Cluster, the
	// associations and the trust policies mean is taken.
	Clusters []spec.Cluster
	// State is what AWS has, or will have.
	State awsstate.State
	// Users are service accounts that are known beside what State tells of them. All says
	// that they are all that is to be taken; otherwise those that a trust policy or an
	// association names are taken, too.
	Users []User
	All   bool
	// Access says how AWS accounts are reached, by ID.
	Access map[string]spec.AccountAccess
	// Kept are the addresses, by ARN, under which another tool keeps roles and policies.
	Kept map[string]string
	// Addons are the add-ons of EKS, by the ARNs of the roles that they give their service accounts: those
	// are of no Helm release.
	Addons map[string]string
	// Parts are what another tool keeps by itself of roles that are in AWS, such as attachments: it would
	// take them off a role that it has let go.
	Parts []Part
	// Ahead are the addresses, by ARN, under which another tool will make what is not in AWS yet.
	Ahead map[string]string
	// Later says that something is left out that is known once another tool has made it.
	Later bool
	// Notes are what could not be taken already.
	Notes []Note
}

// User is a service account that has a role.
type User struct {
	Namespace, Name string
	// Release is the release that it is of, and Home that one's namespace; empty where that is
	// not known: then Home is its own.
	Release, Home string
	// RoleARN is the role that it has by an annotation, or that role's name; empty where State
	// tells.
	RoleARN string
	Token   spec.Token
	// Create is as in irsa.yaml; empty is its default.
	Create string
	// Kiam says that its pods get the role from kiam.
	Kiam bool
	// RunsAs are workloads that are to run as it, as KIND/NAME, and do not yet.
	RunsAs []string
}

func (u User) String() string { return u.Namespace + "/" + u.Name }

// home is the namespace of the release.
func (u User) home() string { return cmp.Or(u.Home, u.Namespace) }

// Note is something that could not be taken, or that has to be known.
type Note struct {
	// About is what it is about, as TYPE NAME.
	About, Text string
}

// note notes something once: a Source may be built from again.
func (s *Source) note(about, format string, args ...any) {
	if n := (Note{about, fmt.Sprintf(format, args...)}); !slices.Contains(s.Notes, n) {
		s.Notes = append(s.Notes, n)
	}
}

// Part is what puts a policy on a role, or says what is on it.
type Part struct {
	// RoleARN is the role; PolicyARN is the policy, and empty where it is of the role alone.
	RoleARN, PolicyARN string
	// Address is where the other tool keeps it.
	Address string
	// Wider says that it puts the policy on others, too.
	Wider bool
}

// Options say what is to be taken.
type Options struct {
	// Namespace and Release narrow what is taken; empty takes all. A release that is named
	// gets all of its namespace that is of no other release.
	Namespace, Release string
	// NodeRoles are names of roles of the nodes, whose policies belong to the release.
	NodeRoles []string
}

// Result is what Build made.
type Result struct {
	Files []File
	// Notes are those of no file.
	Notes []Note
}

// File is the irsa.yaml of one release.
type File struct {
	// Release is empty where it is not known: then the file has all of a namespace.
	Namespace, Release string
	Spec               *spec.File
	Text               []byte
	// Adopt are what plan and apply take as --adopt.
	Adopt []string
	Notes []Note
	// Kept are the addresses of what another tool keeps and the file takes.
	Kept []string
	// Ahead are the addresses of what another tool will make, and the file has.
	Ahead []string
}
