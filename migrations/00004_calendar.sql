-- Planned work. The three kinds have the same columns and are tables of their own: what refers to a
-- change record must not be able to refer to a blackout.

-- +goose Up

-- changes: change records. lives_from and lives_to bound the planned and the actual time together.
CREATE TABLE changes (
  tenant_id       text COLLATE "C"   NOT NULL DEFAULT ispvm_tenant(),
  id              text COLLATE "C"   NOT NULL,
  title           text               NOT NULL,
  description     text               NOT NULL,
  owner           text               NOT NULL,
  starts_at       timestamptz        NOT NULL,
  ends_at         timestamptz        NOT NULL,
  started_at      timestamptz,
  ended_at        timestamptz,
  status          text               NOT NULL,
  notify_critical boolean            NOT NULL,
  scope_sites     text[] COLLATE "C" NOT NULL,
  scope_devices   text[] COLLATE "C" NOT NULL,
  scope_tags      text[] COLLATE "C" NOT NULL,
  scope_services  text[] COLLATE "C" NOT NULL,
  revision        bigint             NOT NULL,
  lives_from      timestamptz        NOT NULL GENERATED ALWAYS AS (least(starts_at, started_at)) STORED,
  lives_to        timestamptz        NOT NULL GENERATED ALWAYS AS (greatest(ends_at, ended_at)) STORED,
  -- Few spans are long. Looked up apart, they do not force a search for what overlaps a range to walk
  -- through everything that began before it: the short ones end within 7 days after its end.
  long            boolean            NOT NULL GENERATED ALWAYS AS
    (greatest(ends_at, ended_at) - least(starts_at, started_at) > interval '168 hours') STORED,
  CONSTRAINT changes_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT changes_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id),
  CONSTRAINT changes_status CHECK (status IN ('planned', 'in_progress', 'completed', 'canceled')),
  CONSTRAINT changes_order CHECK (starts_at < ends_at)
);
CREATE INDEX changes_lives ON changes (tenant_id, long, lives_to, lives_from);
CREATE INDEX changes_starts ON changes (tenant_id, starts_at, id);

CREATE TABLE maintenance_windows (LIKE changes INCLUDING DEFAULTS INCLUDING GENERATED,
  CONSTRAINT maintenance_windows_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT maintenance_windows_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id),
  CONSTRAINT maintenance_windows_status CHECK (status IN ('planned', 'in_progress', 'completed', 'canceled')),
  CONSTRAINT maintenance_windows_order CHECK (starts_at < ends_at)
);
CREATE INDEX maintenance_windows_lives ON maintenance_windows (tenant_id, long, lives_to, lives_from);

CREATE TABLE blackout_windows (LIKE changes INCLUDING DEFAULTS INCLUDING GENERATED,
  CONSTRAINT blackout_windows_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT blackout_windows_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id),
  CONSTRAINT blackout_windows_status CHECK (status IN ('planned', 'in_progress', 'completed', 'canceled')),
  CONSTRAINT blackout_windows_order CHECK (starts_at < ends_at)
);
CREATE INDEX blackout_windows_lives ON blackout_windows (tenant_id, long, lives_to, lives_from);

ALTER TABLE changes ENABLE ROW LEVEL SECURITY;
ALTER TABLE changes FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON changes TO ispvm_app USING (tenant_id = ispvm_tenant()) WITH CHECK (tenant_id = ispvm_tenant());
GRANT SELECT, INSERT, UPDATE ON changes TO ispvm_app;

ALTER TABLE maintenance_windows ENABLE ROW LEVEL SECURITY;
ALTER TABLE maintenance_windows FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON maintenance_windows TO ispvm_app USING (tenant_id = ispvm_tenant()) WITH CHECK (tenant_id = ispvm_tenant());
GRANT SELECT, INSERT, UPDATE ON maintenance_windows TO ispvm_app;

ALTER TABLE blackout_windows ENABLE ROW LEVEL SECURITY;
ALTER TABLE blackout_windows FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON blackout_windows TO ispvm_app USING (tenant_id = ispvm_tenant()) WITH CHECK (tenant_id = ispvm_tenant());
GRANT SELECT, INSERT, UPDATE ON blackout_windows TO ispvm_app;

-- +goose Down
DROP TABLE blackout_windows, maintenance_windows, changes;
