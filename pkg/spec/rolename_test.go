package spec

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestRoleName(t *testing.T) {
	t.Parallel()
	f := &File{Cluster: Cluster{Name: "prod_cluster"}}
	for _, c := range []struct {
		sa              ServiceAccount
		namespace, want string
	}{
		{ServiceAccount{Name: "server", Namespace: "epinio"}, "", "prod_cluster-epinio-server"},
		{ServiceAccount{Name: "server"}, "release", "prod_cluster-release-server"},
		{ServiceAccount{Name: "server", Namespace: "own"}, "release", "prod_cluster-own-server"},
		{ServiceAccount{Name: "a.b"}, "kube-system", "prod_cluster-kube-system-a.b"},
		{ServiceAccount{Name: "x", Role: Role{Name: "mine"}}, "", "mine"},
		{ServiceAccount{Name: "x", Role: Role{ARN: "arn:aws:iam::111122223333:role/p/other"}}, "", "other"},
		{ServiceAccount{Name: strings.Repeat("a", 60)}, "ns", "prod_cluster-ns-" + strings.Repeat("a", 39) + "-3178aed0"},
	} {
		got, err := f.RoleName(c.sa, c.namespace)
		if err != nil || got != c.want {
			t.Errorf("%+v: %s, %v, want %s", c.sa, got, err, c.want)
		}
	}
}

// Names that are cut or changed never meet, and fit IAM.
func TestDerivedNamesStayApart(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 70)
	seen := map[string][3]string{}
	for _, c := range [][3]string{
		{"c", "n", "a"}, {"c", "n", "a.b"}, {"c", "n", "a-b"}, {"c", "n", "a b"}, {"c", "n", "a/b"}, {"c", "n", "aéb"},
		{"c", "n", long + "1"}, {"c", "n", long + "2"}, {"c", long, "a"}, {"c", long, "b"}, {long, "n", "a"}, {long + "n", "a", "a"},
		{"c", strings.Repeat("-", 80), "a"}, {"C", "n", long + "1"},
	} {
		name := deriveRoleName(c[0], c[1], c[2])
		if message, _ := formats["roleName"].test(name); message != "" {
			t.Errorf("%v: %s", c, message)
		}
		if before, ok := seen[strings.ToLower(name)]; ok {
			t.Errorf("%v and %v are both %s", before, c, name)
		}
		seen[strings.ToLower(name)] = c
	}
}

func TestRoleARNOffline(t *testing.T) {
	t.Parallel()
	f := &File{Cluster: Cluster{Name: "prod", Region: "cn-north-1", AccountID: "111122223333"}, Defaults: Defaults{Path: "/irsa/"}}
	for want, sa := range map[string]ServiceAccount{
		"arn:aws-cn:iam::111122223333:role/irsa/prod-ns-app": {Name: "app"},
		"arn:aws-cn:iam::444455556666:role/irsa/mine":        {Name: "app", Role: Role{Name: "mine", AccountID: "444455556666"}},
		"arn:aws-cn:iam::111122223333:role/mine":             {Name: "app", Role: Role{Name: "mine", Path: "/"}},
		"arn:aws:iam::111122223333:role/other":               {Name: "app", Role: Role{ARN: "arn:aws:iam::111122223333:role/other"}},
	} {
		if got, err := f.RoleARN(sa, "ns"); err != nil || got != want {
			t.Errorf("%s, %v, want %s", got, err, want)
		}
	}
}

func TestUnknownARN(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		cluster Cluster
		sa      ServiceAccount
		ns      string
		missing []string
	}{
		{Cluster{}, ServiceAccount{Name: "app"}, "", []string{"cluster.name", "namespace", "cluster.accountID", "cluster.region"}},
		{Cluster{Name: "c", Region: "eu-west-3"}, ServiceAccount{Name: "app"}, "ns", []string{"cluster.accountID"}},
		{Cluster{Name: "c", AccountID: "111122223333"}, ServiceAccount{Name: "app"}, "ns", []string{"cluster.region"}},
		{Cluster{Region: "eu-west-3"}, ServiceAccount{Name: "app", Role: Role{Name: "r"}}, "", []string{"cluster.accountID"}},
	} {
		_, err := (&File{Cluster: c.cluster}).RoleARN(c.sa, c.ns)
		var u *UnknownARN
		if !errors.As(err, &u) || !reflect.DeepEqual(u.Missing, c.missing) {
			t.Errorf("%+v: %v", c.cluster, err)
		}
	}
	_, err := (&File{Cluster: Cluster{Name: "c", Region: "eu-west-3"}}).RoleARN(ServiceAccount{Name: "server"}, "epinio")
	const want = `the role ARN of service account epinio/server cannot be computed without cluster.accountID; ` +
		`add to irsa.yaml: cluster.accountID: "111122223333", or role.arn: arn:aws:iam::ACCOUNT:role/NAME`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// With the release's namespace, names may clash that irsa.yaml alone keeps apart.
func TestCheckRoleNames(t *testing.T) {
	t.Parallel()
	f, err := Parse("irsa.yaml", []byte("apiVersion: helm-irsa.dev/v1alpha1\nkind: ReleaseIdentity\ncluster: {name: c}\n"+
		"serviceAccounts:\n- name: b-x\n  namespace: a\n- name: x\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.CheckRoleNames("other"); err != nil {
		t.Error(err)
	}
	const want = `irsa.yaml:7:3: serviceAccounts[1].role.name: the derived role name "c-a-b-x" is that of serviceAccounts[0] too, on line 5; ` +
		`write another role.name, or share that role through role.arn and its trust.subjects`
	if err := f.CheckRoleNames("a-b"); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
