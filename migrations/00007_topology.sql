-- What is measured of the network, and what people think of what is proposed from it.

-- +goose Up

-- Which numbers of subscribers are in force, beside the inventory's revision.
ALTER TABLE tenants ADD COLUMN subscribers_revision bigint NOT NULL DEFAULT 0;

-- subscribers: how many each device usually serves, as measured: a number by device.
CREATE TABLE subscribers (
  tenant_id  text COLLATE "C" NOT NULL DEFAULT ispvm_tenant(),
  counts     jsonb            NOT NULL,
  counted_at timestamptz      NOT NULL,
  CONSTRAINT subscribers_pkey PRIMARY KEY (tenant_id),
  CONSTRAINT subscribers_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id)
);

-- topology_dismissals: proposals that a person does not want to see again. The id says what was proposed.
CREATE TABLE topology_dismissals (
  tenant_id    text COLLATE "C" NOT NULL DEFAULT ispvm_tenant(),
  proposal_id  text COLLATE "C" NOT NULL,
  dismissed_by text             NOT NULL,
  dismissed_at timestamptz      NOT NULL,
  reason       text             NOT NULL,
  CONSTRAINT topology_dismissals_pkey PRIMARY KEY (tenant_id, proposal_id),
  CONSTRAINT topology_dismissals_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id)
);

-- Subscribers are an input too.
ALTER TABLE inputs DROP CONSTRAINT inputs_kind;
ALTER TABLE inputs ADD CONSTRAINT inputs_kind CHECK (kind IN ('inventory', 'subscribers', 'settings', 'observation', 'observation_failed',
    'webhook', 'alerts', 'change', 'maintenance', 'blackout', 'operator'));

ALTER TABLE subscribers ENABLE ROW LEVEL SECURITY;
ALTER TABLE subscribers FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON subscribers TO ispvm_app USING (tenant_id = ispvm_tenant()) WITH CHECK (tenant_id = ispvm_tenant());
GRANT SELECT, INSERT, UPDATE ON subscribers TO ispvm_app;

ALTER TABLE topology_dismissals ENABLE ROW LEVEL SECURITY;
ALTER TABLE topology_dismissals FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON topology_dismissals TO ispvm_app USING (tenant_id = ispvm_tenant()) WITH CHECK (tenant_id = ispvm_tenant());
GRANT SELECT, INSERT, UPDATE, DELETE ON topology_dismissals TO ispvm_app;

-- +goose Down
DROP TABLE topology_dismissals, subscribers;
DELETE FROM inputs WHERE kind = 'subscribers';
ALTER TABLE inputs DROP CONSTRAINT inputs_kind;
ALTER TABLE inputs ADD CONSTRAINT inputs_kind CHECK (kind IN ('inventory', 'settings', 'observation', 'observation_failed',
    'webhook', 'alerts', 'change', 'maintenance', 'blackout', 'operator'));
ALTER TABLE tenants DROP COLUMN subscribers_revision;
