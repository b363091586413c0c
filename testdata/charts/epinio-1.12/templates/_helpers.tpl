{{- define "epinio.labels" -}}
app.kubernetes.io/part-of: epinio
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "epinio.image" -}}
{{ .Values.server.image }}:{{ .Chart.AppVersion }}
{{- end }}
