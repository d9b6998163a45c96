// Package fingerprint turns the configuration of a router into hashes that
// tell whether it changed, without keeping any of it.
//
// An [Allowlist] says which menus and which properties are configuration,
// grouped into categories. The rows of a category's menus become its
// canonical form:
//
//	[{"rows":[{"address":"192.0.2.1/24","interface":"ether1"}],"section":"/ip/address"}]
//
// that is, an array of the sections which have rows, in the allowlist's
// order; in each, the rows, sorted where their order means nothing; in each
// row, the allowlisted properties that are set to something else than their
// default, as strings, names sorted, in the serialisation of RFC 8785. The
// [Fingerprint] of the category is the SHA-256 of those bytes.
//
// The form is that of the configuration and not of the version that prints it:
// properties have their present names and words, and what RouterOS moved from
// one menu to another is written where it is used, as the connections of BGP
// have what since 7.20 is in the instance that they name.
//
// The package is pure: it is given rows and gives hashes.
package fingerprint
