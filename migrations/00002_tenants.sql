-- What there is once for a tenant, and what its inventory names.

-- +goose Up

-- tenants: the row is the tenant's lock. Whoever applies an input of the tenant holds it, so all that
-- every input needs to know stands here and costs no further read.
CREATE TABLE tenants (
  tenant_id          text COLLATE "C" NOT NULL DEFAULT ispvm_tenant(),
  created_at         timestamptz NOT NULL DEFAULT now(),
  -- The receive time of the newest input; it never runs backwards, whatever the clocks of replicas do.
  received_at        timestamptz NOT NULL DEFAULT '-infinity',
  journal_seq        bigint      NOT NULL DEFAULT 0,
  inventory_revision bigint      NOT NULL DEFAULT 0,
  settings           jsonb       NOT NULL DEFAULT '{}',
  -- The newest sight of any device.
  last_observed_at   timestamptz,
  -- The first timer: the scheduler asks all tenants at once for it.
  next_due           timestamptz,
  CONSTRAINT tenants_pkey PRIMARY KEY (tenant_id),
  CONSTRAINT tenants_id_form CHECK (tenant_id ~ '^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$')
) WITH (fillfactor = 50);
CREATE INDEX tenants_next_due ON tenants (next_due) WHERE next_due IS NOT NULL;

ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON tenants TO ispvm_app USING (tenant_id = ispvm_tenant()) WITH CHECK (tenant_id = ispvm_tenant());
CREATE POLICY system ON tenants FOR SELECT TO ispvm_system USING (true);
GRANT SELECT, INSERT, UPDATE ON tenants TO ispvm_app;
GRANT SELECT ON tenants TO ispvm_system;

-- inventories: the inventory as it was accepted last; earlier ones are in the journal.
CREATE TABLE inventories (
  tenant_id   text COLLATE "C" NOT NULL DEFAULT ispvm_tenant(),
  revision    bigint      NOT NULL,
  accepted_at timestamptz NOT NULL,
  document    jsonb       NOT NULL,
  CONSTRAINT inventories_pkey PRIMARY KEY (tenant_id),
  CONSTRAINT inventories_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id)
);

-- inventory_devices: where the devices of that document stand, for filters.
CREATE TABLE inventory_devices (
  tenant_id text COLLATE "C" NOT NULL DEFAULT ispvm_tenant(),
  device    text COLLATE "C" NOT NULL,
  site      text COLLATE "C" NOT NULL,
  CONSTRAINT inventory_devices_pkey PRIMARY KEY (tenant_id, device),
  CONSTRAINT inventory_devices_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id)
);
CREATE INDEX inventory_devices_site ON inventory_devices (tenant_id, site, device);

-- uninventoried_devices: devices that were heard of and that no inventory names (yet).
CREATE TABLE uninventoried_devices (
  tenant_id text COLLATE "C" NOT NULL DEFAULT ispvm_tenant(),
  device    text COLLATE "C" NOT NULL,
  heard_at  timestamptz      NOT NULL,
  CONSTRAINT uninventoried_devices_pkey PRIMARY KEY (tenant_id, device),
  CONSTRAINT uninventoried_devices_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id)
);

ALTER TABLE inventories ENABLE ROW LEVEL SECURITY;
ALTER TABLE inventories FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON inventories TO ispvm_app USING (tenant_id = ispvm_tenant()) WITH CHECK (tenant_id = ispvm_tenant());
GRANT SELECT, INSERT, UPDATE, DELETE ON inventories TO ispvm_app;

ALTER TABLE inventory_devices ENABLE ROW LEVEL SECURITY;
ALTER TABLE inventory_devices FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON inventory_devices TO ispvm_app USING (tenant_id = ispvm_tenant()) WITH CHECK (tenant_id = ispvm_tenant());
GRANT SELECT, INSERT, UPDATE, DELETE ON inventory_devices TO ispvm_app;

ALTER TABLE uninventoried_devices ENABLE ROW LEVEL SECURITY;
ALTER TABLE uninventoried_devices FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON uninventoried_devices TO ispvm_app USING (tenant_id = ispvm_tenant()) WITH CHECK (tenant_id = ispvm_tenant());
GRANT SELECT, INSERT, UPDATE, DELETE ON uninventoried_devices TO ispvm_app;

-- +goose Down
DROP TABLE uninventoried_devices, inventory_devices, inventories, tenants;
