// Package cluster owns a private PostgreSQL for one machine: it creates the cluster inside a data
// directory, starts the server, and stops it again.
//
// The layout of a data directory is
//
//	DIR/correlator.lock   held (flock) by the process that uses the directory
//	DIR/postgres/         the PostgreSQL cluster (PGDATA)
//	DIR/run/              the Unix socket: the only way in, there is no TCP
//
// The server belongs to the process that started it. It gets a fast-shutdown signal when that process
// stops it and also when that process dies, whatever killed it (Pdeathsig, Linux). A server that is
// still shutting down when the next process starts is waited for. Authentication is by peer: the
// operating-system user of the correlator, and the superuser of the machine, may connect; nobody else.
//
// PostgreSQL refuses to run as root. Started as root, everything PostgreSQL does runs as the user
// "postgres", which owns DIR/postgres and DIR/run.
package cluster
