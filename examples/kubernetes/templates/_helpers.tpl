{{/* Names, labels, refusals and the parts that pods share. */}}

{{/* Short enough for `-worker-NNN` and `-run-ID` within the 63 characters of a host name and of a label. */}}
{{- define "pinload.fullname" -}}
{{- $name := .Release.Name | replace "." "-" -}}
{{- if not (contains "pinload" $name) -}}{{- $name = printf "%s-pinload" $name -}}{{- end -}}
{{- $name | trunc 36 | trimSuffix "-" -}}
{{- end -}}

{{- define "pinload.workers" -}}{{ include "pinload.fullname" . }}-worker{{- end -}}

{{/* A run's id: as text also where YAML or --set made a number of it. */}}
{{- define "pinload.runId" -}}
{{- $id := .Values.run.id -}}
{{- if kindIs "float64" $id -}}{{- $id = int64 $id -}}{{- end -}}
{{- toString $id -}}
{{- end -}}

{{- define "pinload.run" -}}{{ include "pinload.fullname" . }}-run-{{ include "pinload.runId" . }}{{- end -}}

{{- define "pinload.tokenSecret" -}}
{{- .Values.token.existingSecret | default (printf "%s-token" (include "pinload.fullname" .)) -}}
{{- end -}}

{{- define "pinload.claim" -}}
{{- .Values.results.existingClaim | default (printf "%s-results" (include "pinload.fullname" .)) -}}
{{- end -}}

{{- define "pinload.image" -}}{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{- end -}}

{{/* What tells pods of this release from others; part of selectors, so it never changes. */}}
{{- define "pinload.selector" -}}
app.kubernetes.io/name: pinload
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "pinload.labels" -}}
{{ include "pinload.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{/* Refusals that a schema cannot express, or that it is not asked for (helm --skip-schema-validation). */}}
{{- define "pinload.check" -}}
{{- $v := .Values -}}
{{- range $who, $of := dict "worker" $v.worker "coordinator" $v.coordinator -}}
  {{- $cpus := toString $of.cpus -}}
  {{- if not (regexMatch "^[1-9][0-9]*$" $cpus) -}}
    {{- fail (printf "%s.cpus is %s: give a whole number of CPUs; fractions are never the pod's alone, and nothing can be pinned to them" $who $cpus) -}}
  {{- end -}}
{{- end -}}
{{- $least := add (int64 $v.worker.sharedMemoryMiB) (int64 $v.worker.maxRequestMiB) 256 -}}
{{- if lt (int64 $v.worker.memoryMiB) $least -}}
  {{- fail (printf "worker.memoryMiB is %d: what is in /dev/shm counts against it, so at least %d are needed (sharedMemoryMiB %d + maxRequestMiB %d + 256)" (int64 $v.worker.memoryMiB) $least (int64 $v.worker.sharedMemoryMiB) (int64 $v.worker.maxRequestMiB)) -}}
{{- end -}}
{{- if eq (int64 $v.worker.port) (int64 $v.worker.statsPort) -}}
  {{- fail (printf "worker.port and worker.statsPort are both %d: they must differ" (int64 $v.worker.port)) -}}
{{- end -}}
{{- if and $v.token.value $v.token.existingSecret -}}
  {{- fail "token.value and token.existingSecret are both given: take one" -}}
{{- end -}}
{{- if and $v.worker.hostNetwork $v.networkPolicy.enabled -}}
  {{- fail "worker.hostNetwork: no NetworkPolicy applies to such workers; say --set networkPolicy.enabled=false if their nodes' network is to be trusted" -}}
{{- end -}}
{{- if and $v.worker.hostNetwork (eq $v.worker.spread "none") -}}
  {{- fail "worker.hostNetwork: there can be one worker a node, since they share its ports; worker.spread must be required or preferred" -}}
{{- end -}}
{{- if $v.coordinator.enabled -}}
  {{- if and $v.driver $v.driverFromSecret.name -}}
    {{- fail "driver and driverFromSecret.name are both given: take one" -}}
  {{- end -}}
  {{- if not (or (trim $v.driver) $v.driverFromSecret.name) -}}
    {{- fail "driver is empty: give a driver file, --set-file driver=FILE (examples/kafka-driver.yaml is one), or driverFromSecret.name" -}}
  {{- end -}}
  {{- if not (trim $v.workload) -}}
    {{- fail "workload is empty: give a workload file, --set-file workload=FILE (examples/scale-out-workload.yaml is one)" -}}
  {{- end -}}
{{- end -}}
{{- end -}}

{{/* Requests = limits, in whole CPUs: guaranteed QoS, which the static CPU manager gives CPUs of its own. */}}
{{- define "pinload.resources" -}}
requests:
  cpu: {{ int64 .cpus | quote }}
  memory: {{ int64 .memoryMiB }}Mi
limits:
  cpu: {{ int64 .cpus | quote }}
  memory: {{ int64 .memoryMiB }}Mi
{{- end -}}

{{- define "pinload.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ int64 .root.Values.userId }}
runAsGroup: {{ int64 .root.Values.userId }}
# Secrets belong to root and this group: their mode 0440 is "this pod and nobody else".
fsGroup: {{ int64 .root.Values.userId }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: {{ .seccomp }}
{{- end -}}

{{- define "pinload.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* Other pods with `component` on the same node: required, preferred, or (nothing) none. */}}
{{- define "pinload.spread" -}}
{{- if ne .spread "none" }}
podAntiAffinity:
{{- if eq .spread "required" }}
  requiredDuringSchedulingIgnoredDuringExecution:
    - topologyKey: kubernetes.io/hostname
      labelSelector:
        matchLabels:
          {{- include "pinload.selector" .root | nindent 10 }}
          app.kubernetes.io/component: {{ .component }}
{{- else }}
  preferredDuringSchedulingIgnoredDuringExecution:
    - weight: 100
      podAffinityTerm:
        topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels:
            {{- include "pinload.selector" .root | nindent 12 }}
            app.kubernetes.io/component: {{ .component }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Where pods of this chart go, and what they are not given. */}}
{{- define "pinload.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .of.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .of.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "pinload.tokenVolume" -}}
name: token
secret:
  secretName: {{ include "pinload.tokenSecret" . }}
  defaultMode: 0440
  items:
    - key: {{ .Values.token.key | quote }}
      path: token
{{- end -}}

{{- define "pinload.clientFilesVolume" -}}
name: client-files
secret:
  secretName: {{ .Values.clientFilesSecret }}
  defaultMode: 0440
{{- end -}}
