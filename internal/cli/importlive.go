package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/kube"
	"github.com/helm-irsa/helm-irsa/internal/ownership"
	"github.com/helm-irsa/helm-irsa/pkg/adopt"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// readingFile is an irsa.yaml for reading AWS alone: the cluster, and the service accounts with their
// roles, as far as they are known.
func (o *importOptions) readingFile(cluster spec.Cluster, access map[string]spec.AccountAccess, users []adopt.User) *spec.File {
	f := &spec.File{APIVersion: spec.APIVersion, Kind: spec.Kind, Cluster: cluster, Accounts: access}
	for _, u := range users {
		role := spec.Role{ARN: u.RoleARN}
		if !strings.HasPrefix(u.RoleARN, "arn:") { // none, or a name
			role = spec.Role{Name: u.RoleARN[strings.LastIndexByte(u.RoleARN, '/')+1:], Path: "/"}
		}
		f.ServiceAccounts = append(f.ServiceAccounts, spec.ServiceAccount{Name: u.Name, Namespace: u.Namespace, Role: role})
	}
	if len(o.nodeRoles) > 0 {
		f.NodeRole = &spec.NodeRole{Name: o.nodeRoles[0]}
	}
	return f
}

// readAWS reads what AWS has for these service accounts. Roles of AWS accounts that nobody said how to
// reach are not read: they stay somebody else's.
func (o *importOptions) readAWS(ctx context.Context, f *spec.File, namespace string) (*awsstate.State, error) {
	opened := func() (*awsiam.Session, error) {
		return o.connect(ctx, awsiam.Release{File: f, Namespace: namespace, Name: o.release}, awsiam.Options{Trace: tracer(o.sys)})
	}
	s, err := opened()
	if err != nil {
		return nil, withoutFile(err)
	}
	if own := s.Facts().CallerAccount; slices.ContainsFunc(f.ServiceAccounts, func(sa spec.ServiceAccount) bool { return outOfReach(f, sa, own) != "" }) {
		f.ServiceAccounts = slices.DeleteFunc(f.ServiceAccounts, func(sa spec.ServiceAccount) bool {
			account := outOfReach(f, sa, own)
			if account != "" && !slices.Contains(o.outOfReach, account) {
				o.outOfReach = append(o.outOfReach, account)
				o.sys.unread("what AWS account "+account+" has", fmt.Errorf("nobody said how it is reached: add --aws-account %s=PROFILE", account))
			}
			return account != ""
		})
		if s, err = opened(); err != nil {
			return nil, withoutFile(err)
		}
	}
	taken, err := s.Snapshot(ctx)
	if err != nil {
		return nil, withoutFile(err)
	}
	if len(taken.Unread) > 0 {
		u := taken.Unread[0].WithoutFile()
		return nil, faults.Hinted(fmt.Errorf("reading AWS: %w", u), "%s", u.Hint())
	}
	return taken.State, nil
}

// outOfReach is the AWS account of a service account's role where it is not that of the credentials,
// and no profile or role leads there; empty where it can be asked.
func outOfReach(f *spec.File, sa spec.ServiceAccount, own string) string {
	account := awsstate.AccountOf(sa.Role.ARN)
	if _, reached := f.Accounts[account]; reached || account == own {
		return ""
	}
	return account
}

// fromEksctl reads eksctl's file, and what AWS has of it.
func (o *importOptions) fromEksctl(access map[string]spec.AccountAccess) (*adopt.Source, error) {
	text, name, err := o.readFile(o.eksctl)
	if err != nil {
		return nil, err
	}
	e, err := adopt.ReadEksctl(name, text)
	if err != nil {
		return nil, err
	}
	if e = e.Only(o.namespace); len(e.Users(nil)) == 0 {
		return nil, faults.Hinted(fmt.Errorf("%s tells of no service account in namespace %s", name, o.namespace), "leave -n away to see all namespaces")
	}
	cluster := o.cluster.Complete(spec.Cluster{})
	cluster.Name, cluster.Region = e.Cluster, e.Region
	switch {
	case o.snapshot != "":
		state, err := o.readSnapshot()
		if err != nil {
			return nil, err
		}
		if state.Cluster.Name != "" && state.Cluster.Name != e.Cluster {
			return nil, faults.Hinted(fmt.Errorf("%s is of cluster %s, and %s of %s", name, e.Cluster, o.snapshot, state.Cluster.Name), "give it a snapshot of cluster %s", e.Cluster)
		}
		return e.In(state)
	case o.offline:
		if cluster.AccountID == "" || cluster.Issuer == "" {
			return nil, faults.Hinted(errors.New("--offline: the cluster's AWS account and issuer are not in eksctl's file"), "add --cluster-account-id 111122223333 --cluster-issuer https://…, or leave --offline away")
		}
		return e.Alone(cluster), nil
	}
	ctx := o.sys.context()
	users := e.Users(nil)
	state, err := o.readAWS(ctx, o.readingFile(cluster, access, users), cmp.Or(o.namespace, users[0].Namespace))
	if err != nil {
		return nil, err
	}
	found := e.Users(state) // of these all is told once they are named
	if state, err = o.readAWS(ctx, o.readingFile(cluster, access, found), cmp.Or(o.namespace, users[0].Namespace)); err != nil {
		return nil, err
	}
	return e.In(state)
}

// fromRelease reads the release, its service accounts in the cluster, and AWS.
func (o *importOptions) fromRelease(access map[string]spec.AccountAccess) (*adopt.Source, error) {
	o.namespace = cmp.Or(o.namespace, o.sys.Getenv("HELM_NAMESPACE"))
	if o.namespace == "" {
		return nil, faults.Hinted(errors.New("the release's namespace is not known"), "add -n NAMESPACE")
	}
	cluster, err := releaseCluster(o)
	if err != nil {
		return nil, err
	}
	objects, err := (&verifyOptions{awsOptions: o.awsOptions}).objects(o.namespace)
	if err != nil {
		return nil, err
	}
	client, err := kube.Open(kube.Options{Namespace: o.namespace, Getenv: o.sys.Getenv})
	if err != nil {
		return nil, err
	}
	users, err := o.usersOf(client, objects)
	if err != nil {
		return nil, err
	}
	ctx := o.sys.context()
	state, err := o.readAWS(ctx, o.readingFile(cluster, access, users), o.namespace)
	if err != nil {
		return nil, err
	}
	if named(users, state) { // roles that only an annotation of kiam, or an association, names
		if state, err = o.readAWS(ctx, o.readingFile(cluster, access, users), o.namespace); err != nil {
			return nil, err
		}
	}
	return &adopt.Source{
		Name: "release " + o.namespace + "/" + o.release, All: true, Cluster: cluster, State: *state, Users: users,
		Kept: map[string]string{}, Access: map[string]spec.AccountAccess{},
	}, nil
}

// releaseCluster is the cluster that the release is in: the kubeconfig's. Service accounts of one
// cluster are not to get the roles of another.
func releaseCluster(o *importOptions) (spec.Cluster, error) {
	found, err := inKubeconfig(o.sys, o.typed)
	if err != nil {
		return spec.Cluster{}, err
	}
	if a := found.Another; a != nil {
		return spec.Cluster{}, faults.Hinted(fmt.Errorf("the kubeconfig, which leads to release %s, is for cluster %s by %s, not for %s", o.release, a, a.Where, cmp.Or(found.Name.Text, found.Issuer.Text, found.Region.Text)),
			"choose the context of the release's cluster: --kube-context CONTEXT; or leave the flags of the cluster away")
	}
	if found, err = lookedUp(o.sys, found); err != nil {
		return spec.Cluster{}, err
	}
	if cluster := found.Complete(spec.Cluster{}); cluster.Name != "" || cluster.Issuer != "" {
		return cluster, nil
	}
	return spec.Cluster{}, found.Missing("cluster.name")
}

// named completes ARNs of roles that are known by their names alone, as kiam has them.
func named(users []adopt.User, state *awsstate.State) bool {
	some := false
	for i, u := range users {
		if u.RoleARN == "" || strings.HasPrefix(u.RoleARN, "arn:") {
			continue
		}
		name := u.RoleARN[strings.LastIndexByte(u.RoleARN, '/')+1:]
		for _, r := range state.Roles.List {
			if r.Name == name {
				users[i].RoleARN, some = r.ARN, true
			}
		}
	}
	return some
}

// usersOf are the service accounts that the release makes or its pods run as, with what they
// say in the cluster.
func (o *importOptions) usersOf(client *kube.Client, objects *manifest.Objects) ([]adopt.User, error) {
	made, runs := map[string]bool{}, map[string]bool{}
	kiam := map[string]string{}
	table := manifest.Kinds()
	for i := range objects.List {
		object := &objects.List[i]
		namespace := cmp.Or(object.Namespace, o.namespace)
		if object.Kind == "ServiceAccount" && object.Group() == "" {
			made[namespace+"/"+object.Name] = true
		}
		k := table.Of(object)
		if k == nil {
			continue
		}
		for _, pod := range k.PodsOf(object.Body) {
			key := namespace + "/" + cmp.Or(pod.ServiceAccount, "default")
			runs[key] = true
			if role := manifest.Text(pod.Metadata, "annotations", kiamRole); role != "" {
				kiam[key] = role
			}
		}
	}
	var keys []string
	for key := range made {
		keys = append(keys, key)
	}
	for key := range runs {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	var out []adopt.User
	for _, key := range slices.Compact(keys) {
		u, err := o.userIn(client, key, made[key])
		if err != nil {
			return nil, err
		}
		if u.RoleARN == "" && kiam[key] != "" {
			u.RoleARN, u.Kiam = kiam[key], true
		}
		out = append(out, *u)
	}
	return out, nil
}

// kiamRole is the annotation of pods that kiam reads
// and kube2iam (https://github.com/uswitch/kiam#how-to-annotate-a-pod, https://github.com/jtblin/kube2iam).
const kiamRole = "iam.amazonaws.com/role"

// userIn reads a service account from the cluster.
func (o *importOptions) userIn(client *kube.Client, key string, made bool) (*adopt.User, error) {
	namespace, name, _ := strings.Cut(key, "/")
	u := &adopt.User{Namespace: namespace, Name: name, Release: o.release, Home: o.namespace}
	if !made {
		u.Create = spec.CreateNever
	}
	d, err := client.ServiceAccount(o.sys.context(), namespace, name)
	if err != nil || d == nil {
		return u, err
	}
	a, err := ownership.Parse(d)
	if err != nil {
		return nil, err
	}
	u.Annotated(a.Annotations)
	return u, nil
}
