package migrations_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/postgres/pgtest"
)

// offenders runs a query that names what breaks a rule of the schema.
func offenders(t *testing.T, conn *pgx.Conn, query string) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), `
		WITH tables AS (
		  SELECT c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity FROM pg_class AS c
		   WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'goose_db_version'),
		tenant_column AS (
		  SELECT t.oid, a.attnum, a.attnotnull, a.attcollation FROM tables AS t
		    JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attname = 'tenant_id')
		`+query)
	require.NoError(t, err)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return names
}

// TestEveryTableBelongsToATenant holds each table, also the one that somebody adds tomorrow, to the rules
// of the package's documentation.
func TestEveryTableBelongsToATenant(t *testing.T) {
	t.Parallel()
	conn := connect(t, pgtest.New(t).SuperuserURL)
	require.NotEmpty(t, offenders(t, conn, "SELECT relname FROM tables"), "the rules must have something to hold")

	for rule, query := range map[string]string{
		"row-level security is enabled and forced": `
			SELECT relname FROM tables WHERE NOT (relrowsecurity AND relforcerowsecurity)`,
		"there is a tenant_id, never NULL, collated C": `
			SELECT relname FROM tables WHERE NOT EXISTS (
			  SELECT FROM tenant_column AS c WHERE c.oid = tables.oid AND c.attnotnull AND c.attcollation = (SELECT oid FROM pg_collation WHERE collname = 'C'))`,
		"tenant_id comes first in the primary key and in every unique key": `
			SELECT relname || ': ' || i.indexrelid::regclass::text FROM tables JOIN pg_index AS i ON i.indrelid = tables.oid AND (i.indisunique OR i.indisprimary)
			 WHERE i.indkey[0] <> (SELECT attnum FROM tenant_column AS c WHERE c.oid = tables.oid)`,
		"there is a primary key": `
			SELECT relname FROM tables WHERE NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = tables.oid AND i.indisprimary)`,
		"the service's role sees its tenant alone": `
			SELECT relname FROM tables WHERE (
			  SELECT count(*) FROM pg_policy AS p WHERE p.polrelid = tables.oid AND p.polroles @> ARRAY['ispvm_app'::regrole::oid]
			     AND pg_get_expr(p.polqual, p.polrelid) = '(tenant_id = ispvm_tenant())'
			     AND (p.polcmd = 'r' OR pg_get_expr(p.polwithcheck, p.polrelid) = '(tenant_id = ispvm_tenant())')) <> 1`,
		"no policy is for everybody": `
			SELECT relname FROM tables JOIN pg_policy AS p ON p.polrelid = tables.oid
			 WHERE NOT p.polroles <@ ARRAY['ispvm_app'::regrole::oid, 'ispvm_system'::regrole::oid] OR (p.polroles @> ARRAY['ispvm_app'::regrole::oid] AND cardinality(p.polroles) > 1)
			    OR (p.polroles @> ARRAY['ispvm_app'::regrole::oid] AND pg_get_expr(p.polqual, p.polrelid) <> '(tenant_id = ispvm_tenant())')`,
		"the service's roles own nothing": `
			SELECT relname FROM pg_class WHERE relowner IN ('ispvm_app'::regrole, 'ispvm_system'::regrole, 'ispvm'::regrole)`,
		"nothing is granted to everybody": `
			SELECT relname FROM pg_class AS c, aclexplode(c.relacl) AS a WHERE c.relnamespace = 'public'::regnamespace AND a.grantee = 0`,
		"a foreign key carries tenant_id on both sides": `
			SELECT k.conname FROM pg_constraint AS k JOIN tables ON tables.oid = k.conrelid
			 WHERE k.contype = 'f' AND NOT (
			   k.conkey[1] = (SELECT attnum FROM tenant_column AS c WHERE c.oid = k.conrelid) AND
			   k.confkey[1] = (SELECT attnum FROM tenant_column AS c WHERE c.oid = k.confrelid))`,
		"constraints have names of their own": `
			SELECT k.conname FROM pg_constraint AS k JOIN tables ON tables.oid = k.conrelid
			 WHERE k.contype IN ('c', 'f') AND k.conname ~ '_(check|fkey)[0-9]*$'`,
		"no index is of a kind that row-level security keeps from being used": `
			SELECT i.indexrelid::regclass::text FROM pg_index AS i JOIN tables ON tables.oid = i.indrelid
			  JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_am AS m ON m.oid = c.relam WHERE m.amname <> 'btree'`,
	} {
		t.Run(rule, func(t *testing.T) { require.Empty(t, offenders(t, conn, query)) })
	}
}

func TestTheRolesCanDoNothingByThemselves(t *testing.T) {
	t.Parallel()
	conn := connect(t, pgtest.New(t).SuperuserURL)
	var n int
	require.NoError(t, conn.QueryRow(t.Context(), `
		SELECT count(*) FROM pg_roles WHERE rolname IN ('ispvm_app', 'ispvm_system')
		   AND NOT (rolsuper OR rolbypassrls OR rolcanlogin OR rolcreaterole OR rolcreatedb)`).Scan(&n))
	require.Equal(t, 2, n)
}
