{{- define "velero.serverServiceAccount" -}}
{{ .Values.serviceAccount.server.name | default (printf "%s-server" .Release.Name) }}
{{- end }}
