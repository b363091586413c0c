package verify

import "github.com/helm-irsa/helm-irsa/pkg/manifest"

// ended: all containers of the pod have ended and none is started again, so that it is
// history: what it had says nothing of what pods get now
// (https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase, Succeeded and
// Failed; an evicted pod is Failed).
func ended(o *manifest.Object) bool {
	phase := manifest.Text(o.Body, "status", "phase")
	return o.Kind == "Pod" && o.Group() == "" && (phase == "Succeeded" || phase == "Failed")
}

// terminating: the pod still runs and uses its role, and is replaced already: nothing is to
// be mended of it.
func terminating(p *pod) bool {
	return p.isPod() && manifest.Dig(p.from.Body, "metadata", "deletionTimestamp") != nil
}

// stays: a container that runs as long as its pod does: init containers end, but for those
// that are restarted always
// (https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/).
func stays(ct container) bool {
	return !ct.init || manifest.Text(ct.body, "restartPolicy") == "Always"
}
