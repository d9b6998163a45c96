// Package postgres keeps what the correlator knows in PostgreSQL.
//
// # One input
//
// Submit is the only way in. Inputs of one tenant wait in that tenant's inbox; whatever waits there is
// applied in one transaction (group commit):
//
//  1. lock the tenant's row, which orders the inputs of all replicas, and read from it what every input
//     needs: the receive clock, settings, the inventory's revision;
//  2. for each input: let the engine apply it to a Store over this transaction, and append it to the
//     journal and its effects to the outbox;
//  3. write the row back and commit; only then are the submitters answered.
//
// So whatever is acknowledged is committed, state and journal and outbox agree at every instant, and a
// process may die anywhere. An input that the engine refuses leaves nothing but its answer. When
// anything else fails, the transaction is rolled back and each input tried by itself, so that one which
// the database cannot digest takes no other with it.
//
// # Out
//
// Relay hands the outbox on, at least once. Timers submits a Tick for each tenant that has a timer due.
// The read methods (Devices, ConfigChanges, …) answer queries. Everything works as a role that owns
// nothing, confined to one tenant by row-level security; see package migrations.
package postgres
