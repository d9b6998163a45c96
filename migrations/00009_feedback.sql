-- What people say: verdicts are found again, and weights are kept with who applied them and why.

-- +goose Up

-- judged: somebody has said what the cause was. A column, since a condition on the document is not
-- leakproof and an index on it would be of no use under row-level security.
ALTER TABLE incidents ADD COLUMN judged boolean NOT NULL GENERATED ALWAYS AS (document ? 'feedback') STORED;
CREATE INDEX incidents_judged ON incidents (tenant_id, opened_at, id) WHERE judged;

CREATE INDEX maintenance_windows_starts ON maintenance_windows (tenant_id, starts_at, id);
CREATE INDEX blackout_windows_starts ON blackout_windows (tenant_id, starts_at, id);

-- applied_weights: every change of a tenant's weights. Few rows, kept for ever: judgements name versions.
CREATE TABLE applied_weights (
  tenant_id  text COLLATE "C" NOT NULL DEFAULT ispvm_tenant(),
  id         bigint GENERATED ALWAYS AS IDENTITY,
  applied_at timestamptz      NOT NULL,
  applied_by text             NOT NULL,
  reason     text             NOT NULL,
  version    text             NOT NULL,
  document   text             NOT NULL,
  CONSTRAINT applied_weights_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT applied_weights_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id)
);

ALTER TABLE applied_weights ENABLE ROW LEVEL SECURITY;
ALTER TABLE applied_weights FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON applied_weights TO ispvm_app USING (tenant_id = ispvm_tenant()) WITH CHECK (tenant_id = ispvm_tenant());
GRANT SELECT, INSERT ON applied_weights TO ispvm_app;

-- +goose Down
DROP TABLE applied_weights;
DROP INDEX blackout_windows_starts, maintenance_windows_starts, incidents_judged;
ALTER TABLE incidents DROP COLUMN judged;
