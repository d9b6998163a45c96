// Package replay runs the engine over a recorded timeline under a virtual clock, with all state in
// memory, and prints one document: what was detected, what was made of it, who would have been told.
//
// It is how scenarios are tested and how an ISP tries weights on its own past. Nothing else is
// needed, and the same input gives the same output byte for byte.
package replay
