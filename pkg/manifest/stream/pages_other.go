//go:build !linux

package stream

// inHugePages does nothing where it is not known how to ask.
func inHugePages([]byte) {}
