// Package routeros speaks the API of MikroTik RouterOS (TCP 8728, TLS 8729):
// the part of it that reading a router many times over one connection needs.
//
// # Protocol
//
// Both sides send sentences, a sentence is a list of words, a word is a
// length and that many bytes, and a word of length zero ends the sentence
// (MikroTik, "API": Protocol). A command sentence names a path ("/ip/address/print"),
// attributes ("=name=value"), queries ("?name=value") and a tag (".tag=7").
// A reply sentence begins with
//
//	!re     one row
//	!empty  there are no rows (RouterOS 7.18 and later); !done follows
//	!trap   the command failed; !done follows
//	!done   the command is over
//	!fatal  the router closes the connection; carries no tag
//
// # What this package adds
//
// Many commands share one connection, told apart by their tags and bounded in
// number, so that reading twenty menus costs about the round trips of three.
// What may be slow has a [Lane] of its own, and what stands for as long as the
// connection does ([Conn.Listen]) its own bound beside.
// A reply is handed to its caller as it arrives, out of a buffer that is used
// again for the next: reading a row allocates nothing.
//
// # Failures
//
// Every failure that has to do with the router is an [*Error] with one of six
// reasons. [Conn.Run] never waits past its context. A command given up is
// cancelled on the router (/cancel); a router that does not end it loses the
// connection after [Options.DrainTimeout]. So does one that says nothing at
// all, not even to a probe, after [Options.StallTimeout]: a command may take
// as long as its context allows where the router is otherwise alive.
package routeros
