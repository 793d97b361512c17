#!/usr/bin/env bash
# in-pod.sh HOSTS CA_BUNDLE COMMAND…: runs a command with an /etc/hosts and a CA bundle of its own, as a pod has them ("" leaves the
# machine's bundle). Called inside a private mount namespace. pilot-agent keeps its Wasm modules in /var/lib/istio/data, which can't be set.
set -euo pipefail
hosts=$1 bundle=$2
shift 2
mount --bind "$hosts" /etc/hosts
[ -z "$bundle" ] || mount --bind "$bundle" /etc/ssl/certs/ca-certificates.crt
mount -t tmpfs tmpfs /var/lib
mkdir -p /var/lib/istio/data
exec "$@"
