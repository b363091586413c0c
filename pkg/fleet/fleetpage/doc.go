// Package fleetpage shows a report of pkg/fleet as one HTML file that needs no network: tables, and the
// graph as SVG. Whatever was read is escaped by html/template, and the page's own policy lets no
// script run but its own.
package fleetpage
