{{- define "foretype.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "foretype.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "foretype.labels" -}}
{{ include "foretype.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "foretype.tokens" -}}
{{- .Values.tokens.existingSecret | default (printf "%s-tokens" (include "foretype.name" .)) -}}
{{- end -}}

{{- define "foretype.hasTokens" -}}
{{- if or .Values.tokens.existingSecret .Values.tokens.keys -}}true{{- end -}}
{{- end -}}

{{- /*
Empty if an autoscaler chooses the number. If it begins to do so by an upgrade, the Deployment keeps the number that it has: without a
number, Kubernetes would stop all replicas except one.
*/ -}}
{{- define "foretype.replicas" -}}
{{- if eq .Values.autoscaling.kind "none" -}}
{{- .Values.replicas -}}
{{- else -}}
{{- with lookup "apps/v1" "Deployment" .Release.Namespace (include "foretype.name" .) }}{{ int .spec.replicas }}{{ end -}}
{{- end -}}
{{- end -}}

{{- define "foretype.disruptionBudgetVersion" -}}
{{- $asked := .Values.apiVersions.disruptionBudget -}}
{{- if $asked }}{{ $asked }}{{ else if .Capabilities.APIVersions.Has "policy/v1" }}policy/v1{{ else }}policy/v1beta1{{ end -}}
{{- end -}}

{{- define "foretype.autoscalerVersion" -}}
{{- $asked := .Values.apiVersions.autoscaler -}}
{{- if $asked }}{{ $asked }}{{ else if .Capabilities.APIVersions.Has "autoscaling/v2" }}autoscaling/v2{{ else }}autoscaling/v2beta2{{ end -}}
{{- end -}}

{{- /* The pods of this release, for queries of Prometheus: the labels that the ServiceMonitor's targets get. */ -}}
{{- define "foretype.series" -}}
namespace="{{ .Release.Namespace }}",service="{{ include "foretype.name" . }}"
{{- end -}}

{{- /* The port in traces.endpoint. */ -}}
{{- define "foretype.tracesPort" -}}
{{- $address := urlParse .Values.traces.endpoint -}}
{{- $usual := ternary "443" "80" (eq $address.scheme "https") -}}
{{- regexFind ":[0-9]+$" $address.host | trimPrefix ":" | default $usual -}}
{{- end -}}

{{- define "foretype.busyQuery" -}}
sum(rate(foretype_model_busy_seconds_total{for="keystroke",{{ include "foretype.series" . }}}[1m]))
{{- end -}}

{{- define "foretype.overloadedQuery" -}}
sum(rate(foretype_errors_total{code="overloaded",{{ include "foretype.series" . }}}[1m]))
{{- end -}}

{{- define "foretype.check" -}}
{{- if and .Values.ingress.enabled .Values.gateway.enabled -}}
{{- fail "Enable ingress or gateway, not both." -}}
{{- end -}}
{{- if and (or .Values.ingress.enabled .Values.gateway.enabled) (not .Values.hosts) -}}
{{- fail "hosts is empty: give the name under which browsers reach the service, as in --set 'hosts={complete.example.org}'." -}}
{{- end -}}
{{- if and .Values.gateway.enabled (not .Values.gateway.name) -}}
{{- fail "gateway.name is empty: name the Gateway that the route belongs to." -}}
{{- end -}}
{{- if and .Values.gateway.canary.weight (not .Values.gateway.canary.service) -}}
{{- fail "gateway.canary.service is empty: name the Service of the release that gets gateway.canary.weight percent." -}}
{{- end -}}
{{- if and .Values.tokens.existingSecret .Values.tokens.keys -}}
{{- fail "Give tokens.existingSecret or tokens.keys, not both." -}}
{{- end -}}
{{- range list "PORT" "OPERATIONS_PORT" "HOST" "STATE_DIR" "MODELS_DIR" "DRAIN_SECONDS" "THREADS" "ALLOWED_HOSTS" "MODEL" "TOKENS_KEYS" "TOKENS_REVOKED" "OWN_WORDS" "TLS_CERTIFICATE" "TLS_KEY" "TLS_IN_FRONT" "PROVIDER" "TRACES" "TRACES_SHARE" "OIDC_ISSUER" "OIDC_AUDIENCE" "OIDC_TENANT_CLAIM" -}}
{{- if hasKey $.Values.settings (printf "FORETYPE_%s" .) -}}
{{- fail (printf "settings.FORETYPE_%s: the chart sets this itself. values.yaml has a value for it." .) -}}
{{- end -}}
{{- end -}}
{{- if hasKey .Values.settings "FORETYPE_TOKEN" -}}
{{- fail "settings.FORETYPE_TOKEN: everybody who may read the Deployment would read it. Use signed tokens (tokens.existingSecret)." -}}
{{- end -}}
{{- if and .Values.traces.endpoint .Values.networkPolicy.enabled (not .Values.networkPolicy.tracesTo) -}}
{{- fail "networkPolicy.tracesTo is empty: name the pods or the namespace of the collector in traces.endpoint." -}}
{{- end -}}
{{- if and .Values.oidc.issuer (not .Values.oidc.audience) -}}
{{- fail "oidc.audience is empty: name the audience that the provider's tokens have for Foretype." -}}
{{- end -}}
{{- if and (not .Values.oidc.issuer) (or .Values.oidc.audience .Values.oidc.tenantClaim) -}}
{{- fail "oidc.issuer is empty: name the issuer, or leave oidc.audience and oidc.tenantClaim out." -}}
{{- end -}}
{{- if and .Values.oidc.issuer .Values.networkPolicy.enabled (not .Values.networkPolicy.oidcTo) -}}
{{- fail "networkPolicy.oidcTo is empty: name the addresses of the provider in oidc.issuer." -}}
{{- end -}}
{{- if gt (int .Values.autoscaling.min) (int .Values.autoscaling.max) -}}
{{- fail "autoscaling.min is larger than autoscaling.max." -}}
{{- end -}}
{{- end -}}
