// Package hints reads what in a document speaks of a role outside of ServiceAccounts: an
// annotation, a variable, an argument, a line of text. Whole objects and values have most of it
// alike; what differs, a Reader is told. It says what stands where, and judges nothing.
package hints
