package stream

import "syscall"

// madvHugepage is MADV_HUGEPAGE of madvise(2), which package syscall does not name.
const madvHugepage = 14

// inHugePages asks the kernel to give a new buffer's memory two megabytes at a time:
// 100 MB a page at a time cost more than their way through a pipe. A refusal changes
// nothing, and small buffers are not worth asking for.
func inHugePages(buf []byte) {
	if len(buf) >= nextChunk {
		_ = syscall.Madvise(buf, madvHugepage)
	}
}
