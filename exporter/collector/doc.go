// Package collector reads the state of a router and makes Prometheus samples
// of it: one file for each family of menus.
//
// A router that lacks a menu, because of its version or because a package is
// not installed, is no error: the family has no series then. Any other failure
// is returned, with the samples that were made before it standing.
package collector
