{{/* The controller applies to the whole cluster, so there is one, and its objects have fixed names. */}}
{{- define "llm-egress.selector" -}}
app.kubernetes.io/name: llm-egress
app.kubernetes.io/component: controller
{{- end }}

{{- define "llm-egress.labels" -}}
{{ include "llm-egress.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end }}

{{- define "llm-egress.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end -}}
{{- end }}
