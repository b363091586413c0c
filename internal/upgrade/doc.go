// Package upgrade is the transaction of helm irsa install, upgrade, template and uninstall.
//
// Nothing is changed in AWS before the chart has rendered. Helm renders, and calls its
// post-renderer, before it records a release or changes the cluster; ours hands over what it
// rendered and waits (package handover). So Helm is started at once, and AWS is read
// meanwhile. The phases, in run.go, one after the other:
//
//	load     irsa.yaml, Helm, the namespace, the post-renderer
//	start    Helm; beside it AWS, the ownership of service accounts, the cluster
//	render   what the post-renderer hands over
//	plan     what was found is held together: what stands in the way, what is to be done
//	confirm  it is shown, and asked for
//	apply    AWS gets what new pods need, Helm gets service accounts
//	release  the post-renderer answers, and Helm goes on to its end
//	verify   each service account, from what was read, written and rendered, and its pods
//	prune    AWS loses what no pod needs any more
//
// A phase that fails before release says no to the post-renderer, and Helm ends without
// having changed anything.
package upgrade
