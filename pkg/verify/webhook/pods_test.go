package webhook

// both is a container that has the two variables, up to the list's end.
const both = `"containers":[{"name":"web","env":[{"name":"AWS_ROLE_ARN","value":"` + ledger + `"},{"name":"AWS_WEB_IDENTITY_TOKEN_FILE","value":"` + path0 + `/token"}`

var podCases = []predictCase{
	{
		"several containers, init first", withRole(),
		podOf("", `"containers":[{"name":"web"},{"name":"log"}],"initContainers":[{"name":"setup"}]`), nil,
		irsa + volume + "initContainers[0] setup:" + keys + " mount\n" + web + "containers[1] log:" + keys + " mount\n",
	},
	{
		"ephemeral containers", withRole(), podOf("", one+`,"ephemeralContainers":[{"name":"shell"}]`), nil,
		irsa + volume + web + "ephemeralContainers[0] shell: (ephemeral)\n",
	},
	{
		"skip one of each", withRole(),
		podOf(annotated("skip-containers", "log,setup"), `"containers":[{"name":"web"},{"name":"log"}],"initContainers":[{"name":"setup"}]`), nil,
		irsa + volume + "initContainers[0] setup: (skipped)\n" + web + "containers[1] log: (skipped)\n",
	},
	{
		"skip all: the volume is added", withRole(), podOf(annotated("skip-containers", "web"), one), nil,
		irsa + volume + "containers[0] web: (skipped)\n",
	},
	{
		"skip with a blank", withRole(), podOf(annotated("skip-containers", "log, web"), `"containers":[{"name":"web"},{"name":"log"}]`), nil,
		irsa + volume + web + "containers[1] log: (skipped)\nnote skip-matches-nothing\n",
	},
	{
		"skip in quotes", withRole(), podOf(annotated("skip-containers", `"web"`), one), nil,
		irsa + volume + "containers[0] web: (skipped)\n",
	},
	{
		"skip with a quote that does not end", withRole(), podOf(annotated("skip-containers", `"web`), one), nil,
		irsa + volume + web + "note skip-unreadable\n",
	},
	{
		"skip nothing", withRole(), podOf(annotated("skip-containers", ""), one), nil,
		irsa + volume + web + "note skip-unreadable\n",
	},
	{
		"skip: only the first line", withRole(), podOf(annotated("skip-containers", "log\nweb"), `"containers":[{"name":"web"},{"name":"log"}]`), nil,
		irsa + volume + web + "containers[1] log: (skipped)\n",
	},
	{
		"role-arn on the pod", theAccount(), podOf(annotated("role-arn", ledger), one), nil,
		"left: no-role-arn\ncontainers[0] web:\nnote ignored-on-pod\nnote no-role-arn\n",
	},
	{
		"the role is set", withRole(), podOf("", `"containers":[{"name":"web","env":[{"name":"X"},{"name":"AWS_ROLE_ARN","value":"mine"}]}]`), nil,
		irsa + volume + "containers[0] web: mount (credentials-env-present.env[1])\n",
	},
	{
		"the token's file is set, from elsewhere", withRole(),
		podOf("", `"containers":[{"name":"web","env":[{"name":"AWS_WEB_IDENTITY_TOKEN_FILE","valueFrom":{"configMapKeyRef":{"name":"c","key":"k"}}}]}]`), nil,
		irsa + volume + "containers[0] web: mount (credentials-env-present.env[0])\n",
	},
	{
		"a region is set", withRole(), podOf("", `"containers":[{"name":"web","env":[{"name":"AWS_DEFAULT_REGION","value":""}]}]`),
		func(c *Config) { c.Region = "af-south-1" },
		irsa + volume + "containers[0] web:" + keys + " mount (region-env-present.env[0])\n",
	},
	{
		"names in another case are other names", withRole(), podOf("", `"containers":[{"name":"web","env":[{"name":"aws_role_arn","value":"x"}]}]`), nil,
		irsa + volume + web,
	},
	{
		"regional endpoints are set", withRole("sts-regional-endpoints", "true"),
		podOf("", `"containers":[{"name":"web","env":[{"name":"AWS_STS_REGIONAL_ENDPOINTS","value":"legacy"}]}]`), nil,
		irsa + volume + "containers[0] web:" + keys + " mount (sts-env-present.env[0])\n",
	},
	{
		"everything is set, so not even a mount", withRole(),
		podOf("", `"containers":[{"name":"web","env":[{"name":"AWS_REGION"},{"name":"AWS_STS_REGIONAL_ENDPOINTS"},{"name":"AWS_ROLE_ARN"}]}]`), nil,
		irsa + volume + "containers[0] web: (everything-present.env)\n",
	},
	{
		"everything but a region", withRole(), podOf("", `"containers":[{"name":"web","env":[{"name":"AWS_STS_REGIONAL_ENDPOINTS"},{"name":"AWS_ROLE_ARN"}]}]`), nil,
		irsa + volume + "containers[0] web: mount (credentials-env-present.env[1])\n",
	},
	{
		"everything but regional endpoints", withRole(), podOf("", `"containers":[{"name":"web","env":[{"name":"AWS_REGION"},{"name":"AWS_ROLE_ARN"}]}]`), nil,
		irsa + volume + "containers[0] web: mount (credentials-env-present.env[1])\n",
	},
	{
		"a live pod", withRole(), podOf("", both+`],"volumeMounts":[{"name":"aws-iam-token","mountPath":"`+path0+`"}]}]`), nil,
		irsa + volume + "containers[0] web: (already-injected.env[0]) (mount-present.volumeMounts[0])\n",
	},
	{
		"a live pod of EKS", withRole(),
		podOf("", both+`,{"name":"AWS_REGION"},{"name":"AWS_STS_REGIONAL_ENDPOINTS"}],"volumeMounts":[{"name":"aws-iam-token","mountPath":"`+path0+`"}]}]`), nil,
		irsa + volume + "containers[0] web: (already-injected.env[0])\n",
	},
	{
		"everything is set as it should be, and no mount", withRole(),
		podOf("", both+`,{"name":"AWS_REGION"},{"name":"AWS_STS_REGIONAL_ENDPOINTS"}]}]`), nil,
		irsa + volume + "containers[0] web: (everything-present.env)\n",
	},
	{
		"set twice, and the last is another", withRole(), podOf("", both+`,{"name":"AWS_ROLE_ARN","value":"mine"}]}]`), nil,
		irsa + volume + "containers[0] web: mount (credentials-env-present.env[0])\n",
	},
	{
		"set twice, and the last is not known", withRole(), podOf("", both+`,{"name":"AWS_ROLE_ARN","valueFrom":{"fieldRef":{}}}]}]`), nil,
		irsa + volume + "containers[0] web: mount (credentials-env-present.env[0])\n",
	},
	{
		"static keys are none of its business", withRole(), podOf("", `"containers":[{"name":"web","env":[{"name":"AWS_ACCESS_KEY_ID","value":"a"}]}]`), nil,
		irsa + volume + web,
	},
	{
		"the other method's variables count as others", withRole(),
		podOf("", `"containers":[{"name":"web","env":[{"name":"AWS_CONTAINER_CREDENTIALS_FULL_URI","value":"u"}]}]`), nil,
		irsa + volume + web,
	},
	{
		"envFrom", withRole(), podOf("", `"containers":[{"name":"web","envFrom":[{"secretRef":{"name":"aws"}}]}]`), nil,
		irsa + volume + "containers[0] web:" + keys + " mount (env-from-unread.envFrom)\n",
	},
	{
		"a volume of the name", withRole(), podOf("", one+`,"volumes":[{"name":"data"},{"name":"aws-iam-token","secret":{"secretName":"s"}}]`), nil,
		irsa + "has aws-iam-token token sts.amazonaws.com 86400\n" + web + "note volume-other\n",
	},
	{
		"a volume with the token", withRole(),
		podOf("", one+`,"volumes":[{"name":"aws-iam-token","projected":{"sources":[{"configMap":{"name":"c"}},{"serviceAccountToken":{"audience":"sts.amazonaws.com","path":"token"}}]}}]`), nil,
		irsa + "has aws-iam-token token sts.amazonaws.com 86400\n" + web + "note volume-present\n",
	},
	{
		"a volume with a token for another", withRole(),
		podOf("", one+`,"volumes":[{"name":"aws-iam-token","projected":{"sources":[{"serviceAccountToken":{"audience":"vault","expirationSeconds":900,"path":"token"}}]}}]`), nil,
		irsa + "has aws-iam-token token sts.amazonaws.com 86400\n" + web + "note volume-other\n",
	},
	{
		"a volume with the token elsewhere", withRole(),
		podOf("", one+`,"volumes":[{"name":"aws-iam-token","projected":{"sources":[{"serviceAccountToken":{"audience":"sts.amazonaws.com","path":"jwt"}}]}}]`), nil,
		irsa + "has aws-iam-token token sts.amazonaws.com 86400\n" + web + "note volume-other\n",
	},
	{
		"a volume with the token after another", withRole(),
		podOf("", one+`,"volumes":[{"name":"aws-iam-token","projected":{"sources":[{"serviceAccountToken":{"path":"api"}},{"serviceAccountToken":{"audience":"sts.amazonaws.com","path":"token"}}]}}]`), nil,
		irsa + "has aws-iam-token token sts.amazonaws.com 86400\n" + web + "note volume-present\n",
	},
	{
		"a token in a volume of another name", withRole(),
		podOf("", one+`,"volumes":[{"name":"irsa","projected":{"sources":[{"serviceAccountToken":{"audience":"sts.amazonaws.com","path":"token"}}]}}]`), nil,
		irsa + volume + web,
	},
	{
		"the mount is there", withRole(), podOf("", `"containers":[{"name":"web","volumeMounts":[{"name":"aws-iam-token","mountPath":"`+path0+`/"}]}]`), nil,
		irsa + volume + "containers[0] web:" + keys + " (mount-present.volumeMounts[0])\n",
	},
	{
		"the mount is elsewhere", withRole(), podOf("", `"containers":[{"name":"web","volumeMounts":[{"name":"aws-iam-token","mountPath":"/token"}]}]`), nil,
		irsa + volume + "containers[0] web:" + keys + " (mount-elsewhere.volumeMounts[0])\n",
	},
	{
		"the mount is of a part", withRole(), podOf("", `"containers":[{"name":"web","volumeMounts":[{"name":"aws-iam-token","mountPath":"`+path0+`","subPath":"token"}]}]`), nil,
		irsa + volume + "containers[0] web:" + keys + " (mount-elsewhere.volumeMounts[0])\n",
	},
	{
		"the mount is of a part that a variable names", withRole(),
		podOf("", `"containers":[{"name":"web","volumeMounts":[{"name":"aws-iam-token","mountPath":"`+path0+`","subPathExpr":"$(X)"}]}]`), nil,
		irsa + volume + "containers[0] web:" + keys + " (mount-elsewhere.volumeMounts[0])\n",
	},
	{
		"another volume is mounted there", withRole(), podOf("", `"containers":[{"name":"web","volumeMounts":[{"name":"tmp","mountPath":"`+path0+`"}]}],"volumes":[{"name":"tmp"}]`), nil,
		irsa + volume + "containers[0] web:" + keys + " mount (mount-path-taken.volumeMounts[0])\n",
	},
	{
		"Windows", withRole(), podOf("", one+`,"nodeSelector":{"kubernetes.io/os":"windows"}`), nil,
		irsa + volume + "containers[0] web: AWS_ROLE_ARN=" + ledger + ` AWS_WEB_IDENTITY_TOKEN_FILE=C:\var\run\secrets\eks.amazonaws.com\serviceaccount\token mount` + "\n",
	},
	{
		"Windows of old", withRole(), podOf("", one+`,"nodeSelector":{"beta.kubernetes.io/os":"windows"}`), nil,
		irsa + volume + "containers[0] web: AWS_ROLE_ARN=" + ledger + ` AWS_WEB_IDENTITY_TOKEN_FILE=C:\var\run\secrets\eks.amazonaws.com\serviceaccount\token mount` + "\n",
	},
	{
		"Windows by spec.os only", withRole(), podOf("", one+`,"os":{"name":"windows"}`), nil,
		irsa + volume + web + "note windows-not-recognised\n",
	},
	{
		"the host's network and a file system group", withRole(), podOf("", one+`,"hostNetwork":true,"securityContext":{"fsGroup":7}`), nil,
		irsa + volume + web,
	},
	{
		"a label opts out", withRole(), podOf(`"labels":{"eks.amazonaws.com/skip-pod-identity-webhook":""}`, one), nil,
		"left: not-shown\ncontainers[0] web:\nnote not-shown\n",
	},
	{
		"the label, and no selector in the configuration", withRole(), podOf(`"labels":{"eks.amazonaws.com/skip-pod-identity-webhook":"true","":""}`, one),
		func(c *Config) { c.SkipLabel = "" }, irsa + volume + web,
	},
	{"no containers", withRole(), podOf("", `"volumes":null`), nil, irsa + volume},
}

// Pod Identity: what most cases have in common.
const (
	identity = "container-credentials http://169.254.170.23/v1/credentials\n"
	jitter   = "add eks-pod-identity-token eks-pod-identity-token pods.eks.amazonaws.com 79200-86400\n"
	enabled  = "label eks.amazonaws.com/pod-identity\n"
	uri      = " AWS_CONTAINER_CREDENTIALS_FULL_URI=http://169.254.170.23/v1/credentials AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=" + pods0 + "/eks-pod-identity-token"
)

func associated(c *Config) {
	c.PodIdentity.Identities = map[Identity]bool{{"shop", "acct"}: true}
}

var podIdentityCases = []predictCase{
	{"an association", theAccount(), podOf("", one), associated, identity + jitter + enabled + "containers[0] web:" + uri + " mount\n"},
	{
		"an association goes first", withRole("audience", "vault"), podOf("", one), associated,
		identity + jitter + enabled + "containers[0] web:" + uri + " mount\nnote pod-identity-first\n",
	},
	{
		"an association of an account that is not there: no flags", Account{}, podOf("", one),
		func(c *Config) {
			associated(c)
			c.RegionalSTS, c.Region, c.Expiration = true, "me-south-1", 900
		},
		identity + jitter + enabled + "containers[0] web: AWS_DEFAULT_REGION=me-south-1 AWS_REGION=me-south-1" + uri + " mount\n",
	},
	{
		"an association, the account's settings", theAccount("token-expiration", "900", "sts-regional-endpoints", "1"), podOf("", one), associated,
		identity + "add eks-pod-identity-token eks-pod-identity-token pods.eks.amazonaws.com 900\n" + enabled +
			"containers[0] web: AWS_STS_REGIONAL_ENDPOINTS=regional" + uri + " mount\n",
	},
	{
		"an association, the ConfigMap's settings", Account{}, podOf("", one),
		func(c *Config) {
			associated(c)
			c.ConfigMap = map[string]Entry{"shop/acct": {UseRegionalSTS: true, TokenExpiration: 700}}
		},
		identity + "add eks-pod-identity-token eks-pod-identity-token pods.eks.amazonaws.com 700\n" + enabled +
			"containers[0] web: AWS_STS_REGIONAL_ENDPOINTS=regional" + uri + " mount\n",
	},
	{
		"an association, and one of its variables is set", theAccount(),
		podOf(`"labels":{"app":"x"}`, `"containers":[{"name":"web","env":[{"name":"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE","value":"f"}]}]`), associated,
		identity + jitter + enabled + "containers[0] web: mount (credentials-env-present.env[0])\n",
	},
	{
		"an association, and IRSA's variables count as others", theAccount(),
		podOf("", `"containers":[{"name":"web","env":[{"name":"AWS_ROLE_ARN","value":"f"}]}]`), associated,
		identity + jitter + enabled + "containers[0] web:" + uri + " mount\n",
	},
	{
		"an association of another namespace", theAccount(), podOf("", one),
		func(c *Config) { c.PodIdentity.Identities = map[Identity]bool{{"depot", "acct"}: true} },
		"left: no-role-arn\ncontainers[0] web:\nnote no-role-arn\n",
	},
	{
		"an association on Windows, one container skipped", theAccount(),
		podOf(annotated("skip-containers", "log"), `"containers":[{"name":"web"},{"name":"log"}],"nodeSelector":{"kubernetes.io/os":"windows"}`), associated,
		identity + jitter + enabled + "containers[0] web: AWS_CONTAINER_CREDENTIALS_FULL_URI=http://169.254.170.23/v1/credentials" +
			` AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=C:\var\run\secrets\pods.eks.amazonaws.com\serviceaccount\eks-pod-identity-token mount` + "\ncontainers[1] log: (skipped)\n",
	},
}
