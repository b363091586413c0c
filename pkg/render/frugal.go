package render

import (
	"runtime/debug"
	"sync"

	"github.com/helm-irsa/helm-irsa/pkg/manifest/stream"
)

const (
	// largeDocument is the size in bytes from which on the tree of a document is what the
	// process needs memory for, and hugeDocument that from which on little else counts.
	largeDocument = 4 << 20
	hugeDocument  = 10 << 20
	// frugalPercent is what the collector is set to meanwhile, and sparingPercent for what
	// is not huge. A ServiceAccount of 13 MB with 260,000 annotations takes 330 MB at the
	// usual 100, 217 MB at 50 and 207 MB at 25, a Deployment with 140,000 containers 616,
	// 494 and 436 MB. What that costs grows as the tree does: at 25, a List of 40,000
	// objects in 9 MB spent 45 % of its CPU time in the collector, which goes through the
	// tree twice as often in all as at 50.
	frugalPercent  = 25
	sparingPercent = 50
)

// collector is the setting of the whole process, which renderings side by side share: each
// may lower it, the last sets it back.
var collector struct {
	sync.Mutex
	users, before int
}

// frugal makes the collector run more often while a document that must be read is large;
// what it returns undoes that. A setting that is lower already, or off, is left alone.
func frugal(docs []stream.Doc) func() {
	largest := 0
	for i := range docs {
		if docs[i].Wanted {
			largest = max(largest, len(docs[i].Bytes))
		}
	}
	switch {
	case largest >= hugeDocument:
		return lowerCollector(frugalPercent)
	case largest >= largeDocument:
		return lowerCollector(sparingPercent)
	}
	return func() {}
}

func lowerCollector(percent int) func() {
	collector.Lock()
	defer collector.Unlock()
	was := debug.SetGCPercent(percent)
	if was < percent {
		debug.SetGCPercent(was)
	}
	if collector.users++; collector.users == 1 {
		collector.before = was
	}
	return func() {
		collector.Lock()
		defer collector.Unlock()
		if collector.users--; collector.users == 0 {
			debug.SetGCPercent(collector.before)
		}
	}
}
