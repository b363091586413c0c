{{/* The name in the labels. */}}
{{- define "qovery-sa-helper.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* The release's own name for a service account, used with serviceAccount.create only. */}}
{{- define "qovery-sa-helper.fullname" -}}
{{- $name := .Values.nameOverride | default .Chart.Name -}}
{{- $full := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{- .Values.fullnameOverride | default $full | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* The labels of every service account, as YAML. */}}
{{- define "qovery-sa-helper.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" | quote }}
app.kubernetes.io/name: {{ include "qovery-sa-helper.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- with .Chart.AppVersion }}
app.kubernetes.io/version: {{ . | quote }}
{{- end }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
{{- end -}}

{{/*
All service accounts as YAML: {accounts: [{at, name, ...}]}, where `at` is the value
that the service account was given by, for messages.
*/}}
{{- define "qovery-sa-helper.accounts" -}}
{{- $accounts := list -}}
{{- $one := .Values.serviceAccount | default dict -}}
{{- $name := $one.name -}}
{{- if and $one.create (not $name) -}}
{{- $name = include "qovery-sa-helper.fullname" . -}}
{{- end -}}
{{- if $name -}}
{{- $at := dict "at" "serviceAccount" "roleAt" "awsRoleArn" "name" $name "awsRoleArn" .Values.awsRoleArn -}}
{{- $accounts = append $accounts (merge $at $one) -}}
{{- else if or .Values.awsRoleArn (not .Values.serviceAccounts) -}}
{{- fail "serviceAccount.name is missing: give the ServiceAccount a name, for example --set serviceAccount.name=my-app" -}}
{{- end -}}
{{- range $i, $entry := .Values.serviceAccounts -}}
{{- $at := printf "serviceAccounts[%d]" $i -}}
{{- if not $entry.name -}}
{{- fail (printf "%s.name is missing: give the ServiceAccount a name" $at) -}}
{{- end -}}
{{- $accounts = append $accounts (merge (dict "at" $at "roleAt" (printf "%s.awsRoleArn" $at)) $entry) -}}
{{- end -}}
{{- $seen := dict -}}
{{- range $accounts -}}
{{- if and (eq .name "default") (not .allowDefault) -}}
{{- fail (printf "%s.name is default: every pod of the namespace that names no service account would get the role; choose another name, or set %s.allowDefault=true" .at .at) -}}
{{- end -}}
{{- if hasKey $seen .name -}}
{{- fail (printf "%s.name is %s, and so is %s.name: give each service account its own name" .at .name (get $seen .name)) -}}
{{- end -}}
{{- $_ := set $seen .name .at -}}
{{- end -}}
{{- dict "accounts" $accounts | toYaml -}}
{{- end -}}

{{/*
The annotations of one service account, as YAML: those that its settings ask for, and
its own. A key that both give must have one value.
*/}}
{{- define "qovery-sa-helper.annotations" -}}
{{- $at := .at -}}
{{- $token := .token | default dict -}}
{{- $from := dict -}}
{{- $out := dict -}}
{{- with .awsRoleArn -}}
{{- $_ := set $out "eks.amazonaws.com/role-arn" . -}}
{{- $_ := set $from "eks.amazonaws.com/role-arn" $.roleAt -}}
{{- end -}}
{{- with $token.audience -}}
{{- $_ := set $out "eks.amazonaws.com/audience" . -}}
{{- $_ := set $from "eks.amazonaws.com/audience" (printf "%s.token.audience" $at) -}}
{{- end -}}
{{- with $token.expirationSeconds -}}
{{- $_ := set $out "eks.amazonaws.com/token-expiration" (. | int64 | toString) -}}
{{- $_ := set $from "eks.amazonaws.com/token-expiration" (printf "%s.token.expirationSeconds" $at) -}}
{{- end -}}
{{- if kindIs "bool" $token.stsRegionalEndpoints -}}
{{- $_ := set $out "eks.amazonaws.com/sts-regional-endpoints" (toString $token.stsRegionalEndpoints) -}}
{{- $_ := set $from "eks.amazonaws.com/sts-regional-endpoints" (printf "%s.token.stsRegionalEndpoints" $at) -}}
{{- end -}}
{{- range $key, $given := .annotations -}}
{{- $value := kindIs "float64" $given | ternary (int64 $given) $given | toString -}}
{{- if and (eq $key "eks.amazonaws.com/role-arn") (or (not $given) (eq $value "")) -}}
{{- /* An empty role says nothing, so it is not written. */ -}}
{{- else if and (hasKey $out $key) (ne (get $out $key) $value) -}}
{{- fail (printf "%s.annotations has %s: %s, but %s is %s: remove one of the two" $at $key $value (get $from $key) (get $out $key)) -}}
{{- else -}}
{{- $_ := set $out $key $value -}}
{{- end -}}
{{- end -}}
{{- $role := get $out "eks.amazonaws.com/role-arn" -}}
{{- if and $role (not (regexMatch "^arn:aws(-[a-z0-9]+)*:iam::[0-9]{12}:role/([!-~]+/)?[A-Za-z0-9_+=,.@-]{1,64}$" $role)) -}}
{{- fail (printf "the role of %s is %q, which is not the full ARN of an IAM role, such as arn:aws:iam::111122223333:role/my-app" $at $role) -}}
{{- end -}}
{{- range $key, $value := $out }}
{{ $key | quote }}: {{ $value | quote }}
{{- end -}}
{{- end -}}

{{/* The labels of one service account beside the chart's own, as YAML. Call with {root, account}. */}}
{{- define "qovery-sa-helper.ownLabels" -}}
{{- $at := .account.at -}}
{{- $chart := include "qovery-sa-helper.labels" .root | fromYaml -}}
{{- range $key, $given := .account.labels -}}
{{- $value := kindIs "float64" $given | ternary (int64 $given) $given | toString -}}
{{- if not (hasKey $chart $key) }}
{{ $key | quote }}: {{ $value | quote }}
{{- else if ne (get $chart $key) $value -}}
{{- fail (printf "%s.labels has %s: %s, but the chart sets it to %s: remove it" $at $key $value (get $chart $key)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
