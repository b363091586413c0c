package webhook_test

import (
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/test/e2e/webhook"
)

const (
	plainPod = `
metadata: {generateName: p-}
spec: {serviceAccountName: s3, containers: [{name: app, image: i}]}
`
	token  = `volume aws-iam-token token for "sts.amazonaws.com", 86400 s` + "\n"
	region = "  AWS_DEFAULT_REGION=eu-west-3\n  AWS_REGION=eu-west-3\n"
	arn    = "  AWS_ROLE_ARN=" + role + "\n"
	file   = "  AWS_WEB_IDENTITY_TOKEN_FILE=/var/run/secrets/eks.amazonaws.com/serviceaccount/token\n"
	mount  = "  aws-iam-token at /var/run/secrets/eks.amazonaws.com/serviceaccount to read\n"
	all    = region + arn + file + mount

	podToken = `volume eks-pod-identity-token eks-pod-identity-token for "pods.eks.amazonaws.com", `
	podAll   = region +
		"  AWS_CONTAINER_CREDENTIALS_FULL_URI=http://169.254.170.23/v1/credentials\n" +
		"  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token\n" +
		"  eks-pod-identity-token at /var/run/secrets/pods.eks.amazonaws.com/serviceaccount to read\n"
	label = "label eks.amazonaws.com/pod-identity=enabled\n"
)

// TestMutate says what a pod is on EKS, for pods of many kinds. An empty want is a pod
// that is left alone.
func TestMutate(t *testing.T) {
	t.Parallel()
	paris := webhook.Options{Region: "eu-west-3", Jitter: func(n int64) int64 { return n - 7202 }}
	s3 := webhook.Identity{Account: account("s3", "role-arn", role)}
	as := func(annotations ...string) webhook.Identity {
		return webhook.Identity{Account: account("s3", append(annotations, "role-arn", role)...)}
	}
	associated := func(annotations ...string) webhook.Identity {
		return webhook.Identity{Account: account("s3", annotations...), Associated: true}
	}
	for name, c := range map[string]struct {
		who     webhook.Identity
		options webhook.Options
		pod     string
		want    string
	}{
		"role":                           {s3, paris, plainPod, token + "app:\n" + all},
		"no service account":             {webhook.Identity{}, paris, plainPod, ""},
		"service account without a role": {webhook.Identity{Account: account("s3", "audience", "a")}, paris, plainPod, ""},
		"empty role":                     {webhook.Identity{Account: account("s3", "role-arn", "")}, paris, plainPod, ""},
		"malformed role": {
			webhook.Identity{Account: account("s3", "role-arn", " s3-reader\n")}, paris, plainPod,
			token + "app:\n" + region + "  AWS_ROLE_ARN= s3-reader\n\n" + file + mount,
		},
		"role on the pod only": {
			webhook.Identity{Account: account("s3")}, paris,
			strings.Replace(plainPod, "generateName: p-", `annotations: {eks.amazonaws.com/role-arn: "`+role+`"}`, 1), "",
		},
		"no region": {s3, webhook.Options{}, plainPod, token + "app:\n" + arn + file + mount},
		"as on EKS": {s3, webhook.EKS("eu-west-3"), plainPod, token + "app:\n  AWS_STS_REGIONAL_ENDPOINTS=regional\n" + all},

		"audience":       {as("audience", "a"), paris, plainPod, strings.Replace(token, "sts.amazonaws.com", "a", 1) + "app:\n" + all},
		"empty audience": {as("audience", ""), paris, plainPod, strings.Replace(token, "sts.amazonaws.com", "", 1) + "app:\n" + all},
		"audience of the options": {
			s3, webhook.Options{Region: "eu-west-3", Audience: "b"}, plainPod,
			strings.Replace(token, "sts.amazonaws.com", "b", 1) + "app:\n" + all,
		},

		"regional endpoints":         {as("sts-regional-endpoints", "T"), paris, plainPod, token + "app:\n  AWS_STS_REGIONAL_ENDPOINTS=regional\n" + all},
		"regional endpoints not":     {as("sts-regional-endpoints", "false"), webhook.EKS("eu-west-3"), plainPod, token + "app:\n" + all},
		"regional endpoints, a typo": {as("sts-regional-endpoints", "yes"), paris, plainPod, token + "app:\n" + all},

		"expiration":            {as("token-expiration", "3600"), paris, plainPod, strings.Replace(token, "86400", "3600", 1) + "app:\n" + all},
		"expiration too short":  {as("token-expiration", "-1"), paris, plainPod, strings.Replace(token, "86400", "600", 1) + "app:\n" + all},
		"expiration long":       {as("token-expiration", "999999"), paris, plainPod, strings.Replace(token, "86400", "999999", 1) + "app:\n" + all},
		"expiration, a typo":    {as("token-expiration", "1h"), paris, plainPod, token + "app:\n" + all},
		"expiration too large":  {as("token-expiration", "9223372036854775808"), paris, plainPod, token + "app:\n" + all},
		"expiration of the pod": {as("token-expiration", "3600"), paris, annotated("token-expiration", "7200"), strings.Replace(token, "86400", "7200", 1) + "app:\n" + all},
		"expiration of the pod, a typo": {
			as("token-expiration", "3600"), paris, annotated("token-expiration", "soon"),
			strings.Replace(token, "86400", "3600", 1) + "app:\n" + all,
		},

		"init containers": {s3, paris, `
spec: {serviceAccountName: s3, containers: [{name: app}], initContainers: [{name: first}, {name: second, restartPolicy: Always}]}`,
			token + "init first:\n" + all + "init second:\n" + all + "app:\n" + all},
		"ephemeral containers": {s3, paris, `
spec: {serviceAccountName: s3, containers: [{name: app}], ephemeralContainers: [{name: debug}]}`,
			token + "app:\n" + all},
		"skipped": {s3, paris, `
metadata: {annotations: {eks.amazonaws.com/skip-containers: "setup,\"b\", c"}}
spec: {serviceAccountName: s3, containers: [{name: a}, {name: b}, {name: c}], initContainers: [{name: setup}]}`,
			token + "init setup:\na:\n" + all + "b:\nc:\n" + all},
		"all skipped": {s3, paris, annotated("skip-containers", "app"), token + "app:\n"},
		"skipped by what is no CSV": {s3, paris, `
metadata: {annotations: {eks.amazonaws.com/skip-containers: "app,\"b"}}
spec: {serviceAccountName: s3, containers: [{name: app}]}`,
			token + "app:\n" + all},
		"skipped by the first line only": {s3, paris, `
metadata: {annotations: {eks.amazonaws.com/skip-containers: "a\nb"}}
spec: {serviceAccountName: s3, containers: [{name: a}, {name: b}]}`,
			token + "a:\nb:\n" + all},

		"role in the environment": {s3, paris, `
spec: {serviceAccountName: s3, containers: [{name: app, env: [{name: AWS_ROLE_ARN, value: other}]}, {name: b}]}`,
			token + "app:\n  AWS_ROLE_ARN=other\n" + region + mount + "b:\n" + all},
		"token file in the environment": {s3, paris, `
spec: {serviceAccountName: s3, containers: [{name: app, env: [{name: AWS_WEB_IDENTITY_TOKEN_FILE, value: f}]}]}`,
			token + "app:\n  AWS_WEB_IDENTITY_TOKEN_FILE=f\n" + region + mount},
		"a region in the environment": {s3, paris, `
spec: {serviceAccountName: s3, containers: [{name: app, env: [{name: AWS_REGION, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}]}`,
			token + "app:\n  AWS_REGION=\n" + arn + file + mount},
		"something of each in the environment": {s3, paris, `
spec: {serviceAccountName: s3, containers: [{name: app, env: [{name: AWS_ROLE_ARN, value: other}, {name: AWS_REGION, value: r}, {name: AWS_STS_REGIONAL_ENDPOINTS, value: legacy}]}]}`,
			token + "app:\n  AWS_ROLE_ARN=other\n  AWS_REGION=r\n  AWS_STS_REGIONAL_ENDPOINTS=legacy\n"},
		"other things in the environment": {s3, paris, `
spec: {serviceAccountName: s3, containers: [{name: app, env: [{name: AWS_ACCESS_KEY_ID, value: k}], envFrom: [{secretRef: {name: aws}}]}]}`,
			token + "app:\n  AWS_ACCESS_KEY_ID=k\n" + all},

		"volumes": {s3, paris, `
spec: {serviceAccountName: s3, containers: [{name: app, volumeMounts: [{name: v, mountPath: /v}]}], volumes: [{name: v, emptyDir: {}}]}`,
			token + "volume v\napp:\n" + region + arn + file + "  v at /v\n" + mount},
		"no volumes in a list": {s3, paris, `
spec: {serviceAccountName: s3, containers: [{name: app}], volumes: []}`,
			token + "app:\n" + all},
		"a volume of that name": {s3, paris, `
spec: {serviceAccountName: s3, containers: [{name: app, volumeMounts: [{name: aws-iam-token, mountPath: /v}]}], volumes: [{name: aws-iam-token, emptyDir: {}}]}`,
			"volume aws-iam-token\napp:\n" + region + arn + file + "  aws-iam-token at /v\n"},
		"a mount at that path": {s3, paris, `
spec: {serviceAccountName: s3, containers: [{name: app, volumeMounts: [{name: v, mountPath: /var/run/secrets/eks.amazonaws.com/serviceaccount}]}], volumes: [{name: v, emptyDir: {}}]}`,
			token + "volume v\napp:\n" + region + arn + file + "  v at /var/run/secrets/eks.amazonaws.com/serviceaccount\n" + mount},
		"windows": {s3, webhook.Options{}, `
spec: {serviceAccountName: s3, nodeSelector: {beta.kubernetes.io/os: windows}, containers: [{name: app}]}`,
			token + "app:\n" + arn + `  AWS_WEB_IDENTITY_TOKEN_FILE=C:\var\run\secrets\eks.amazonaws.com\serviceaccount\token` + "\n" + mount},

		"association": {associated(), paris, plainPod, label + podToken + "79199 s\napp:\n" + podAll},
		"association before a role": {
			associated("role-arn", role, "audience", "a", "token-expiration", "3600"), paris, plainPod,
			label + podToken + "3600 s\napp:\n" + podAll,
		},
		"association, long expiration": {
			associated("token-expiration", "86401"), paris, plainPod,
			label + podToken + "86401 s\napp:\n" + podAll,
		},
		"association as on EKS": {
			associated("token-expiration", "3600"), webhook.EKS("eu-west-3"), plainPod,
			label + podToken + "3600 s\napp:\n  AWS_STS_REGIONAL_ENDPOINTS=regional\n" + podAll,
		},
		"association of no service account": {
			webhook.Identity{Associated: true}, webhook.EKS("eu-west-3"), annotated("token-expiration", "1200"),
			label + podToken + "1200 s\napp:\n" + podAll,
		},
		"association, labels": {associated("token-expiration", "3600"), paris, `
metadata: {labels: {app: a}}
spec: {serviceAccountName: s3, containers: [{name: app}]}`,
			label + "label app=a\n" + podToken + "3600 s\napp:\n" + podAll},
		"association, role in the environment": {associated("token-expiration", "3600"), paris, `
metadata: {name: p}
spec: {serviceAccountName: s3, containers: [{name: app, env: [{name: AWS_ROLE_ARN, value: other}]}]}`,
			label + podToken + "3600 s\napp:\n  AWS_ROLE_ARN=other\n" + podAll},
		"association, credentials in the environment": {associated("token-expiration", "3600"), webhook.Options{}, `
metadata: {name: p}
spec: {serviceAccountName: s3, containers: [{name: app, env: [{name: AWS_CONTAINER_CREDENTIALS_FULL_URI, value: u}]}]}`,
			label + podToken + "3600 s\napp:\n  AWS_CONTAINER_CREDENTIALS_FULL_URI=u\n" +
				"  eks-pod-identity-token at /var/run/secrets/pods.eks.amazonaws.com/serviceaccount to read\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := podJSON(t, c.pod)
			pod := podOf(t, data)
			patch, err := webhook.Mutate(pod, c.who, c.options)
			if err != nil {
				t.Fatal(err)
			}
			if after := podOf(t, data); !sameJSON(t, marshalled(t, after), marshalled(t, pod)) {
				t.Error("the pod that was given is changed")
			}
			if c.want == "" {
				if patch != nil {
					t.Errorf("patch %s, want none", patch)
				}
				return
			}
			if got := described(t, patched(t, data, patch)); got != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
			}
		})
	}
}

// TestMutateTwice: EKS calls the webhook again where another one changed the pod after
// it (reinvocationPolicy IfNeeded), and containers that came later get theirs too.
func TestMutateTwice(t *testing.T) {
	t.Parallel()
	for name, who := range map[string]webhook.Identity{
		"role":        {Account: account("s3", "role-arn", role)},
		"association": {Account: account("s3"), Associated: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pod := podJSON(t, plainPod)
			var times []string
			for range 2 {
				patch, err := webhook.Mutate(podOf(t, pod), who, webhook.EKS("eu-west-3"))
				if err != nil {
					t.Fatal(err)
				}
				pod = patched(t, pod, patch)
				times = append(times, described(t, pod))
			}
			if times[0] != times[1] {
				t.Errorf("once:\n%s\ntwice:\n%s", times[0], times[1])
			}
		})
	}
}

// TestJitter: tokens of EKS Pod Identity live from 22 to 24 hours.
func TestJitter(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		jitter func(int64) int64
		least  int64
		most   int64
	}{
		"least":  {func(int64) int64 { return 0 }, 79200, 79200},
		"most":   {func(n int64) int64 { return n - 1 }, 86400, 86400},
		"random": {nil, 79200, 86400},
	} {
		patch, err := webhook.Mutate(podOf(t, podJSON(t, plainPod)), webhook.Identity{Associated: true}, webhook.Options{Jitter: c.jitter})
		if err != nil {
			t.Fatal(err)
		}
		pod := podOf(t, patched(t, podJSON(t, plainPod), patch))
		got := *pod.Spec.Volumes[0].Projected.Sources[0].ServiceAccountToken.ExpirationSeconds
		if got < c.least || got > c.most {
			t.Errorf("%s: %d s, want %d to %d", name, got, c.least, c.most)
		}
	}
}

// annotated is a pod with one annotation of EKS.
func annotated(key, value string) string {
	return `
metadata: {annotations: {eks.amazonaws.com/` + key + `: "` + value + `"}}
spec: {serviceAccountName: s3, containers: [{name: app}]}`
}
