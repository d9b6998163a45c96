// Package device keeps one router in view: one session for as long as the
// process lives, the state that scrapers ask for, and the fingerprints of its
// configuration on a schedule of their own.
//
// Where the router reports changes of its configuration, they are read at once
// (listen.go says what is listened to, alarm.go how much of it is followed);
// its history tells who made a change, and how long before it was seen
// (chronicle.go). Polling remains the truth.
//
// A device owns its goroutines. Whatever the router does, a reading ends when
// its context does, and what could be read by then is given out. A router that
// cannot be reached or that refuses the login is left alone for a while that
// grows, and all that ask meanwhile are answered at once.
package device
