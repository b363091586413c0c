package spec

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestRoleName(t *testing.T) {
	t.Parallel()
	f := &File{Cluster: Cluster{Name: "prod_cluster", AccountID: "111122223333", Region: "eu-west-3"}}
	for _, c := range []struct {
		sa              ServiceAccount
		namespace, want string
	}{
		{ServiceAccount{Name: "server", Namespace: "epinio"}, "", "prod_cluster-epinio-server-HASH"},
		{ServiceAccount{Name: "server"}, "release", "prod_cluster-release-server-HASH"},
		{ServiceAccount{Name: "server", Namespace: "own"}, "release", "prod_cluster-own-server-HASH"},
		{ServiceAccount{Name: "a.b"}, "kube-system", "prod_cluster-kube-system-a.b-HASH"},
		{ServiceAccount{Name: "x", Role: Role{Name: "mine"}}, "", "mine"},
		{ServiceAccount{Name: "x", Role: Role{ARN: "arn:aws:iam::111122223333:role/p/other"}}, "", "other"},
		{ServiceAccount{Name: strings.Repeat("a", 60)}, "ns", "prod_cluster-ns-" + strings.Repeat("a", 34) + "-HASH"},
		{ServiceAccount{Name: strings.Repeat("a", 33) + ".x"}, "ns", "prod_cluster-ns-" + strings.Repeat("a", 33) + "-HASH"},
	} {
		got, err := f.RoleName(c.sa, c.namespace)
		if err == nil && strings.HasSuffix(c.want, "-HASH") {
			if i := len(got) - hashLength; i > 0 && strings.Trim(got[i:], "abcdefghijklmnopqrstuvwxyz234567") == "" {
				got = got[:i] + "HASH"
			}
		}
		if err != nil || got != c.want {
			t.Errorf("%+v: %s, %v, want %s", c.sa, got, err, c.want)
		}
	}
}

// A name that was given to a role once must not change with a later version: pods would
// lose their access until the next upgrade.
func TestDerivedNameIsStable(t *testing.T) {
	t.Parallel()
	const want = "prod-team-a-web-6xnu3mcqkuzy7"
	if got := (subjectName{"prod", "111122223333", "eu-west-3", "team-a", "web"}).roleName(); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Whatever two service accounts differ in, their names differ, also for IAM, which ignores
// case; and every name fits IAM.
func TestDerivedNamesStayApart(t *testing.T) {
	t.Parallel()
	long, at, in := strings.Repeat("x", 70), "111122223333", "eu-west-3"
	seen := map[string]subjectName{}
	for _, c := range []subjectName{
		{"c", at, in, "n", "a"}, {"c", at, in, "n", "a.b"}, {"c", at, in, "n", "a-b"}, {"c", at, in, "n", "a b"}, {"c", at, in, "n", "a/b"}, {"c", at, in, "n", "aéb"},
		{"c", at, in, "n", long + "1"}, {"c", at, in, "n", long + "2"}, {"c", at, in, long, "a"}, {"c", at, in, long, "b"}, {long, at, in, "n", "a"}, {long + "n", at, in, "a", "a"},
		{"c", at, in, strings.Repeat("-", 80), "a"}, {"C", at, in, "n", long + "1"}, {"C", at, in, "n", "a"},
		// What hyphens alone would make one.
		{"c", at, in, "team", "a-web"}, {"c", at, in, "team-a", "web"}, {"c-team", at, in, "a", "web"}, {"c", at, in, "team-a-web", ""},
		{"prod", at, in, "eu-app", "web"}, {"prod-eu", at, in, "app", "web"},
		// Clusters of one name elsewhere.
		{"c", "444455556666", in, "n", "a"}, {"c", at, "eu-west-1", "n", "a"},
	} {
		name := c.roleName()
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
		"arn:aws-cn:iam::111122223333:role/irsa/prod-ns-app-kpi2j4ch3klws": {Name: "app"},
		"arn:aws-cn:iam::444455556666:role/irsa/mine":                      {Name: "app", Role: Role{Name: "mine", AccountID: "444455556666"}},
		"arn:aws-cn:iam::111122223333:role/mine":                           {Name: "app", Role: Role{Name: "mine", Path: "/"}},
		"arn:aws:iam::111122223333:role/other":                             {Name: "app", Role: Role{ARN: "arn:aws:iam::111122223333:role/other"}},
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

// With the release's namespace, a role.name may be one that is derived for another.
func TestCheckRoleNames(t *testing.T) {
	t.Parallel()
	f, err := Parse("irsa.yaml", []byte("apiVersion: helm-irsa.dev/v1alpha1\nkind: ReleaseIdentity\n"+
		"cluster: {name: c, region: eu-west-3, accountID: \"111122223333\"}\n"+
		"serviceAccounts:\n- name: other\n  role: {name: c-a-b-x-kwae43vxpijxj}\n- name: x\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.CheckRoleNames("other"); err != nil {
		t.Error(err)
	}
	const want = `irsa.yaml:7:3: serviceAccounts[1].role.name: the derived role name "c-a-b-x-kwae43vxpijxj" is that of serviceAccounts[0] too, on line 5; ` +
		`write another role.name, or share that role through role.arn and its trust.subjects`
	if err := f.CheckRoleNames("a-b"); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// TestRoleNameClashes: roles of one name in one AWS account clash, unless both entries are
// of one service account, or the role is somebody else's.
func TestRoleNameClashes(t *testing.T) {
	t.Parallel()
	sa := func(name, namespace, role, account, arn string) ServiceAccount {
		return ServiceAccount{Name: name, Namespace: namespace, Role: Role{Name: role, AccountID: account, ARN: arn}}
	}
	first := sa("app", "shop", "r", "", "")
	for _, c := range []struct {
		what   string
		second ServiceAccount
		want   bool
	}{
		{"another service account", sa("web", "shop", "r", "", ""), true},
		{"in another namespace", sa("app", "blog", "r", "", ""), true},
		{"in other case", sa("web", "shop", "R", "", ""), true},
		{"the same entry again", sa("app", "shop", "r", "", ""), false},
		{"of another name", sa("web", "shop", "r2", "", ""), false},
		{"in another AWS account", sa("web", "shop", "r", "444455556666", ""), false},
		{"in that AWS account by its ID", sa("web", "shop", "r", "111122223333", ""), true},
		{"by its ARN", sa("web", "shop", "", "", "arn:aws:iam::111122223333:role/r"), false},
		{"without a name", sa("", "shop", "r", "", ""), false},
	} {
		f := &File{Cluster: Cluster{Name: "c", Region: "eu-west-3", AccountID: "111122223333"}, ServiceAccounts: []ServiceAccount{first, c.second}}
		if got := f.CheckRoleNames("shop") != nil; got != c.want {
			t.Errorf("%s: a clash is %v, want %v", c.what, got, c.want)
		}
	}
}
