// Package handover is how helm irsa and the post-renderer that Helm starts for it meet. Helm
// calls the post-renderer before it records a release or changes the cluster
// (pkg/action/install.go and upgrade.go of Helm 3 and 4), so whoever lets it wait there
// decides whether the release happens at all:
//
//	helm irsa              Helm               post-renderer
//	New, starts Helm  ->   renders      ->    Dial
//	Visit.Tell             waits              Facts: what irsa.yaml leaves to AWS
//	Visit.Rendered    <-                      Give: the report and the manifests
//	plans, asks, applies                      Wait
//	Visit.Yes              goes on      <-    writes the manifests
//	or Visit.No            fails        <-    fails without a word
//
// They talk over a Unix domain socket in a folder that is this user's alone; Windows has
// those too (https://devblogs.microsoft.com/commandline/af_unix-comes-to-windows/). Where
// one of the two dies, the other's next read ends: nothing is waited for that cannot come.
package handover
