// Package discover finds out which service accounts a chart makes, what runs as them, and
// which of the chart's values drive them.
//
// It renders the chart in process, once with the caller's values as they are, and again with a
// distinct marker under every value that may have to do with a service account. Where a marker
// comes out, there the value leads: what is reported was seen in a render, and never concluded
// from a name. Nothing is written, and neither a cluster nor AWS is asked.
package discover
