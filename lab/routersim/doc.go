// Package routersim is a simulated MikroTik router, or a network of them. It
// starts from `.rsc` export text, speaks the RouterOS API to real clients, and
// behaves: interfaces, OSPF neighbours, BGP sessions, routes and PPPoE
// sessions follow from the configuration and the cabling, so that disabling a
// port takes down whatever rides on it, here and at the other end.
//
//	router, err := routersim.New(routersim.Options{Name: "EDGE1"})
//	err = router.Load(file)
//	addr, err := router.Listen(ctx, "127.0.0.1:0")
//	defer router.Close()
//
// Several routers that share cables are a Network; a Router made by New is
// alone in one of its own.
//
// Router.Misbehave makes it what routers and the ways to them are at times:
// slow, silent, gone, or talking nonsense, while it runs.
//
// It is no emulator: packets do not flow, protocols have no timers of their
// own (what must fail, fails at once), and OSPF forms full adjacencies between
// all speakers of a segment instead of electing a designated router.
package routersim
