// Package soak holds the promise that nothing is lost against a running correlator: a drawn storm is sent
// over HTTP by senders that send again until they are answered, as Alertmanager and the exporter do, to
// correlators that are killed and a PostgreSQL that is stopped at drawn moments. In the end the incidents,
// changes and planned work are those of the same storm undisturbed, and every event that was committed has
// reached the receiver.
//
//	go test ./lab/soak -rounds=1000 -seed=1
package soak
