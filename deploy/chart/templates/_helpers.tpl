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

{{/* What a schema can't say. */}}
{{- define "llm-egress.check" -}}
{{- $ports := list (int .Values.service.port) (int .Values.keys.port) (int .Values.webhook.port) -}}
{{- if ne (len $ports) (len (uniq $ports)) -}}
{{- fail "service.port, keys.port and webhook.port must differ" -}}
{{- end -}}
{{- range $field, $gateways := dict "keys.gateways" .Values.keys.gateways "podMonitor.gateways" .Values.podMonitor.gateways -}}
{{- $names := list -}}
{{- range $gateways -}}{{- $names = append $names .namespace -}}{{- end -}}
{{- if ne (len $names) (len (uniq $names)) -}}
{{- fail (printf "%s must have different namespaces" $field) -}}
{{- end -}}
{{- end -}}
{{- end -}}
