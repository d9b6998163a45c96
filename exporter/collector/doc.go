// Package collector reads the state of a router and makes Prometheus samples
// of it: one file for each family of menus.
//
// A router that lacks a menu, because of its version or because a package is
// not installed, is no error: the family has no series then. Any other failure
// is returned, with the samples that were made before it standing.
//
// What may be long is counted by the router and not read. Where rows make
// series their number is bounded, and a metric says if some were left out;
// where every row is needed for a number to be right, too many are a failure.
// What may change without the thing being another (a comment, a type) is a
// label of a metric named _info alone.
package collector
