//go:build tools

// Package tools pins the programs of the mesh's control plane. rig/binaries.ts builds them.
package tools

import (
	_ "go.etcd.io/etcd/server/v3"
	_ "istio.io/istio/istioctl/cmd/istioctl"
	_ "istio.io/istio/pilot/cmd/pilot-agent"
	_ "istio.io/istio/pilot/cmd/pilot-discovery"
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
	_ "k8s.io/kubernetes/cmd/kubectl"
)
