#!/usr/bin/env bash
# in-pod.sh HOSTS CA_BUNDLE COMMAND…: runs a command with its own /etc/hosts and CA bundle, as in a
# pod ("" keeps the machine's bundle). It must be called inside a private mount namespace.
# pilot-agent keeps its Wasm modules in /var/lib/istio/data, and this path can't be configured.
set -euo pipefail
hosts=$1 bundle=$2
shift 2
mount --bind "$hosts" /etc/hosts
[ -z "$bundle" ] || mount --bind "$bundle" /etc/ssl/certs/ca-certificates.crt
mount -t tmpfs tmpfs /var/lib
mkdir -p /var/lib/istio/data
exec "$@"
