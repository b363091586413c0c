package webhook_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	predicted "github.com/helm-irsa/helm-irsa/pkg/verify/webhook"
	"github.com/helm-irsa/helm-irsa/test/e2e/webhook"
)

// TestAgree: what pkg/verify predicts of the webhook is what this one does, for pods and
// service accounts at random. The seed is fixed, so that a difference shows each time.
func TestAgree(t *testing.T) {
	t.Parallel()
	const rounds = 3000
	random := source{rand.New(rand.NewPCG(1, 2))}
	methods := map[predicted.Method]int{}
	shown := shownTo(t)
	for i := range rounds {
		pod, setup := random.pod(), random.setup()
		in, options := setup.both(t, pod)
		methods[in.Method]++
		where := func() string {
			return fmt.Sprintf("round %d: %+v\naccount %s\npod %s", i, setup, marshalled(t, setup.account), pod)
		}

		object := podOf(t, pod)
		object.Namespace = "ns"
		var patch []byte
		if who := setup.identity(object); shown.Matches(labels.Set(object.Labels)) && object.Spec.ServiceAccountName != "" {
			var err error
			if patch, err = webhook.Mutate(object, who, options); err != nil {
				t.Fatalf("%v\n%s", err, where())
			}
		}
		if (in.Method == "") != (patch == nil) {
			t.Fatalf("predicted %q (%s), and the patch is %s\n%s", in.Method, in.Reason, patch, where())
		}
		got, want := typed(t, patched(t, pod, patch)), typed(t, marshalled(t, in.Apply(untyped(t, pod))))
		if !bytes.Equal(got, want) {
			t.Fatalf("the pod is\n%s\npredicted\n%s\n%s", got, want, where())
		}
	}
	// A generator that never gets anywhere would agree with everything.
	for method, least := range map[predicted.Method]int{"": rounds / 10, predicted.WebIdentity: rounds / 4, predicted.ContainerCredentials: rounds / 10} {
		if methods[method] < least {
			t.Errorf("%d pods of method %q, want %d at least", methods[method], method, least)
		}
	}
}

// shownTo is the API server's part: which pods it asks the webhook about.
func shownTo(t *testing.T) labels.Selector {
	t.Helper()
	selector, err := metav1.LabelSelectorAsSelector(webhook.Configuration("https://127.0.0.1/", nil).Webhooks[0].ObjectSelector)
	if err != nil {
		t.Fatal(err)
	}
	return selector
}

// setup is a cluster: how its webhook was started, and one service account.
type setup struct {
	region, audience string
	regional         bool
	associated       bool
	// longest: a token that may live for any of some time gets the longest; else the shortest.
	longest bool
	account *corev1.ServiceAccount
}

// both gives the prediction, and the options of a webhook that should do as predicted.
func (s setup) both(t *testing.T, pod []byte) (predicted.Injection, webhook.Options) {
	t.Helper()
	config := predicted.Defaults()
	config.Region, config.RegionalSTS = s.region, s.regional
	if s.audience != "" {
		config.Audience = s.audience
	}
	config.PodIdentity.Identities = map[predicted.Identity]bool{{Namespace: "ns", Name: "s3"}: s.associated}
	account := predicted.Account{}
	if s.account != nil {
		var err error
		if account, err = predicted.NewAccount(untyped(t, marshalled(t, s.account)), ""); err != nil {
			t.Fatal(err)
		}
	}
	read, err := predicted.NewPod(untyped(t, pod), "ns")
	if err != nil {
		t.Fatal(err)
	}
	in := predicted.Predict(account, read, config)
	options := webhook.Options{Region: s.region, RegionalSTS: s.regional, Audience: s.audience, Jitter: func(n int64) int64 { return n - 1 }}
	if !s.longest {
		options.Jitter = func(int64) int64 { return 0 }
		in.Volume.Token.Expiration = in.Volume.Token.MinExpiration
	}
	return in, options
}

// identity is what the lookups of a webhook give for the pod.
func (s setup) identity(pod *corev1.Pod) (who webhook.Identity) {
	if s.account != nil && s.account.Name == pod.Spec.ServiceAccountName && s.account.Namespace == pod.Namespace {
		who.Account = s.account
	}
	who.Associated = s.associated && pod.Spec.ServiceAccountName == "s3"
	return who
}

// source makes things at random.
type source struct{ *rand.Rand }

func (r source) in(n int) bool { return r.IntN(n) == 0 }

func (r source) of(texts ...string) string { return texts[r.IntN(len(texts))] }

func (r source) setup() setup {
	s := setup{
		region: r.of("", "eu-west-3"), audience: r.of("", "", "flag"),
		regional: r.in(2), associated: r.in(4), longest: r.in(2),
	}
	if r.in(8) {
		return s
	}
	s.account = &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "s3", Annotations: r.annotations()}}
	if !r.in(8) {
		s.account.Annotations["eks.amazonaws.com/role-arn"] = r.of(role, role, role, "s3-reader", " "+role+"\n", "")
	}
	if r.in(10) {
		s.account.Namespace = "other"
	}
	return s
}

// choice is a field with values that it may have.
type choice struct {
	key    string
	values []string
}

// annotations are of both kinds, those that are read on service accounts and those on pods.
func (r source) annotations() map[string]string {
	all := map[string]string{"example.com/other": "x"}
	for _, c := range []choice{
		{"role-arn", []string{"", role + "-of-the-pod"}},
		{"audience", []string{"", "mine", "sts.amazonaws.com"}},
		{"sts-regional-endpoints", []string{"true", "false", "T", "0", "yes", "", " true"}},
		{"token-expiration", []string{"3600", "+3600", " 3600", "0", "-1", "599", "600", "86400", "86401", "086400", "4294967297", "9223372036854775808", "soon", "", "1e3"}},
		{"skip-containers", []string{"a", "a,b", "a, b", " b", `"a",b`, `"a`, `a"b`, "a\nb", "\n\nb", "", ",", "nobody"}},
	} {
		if r.in(3) {
			all["eks.amazonaws.com/"+c.key] = r.of(c.values...)
		}
	}
	return all
}

// pod is one in JSON, as a client may write it.
func (r source) pod() []byte {
	meta := object{"name": "p"}
	if r.in(2) {
		meta["annotations"] = r.annotations()
	}
	r.sometimes(meta, "labels", nil, object{}, object{"app": "a"}, object{"app": "a", "eks.amazonaws.com/pod-identity": "no"},
		object{"eks.amazonaws.com/skip-pod-identity-webhook": "false"})
	spec := object{"containers": r.containers()}
	if !r.in(10) {
		spec["serviceAccountName"] = r.of("s3", "s3", "s3", "s3", "s3", "s3", "nobody", "")
	}
	r.sometimes(spec, "serviceAccount", "s3", "nobody")
	r.sometimes(spec, "initContainers", nil, []object{}, r.containers())
	r.sometimes(spec, "ephemeralContainers", r.containers())
	r.sometimes(spec, "volumes", nil, []object{}, r.volumes())
	r.sometimes(spec, "nodeSelector", nil, object{}, object{"kubernetes.io/os": r.of("windows", "linux", "Windows")}, object{"beta.kubernetes.io/os": "windows"})
	r.sometimes(spec, "os", object{"name": "windows"})
	data, err := json.Marshal(object{"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec})
	if err != nil {
		panic(err) // maps of texts
	}
	return data
}

type object = map[string]any

// sometimes sets a field to one of the values.
func (r source) sometimes(o object, field string, values ...any) {
	if r.in(2) {
		o[field] = values[r.IntN(len(values))]
	}
}

func (r source) volumes() (all []object) {
	for _, name := range []string{"v", "aws-iam-token", "eks-pod-identity-token"} {
		if r.in(2) {
			continue
		}
		if r.in(2) {
			all = append(all, object{"name": name, "emptyDir": object{}})
			continue
		}
		token := object{"audience": r.of("sts.amazonaws.com", "mine"), "expirationSeconds": 3600, "path": r.of("token", "eks-pod-identity-token", "t")}
		all = append(all, object{"name": name, "projected": object{"sources": []object{{"serviceAccountToken": token}}}})
	}
	return all
}

func (r source) containers() (all []object) {
	for range 1 + r.IntN(3) {
		c := object{"name": r.of("a", "b", " b", "app", ""), "image": "i"}
		r.sometimes(c, "env", nil, []object{}, r.env(), r.env(), r.env())
		r.sometimes(c, "envFrom", []object{{"configMapRef": object{"name": "aws"}}})
		r.sometimes(c, "volumeMounts", nil, []object{}, []object{{"name": "v", "mountPath": "/v"}, r.mount()}, []object{r.mount()})
		r.sometimes(c, "resources", nil, object{}, object{"limits": object{"cpu": "1"}})
		r.sometimes(c, "restartPolicy", "Always")
		all = append(all, c)
	}
	return all
}

func (r source) mount() object {
	m := object{"name": r.of("v", "aws-iam-token", "eks-pod-identity-token"), "mountPath": r.of("/x",
		"/var/run/secrets/eks.amazonaws.com/serviceaccount", "/var/run/secrets/eks.amazonaws.com/serviceaccount/",
		"/var/run/secrets/pods.eks.amazonaws.com/serviceaccount")}
	r.sometimes(m, "subPath", "token")
	r.sometimes(m, "readOnly", true, false)
	return m
}

func (r source) env() (all []object) {
	for range r.IntN(7) {
		v := object{"name": r.of("AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
			"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_STS_REGIONAL_ENDPOINTS",
			"AWS_ACCESS_KEY_ID", "aws_region")}
		r.sometimes(v, "value", "", role, "/var/run/secrets/eks.amazonaws.com/serviceaccount/token", "http://169.254.170.23/v1/credentials", "eu-west-3", "regional")
		if v["value"] == nil {
			r.sometimes(v, "valueFrom", object{"fieldRef": object{"fieldPath": "metadata.name"}})
		}
		all = append(all, v)
	}
	return all
}

func untyped(t *testing.T, data []byte) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// typed drops what means nothing to the API server, such as empty lists, and writes the
// rest in one way.
func typed(t *testing.T, pod []byte) []byte {
	t.Helper()
	return marshalled(t, podOf(t, pod))
}
