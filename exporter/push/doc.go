// Package push brings what the exporter saw of configurations to the
// correlator, and loses nothing on the way.
//
// [Pusher.Offer] takes an observation without waiting for disk or network. A
// goroutine writes what was offered to the spool, a file on disk that survives
// the end of the process, a few times a second and with an fsync each; another
// sends what stands there, oldest first, until the correlator has answered
// that it is committed. Only then does it leave the spool.
//
// # What is kept while the correlator is away
//
// A run of equal sightings is told by its first and its last: what lies
// between says nothing about when a change happened. So of each device,
// category and state the spool keeps the first sighting, which is news, and
// the newest repeat of it, which replaces the one before. Kept for a day, of
// 1,000 routers with 12 categories each read every minute:
//
//	without this   1,000 × 12 × 1,440 sightings × 145 bytes = 2.5 GB
//	unchanged      1,000 × 12 × 2     sightings × 145 bytes = 3.5 MB
//	and 100 changes a router and day, the last sighting before and the first
//	after each:    1,000 × 100 × 2    sightings × 145 bytes = 29 MB
//
// BenchmarkDay measures it: 17 million sightings, 32 MB in the spool, 84 MB on
// disk.
//
// Level 2 adds the changed category's canonical JSON to each piece of news,
// of [Options.MaxSections] bytes at most.
//
// When [Options.MaxSpool] is reached, the oldest repeats go first: without
// them an interval is wider, and no change is missing. When there are none
// left, what is offered is refused, and the next reading of the router
// repairs it. Both are counted.
//
// # When the correlator is in trouble
//
// No answer, an answer that says "not now", or one of a proxy on the way:
// nothing is lost, and the same is sent again after a pause that grows to a
// minute, or as long as the correlator asks for (Retry-After, RetryInfo). What
// was too large, over a quota or too slow goes in smaller batches. Whatever
// was committed without our learning of it is sent twice, which changes
// nothing at the correlator's.
//
// # What the correlator will not have
//
// An observation that the correlator calls invalid would be refused for ever
// and would hold up all behind it. A refused batch is halved until the culprit
// is alone, which then goes to the file rejected.jsonl beside the spool, with
// the reason, and is counted. A refusal of the token, of the role or of the
// address is the operator's to mend: nothing is thrown away, it is said in the
// log, and tried again.
package push
