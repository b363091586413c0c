package webhook

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// TestApply: the whole pod, as it goes to the API server.
func TestApply(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, pod, want string
		config          func(*Config)
	}{
		{
			name: "IRSA beside what is there",
			pod: `{"metadata":{"name":"till","namespace":"shop"},"spec":{"serviceAccountName":"acct",
				"volumes":[{"name":"data","emptyDir":{}}],"hostNetwork":true,
				"initContainers":[{"name":"setup","image":"i:1","resources":{"limits":{"cpu":"1"}}}],
				"containers":[{"name":"web","env":[{"name":"X","value":"1"}],"volumeMounts":[{"name":"data","mountPath":"/data"}]}]}}`,
			config: func(c *Config) { c.MountPath = "/t"; c.Region = "eu-south-2" },
			want: `{"metadata":{"name":"till","namespace":"shop"},"spec":{"serviceAccountName":"acct",
				"volumes":[{"name":"aws-iam-token","projected":{"sources":[{"serviceAccountToken":{"audience":"sts.amazonaws.com","expirationSeconds":86400,"path":"token"}}]}},
					{"name":"data","emptyDir":{}}],"hostNetwork":true,
				"initContainers":[{"name":"setup","image":"i:1","resources":{"limits":{"cpu":"1"}},
					"env":[{"name":"AWS_DEFAULT_REGION","value":"eu-south-2"},{"name":"AWS_REGION","value":"eu-south-2"},
						{"name":"AWS_ROLE_ARN","value":"arn:aws:iam::444455556666:role/ledger"},{"name":"AWS_WEB_IDENTITY_TOKEN_FILE","value":"/t/token"}],
					"volumeMounts":[{"name":"aws-iam-token","readOnly":true,"mountPath":"/t"}]}],
				"containers":[{"name":"web","resources":{},
					"env":[{"name":"X","value":"1"},{"name":"AWS_DEFAULT_REGION","value":"eu-south-2"},{"name":"AWS_REGION","value":"eu-south-2"},
						{"name":"AWS_ROLE_ARN","value":"arn:aws:iam::444455556666:role/ledger"},{"name":"AWS_WEB_IDENTITY_TOKEN_FILE","value":"/t/token"}],
					"volumeMounts":[{"name":"data","mountPath":"/data"},{"name":"aws-iam-token","readOnly":true,"mountPath":"/t"}]}]}}`,
		},
		{
			name:   "an empty audience is no field",
			pod:    `{"metadata":{"namespace":"shop"},"spec":{"serviceAccountName":"acct","ephemeralContainers":[{"name":"e"}]}}`,
			config: func(c *Config) { c.Audience = "" },
			want: `{"metadata":{"namespace":"shop"},"spec":{"serviceAccountName":"acct","ephemeralContainers":[{"name":"e"}],"containers":[],
				"volumes":[{"name":"aws-iam-token","projected":{"sources":[{"serviceAccountToken":{"expirationSeconds":86400,"path":"token"}}]}}]}}`,
		},
		{
			name:   "Pod Identity, with labels",
			pod:    `{"metadata":{"namespace":"shop","labels":{"app":"x"}},"spec":{"serviceAccountName":"acct","containers":[{"name":"web"}]}}`,
			config: associated,
			want: `{"metadata":{"namespace":"shop","labels":{"app":"x","eks.amazonaws.com/pod-identity":"enabled"}},"spec":{"serviceAccountName":"acct",
				"volumes":[{"name":"eks-pod-identity-token","projected":{"sources":[{"serviceAccountToken":{"audience":"pods.eks.amazonaws.com","expirationSeconds":86400,"path":"eks-pod-identity-token"}}]}}],
				"containers":[{"name":"web","resources":{},"env":[{"name":"AWS_CONTAINER_CREDENTIALS_FULL_URI","value":"http://169.254.170.23/v1/credentials"},
					{"name":"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE","value":"/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token"}],
					"volumeMounts":[{"name":"eks-pod-identity-token","readOnly":true,"mountPath":"/var/run/secrets/pods.eks.amazonaws.com/serviceaccount"}]}]}}`,
		},
		{
			name: "Pod Identity, without labels and containers", config: associated,
			pod: `{"metadata":{"namespace":"shop"},"spec":{"serviceAccountName":"acct","volumes":[{"name":"eks-pod-identity-token"}]}}`,
			want: `{"metadata":{"namespace":"shop","labels":{"eks.amazonaws.com/pod-identity":"enabled"}},
				"spec":{"serviceAccountName":"acct","volumes":[{"name":"eks-pod-identity-token"}],"containers":[]}}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := Defaults()
			c.config(&config)
			object := decode(t, c.pod)
			pod, err := NewPod(object, "")
			if err != nil {
				t.Fatal(err)
			}
			same(t, Predict(withRole(), pod, config).Apply(object), decode(t, c.want))
		})
	}
}

// TestAdmitted: what the API server fills in before it asks.
func TestAdmitted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, pod, want string }{
		{
			"nothing", `{}`,
			`{"metadata":{"namespace":"depot"},"spec":{"serviceAccountName":"default","serviceAccount":"default"}}`,
		},
		{
			"the deprecated field", `{"metadata":{"name":"x"},"spec":{"serviceAccount":"acct"}}`,
			`{"metadata":{"name":"x","namespace":"depot"},"spec":{"serviceAccountName":"acct","serviceAccount":"acct"}}`,
		},
		{
			"both fields: the new one", `{"metadata":{"namespace":"shop"},"spec":{"serviceAccount":"old","serviceAccountName":"acct"}}`,
			`{"metadata":{"namespace":"shop"},"spec":{"serviceAccountName":"acct","serviceAccount":"acct"}}`,
		},
		{
			"nulls", `{"metadata":null,"spec":{"serviceAccountName":null}}`,
			`{"metadata":{"namespace":"depot"},"spec":{"serviceAccountName":"default","serviceAccount":"default"}}`,
		},
		{"what is no pod stays", `{"spec":[]}`, `{"spec":[]}`},
		{"nor is this", `{"spec":{"serviceAccount":7}}`, `{"spec":{"serviceAccount":7}}`},
	} {
		object := decode(t, c.pod)
		same(t, Admitted(object, "depot"), decode(t, c.want))
		same(t, object, decode(t, c.pod))
	}
	if got := Admitted(nil, "")["metadata"]; got != nil {
		t.Errorf("of nothing: %v", got)
	}
	pod, _ := NewPod(Admitted(decode(t, `{"spec":{"serviceAccount":"acct"}}`), "shop"), "")
	if in := Predict(withRole(), pod, Defaults()); in.Method != WebIdentity {
		t.Errorf("the deprecated field, admitted: %+v", in)
	}
}

// TestFaults: values that the API server would refuse are named, all of them.
func TestFaults(t *testing.T) {
	t.Parallel()
	pod, err := NewPod(decode(t, `{"metadata":{"labels":{"a":true},"annotations":[]},"spec":{"serviceAccountName":7,"nodeSelector":"x",
		"containers":[null,{"name":"web","env":[{"name":{}}],"volumeMounts":{}}],
		"volumes":[{"projected":{"sources":[{"serviceAccountToken":{"expirationSeconds":"900"}}]}}]}}`), "")
	saysAll(t, err, `metadata.labels["a"]: want text (put it in quotes), got the boolean true`,
		"metadata.annotations: want an object, got a list", "spec.serviceAccountName: want text, got the number 7",
		"spec.nodeSelector: want an object, got text", "spec.containers[0]: want an object, got null",
		"spec.containers[1].env[0].name: want text, got an object", "spec.containers[1].volumeMounts: want a list, got an object",
		"spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds: want a whole number, got text")
	if pod.Namespace != "default" || len(pod.Containers) != 2 || pod.Containers[1].Name != "web" {
		t.Errorf("the rest is not read: %+v", pod)
	}

	account, err := NewAccount(decode(t, `{"metadata":{"name":"acct","annotations":{
		"eks.amazonaws.com/role-arn":"r","eks.amazonaws.com/sts-regional-endpoints":true,"eks.amazonaws.com/token-expiration":900}}}`), "shop")
	saysAll(t, err, `metadata.annotations["eks.amazonaws.com/sts-regional-endpoints"]: want text (put it in quotes), got the boolean true`,
		`metadata.annotations["eks.amazonaws.com/token-expiration"]: want text (put it in quotes), got the number 900`)
	if want := (Account{"shop", "acct", map[string]string{"eks.amazonaws.com/role-arn": "r"}}); !reflect.DeepEqual(account, want) {
		t.Errorf("the rest is not read: %+v", account)
	}
}

func saysAll(t *testing.T, err error, want ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q\ndoes not say %q", err, w)
		}
	}
	if got := strings.Count(err.Error(), "\n") + 1; got != len(want) {
		t.Errorf("%d faults, want %d: %v", got, len(want), err)
	}
}

// TestOwnToken: what the pod's own volume gives.
func TestOwnToken(t *testing.T) {
	t.Parallel()
	pod, err := NewPod(decode(t, podOf("", `"volumes":[{"name":"aws-iam-token","projected":{"sources":[{"serviceAccountToken":{"path":"jwt","audience":"vault"}}]}}]`)), "")
	if err != nil {
		t.Fatal(err)
	}
	got := Predict(withRole(), pod, Defaults()).Volume
	want := Token{Audience: "vault", Path: "jwt", Expiration: 3600, MinExpiration: 3600}
	if got.Added || got.Own == nil || *got.Own != want {
		t.Errorf("%+v", got)
	}
}

// TestSeconds: decoders differ in the types of numbers.
func TestSeconds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		value any
		want  int64
		ok    bool
	}{
		{900, 900, true},
		{int64(900), 900, true},
		{uint64(900), 900, true},
		{900.0, 900, true},
		{json.Number("900"), 900, true},
		{nil, 0, false},
		{uint64(1) << 63, 0, false},
		{9.5, 0, false},
		{1e300, 0, false},
		{json.Number("9.5"), 0, false},
		{"900", 0, false},
	} {
		var r reader
		got, ok := r.seconds(map[string]any{"n": c.value}, "n", "")
		if got != c.want || ok != c.ok || (r.err() != nil) != (c.value != nil && !c.ok) {
			t.Errorf("%T %v: %d %t %v", c.value, c.value, got, ok, r.err())
		}
	}
}

func TestParseConfigMap(t *testing.T) {
	t.Parallel()
	got, err := ParseConfigMap(`{"shop/acct":{"RoleARN":"r","Audience":"a","UseRegionalSTS":true,"TokenExpiration":900},"*/acct/rest":{}}`)
	want := map[string]Entry{"shop/acct": {"r", "a", true, 900}, "*/acct": {}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
	for _, bad := range []string{``, `[]`, `{"acct":{}}`, `{"shop/acct":null}`} {
		if got, err := ParseConfigMap(bad); err == nil {
			t.Errorf("%s: %v", bad, got)
		}
	}
}
