// Package exporterbench measures the exporter, as the program that people run,
// beside other scrapers of RouterOS: against the same simulated routers, over
// the same line, in the same run.
//
// Whoever is measured is a process of its own, and so are the routers, so that
// CPU time and memory are those of the scraper alone. What crosses the wire is
// counted on the [Line] between the two and not taken from anybody's own
// metrics. The line makes the round-trip time as well.
//
// [Compare] is the comparison, [Fleet] the load of a thousand routers.
package exporterbench
