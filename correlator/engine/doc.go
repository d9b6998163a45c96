// Package engine is the one place where things happen: Apply takes one input, loads the
// neighbourhood that it touches from a Store, decides, saves exactly what changed, and returns the
// effects that the caller must make durable in the same transaction.
//
// The service and the replay of recorded timelines run the very same engine; only the Store and the
// source of time differ. Time is always the `at` that comes with an input: the engine has no clock.
// Before an input every timer that is due by `at` fires, at its own instant and in order (starts
// before ends before closings); a caller that has nothing to deliver sends a Tick when NextTimer
// says that something is due.
//
// All inputs of one tenant are applied one after the other; that order is the caller's business (an
// inbox and a lease). Applying an input twice changes nothing the second time.
package engine
