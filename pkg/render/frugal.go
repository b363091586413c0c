package render

import (
	"runtime/debug"
	"sync"

	"github.com/helm-irsa/helm-irsa/pkg/render/internal/stream"
)

const (
	// largeDocument is the size in bytes from which on the tree of a document is what the
	// process needs memory for.
	largeDocument = 4 << 20
	// frugalPercent is what the collector is set to meanwhile. A ServiceAccount of 13 MB
	// with 260,000 annotations takes 330 MB at the usual 100, 217 MB at 50 and 207 MB at
	// 25, a Deployment with 140,000 containers 616, 494 and 436 MB; the CPU time is the
	// same within its spread, since there are few collections in all.
	frugalPercent = 25
)

// collector is the setting of the whole process, which renderings side by side share: the
// first that wants it lower sets it, the last sets it back.
var collector struct {
	sync.Mutex
	users, before int
}

// frugal makes the collector run more often while a document that must be read is large;
// what it returns undoes that. A setting that is lower already, or off, is left alone.
func frugal(docs []stream.Doc) func() {
	for i := range docs {
		if docs[i].Wanted && len(docs[i].Bytes) >= largeDocument {
			return lowerCollector()
		}
	}
	return func() {}
}

func lowerCollector() func() {
	collector.Lock()
	defer collector.Unlock()
	if collector.users++; collector.users == 1 {
		collector.before = debug.SetGCPercent(frugalPercent)
		if collector.before < frugalPercent {
			debug.SetGCPercent(collector.before)
		}
	}
	return func() {
		collector.Lock()
		defer collector.Unlock()
		if collector.users--; collector.users == 0 {
			debug.SetGCPercent(collector.before)
		}
	}
}
