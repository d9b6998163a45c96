-- Incidents, their alerts, and every judgement about them.

-- +goose Up

-- incidents: the document is the engine's; the columns are what is searched for. An incident that is
-- still open ends at infinity.
CREATE TABLE incidents (
  tenant_id             text COLLATE "C" NOT NULL DEFAULT ispvm_tenant(),
  id                    text COLLATE "C" NOT NULL,
  state                 text             NOT NULL,
  opened_at             timestamptz      NOT NULL,
  closed_at             timestamptz      NOT NULL,
  onset_not_before      timestamptz      NOT NULL,
  last_onset            timestamptz      NOT NULL,
  -- The devices of the first candidate.
  cause_devices         text[] COLLATE "C" NOT NULL,
  during_change_id      text COLLATE "C",
  during_maintenance_id text COLLATE "C",
  revision              bigint           NOT NULL,
  document              jsonb            NOT NULL,
  CONSTRAINT incidents_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT incidents_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id),
  CONSTRAINT incidents_during_change FOREIGN KEY (tenant_id, during_change_id) REFERENCES changes (tenant_id, id),
  CONSTRAINT incidents_during_maintenance FOREIGN KEY (tenant_id, during_maintenance_id) REFERENCES maintenance_windows (tenant_id, id),
  CONSTRAINT incidents_state CHECK (state IN ('open', 'closed', 'merged')),
  CONSTRAINT incidents_open_end CHECK ((state = 'open') = (closed_at = 'infinity'))
);
CREATE INDEX incidents_opened ON incidents (tenant_id, opened_at, id) WHERE state <> 'merged';
CREATE INDEX incidents_closed ON incidents (tenant_id, closed_at, opened_at) WHERE state <> 'merged';

-- incident_reach: keys through which alerts and changes find an incident. closed_at repeats that of the
-- incident, so that a look-up does not meet all the incidents that a key ever had.
CREATE TABLE incident_reach (
  tenant_id   text COLLATE "C" NOT NULL DEFAULT ispvm_tenant(),
  incident_id text COLLATE "C" NOT NULL,
  key         text COLLATE "C" NOT NULL,
  closed_at   timestamptz      NOT NULL DEFAULT 'infinity',
  CONSTRAINT incident_reach_pkey PRIMARY KEY (tenant_id, incident_id, key),
  CONSTRAINT incident_reach_incident FOREIGN KEY (tenant_id, incident_id) REFERENCES incidents (tenant_id, id)
    DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX incident_reach_key ON incident_reach (tenant_id, key, closed_at);

-- incident_entities: the devices and sites that alert in an incident or are candidates for its cause.
CREATE TABLE incident_entities (
  tenant_id   text COLLATE "C" NOT NULL DEFAULT ispvm_tenant(),
  kind        text COLLATE "C" NOT NULL,
  name        text COLLATE "C" NOT NULL,
  incident_id text COLLATE "C" NOT NULL,
  CONSTRAINT incident_entities_pkey PRIMARY KEY (tenant_id, incident_id, kind, name),
  CONSTRAINT incident_entities_incident FOREIGN KEY (tenant_id, incident_id) REFERENCES incidents (tenant_id, id)
    DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT incident_entities_kind CHECK (kind IN ('device', 'site'))
);
-- Ids of incidents grow with time (UUIDv7), so the newest of a device are together.
CREATE INDEX incident_entities_name ON incident_entities (tenant_id, kind, name, incident_id);

-- alert_occurrences: contiguous firing stretches of alerts. One that still fires ends at infinity.
CREATE TABLE alert_occurrences (
  tenant_id          text COLLATE "C" NOT NULL DEFAULT ispvm_tenant(),
  id                 text COLLATE "C" NOT NULL,
  incident_id        text COLLATE "C" NOT NULL,
  fingerprint        text COLLATE "C" NOT NULL,
  alertname          text             NOT NULL,
  device             text COLLATE "C" NOT NULL,
  site               text COLLATE "C" NOT NULL,
  interface          text             NOT NULL,
  peer               text             NOT NULL,
  severity           text             NOT NULL,
  symptom            text             NOT NULL,
  labels             jsonb,
  annotations        jsonb,
  starts_at          timestamptz      NOT NULL,
  lag_ns             bigint           NOT NULL,
  ends_at            timestamptz      NOT NULL,
  heard_at           timestamptz      NOT NULL,
  last_heard_at      timestamptz      NOT NULL,
  suppressed         boolean          NOT NULL,
  silenced_elsewhere boolean          NOT NULL,
  CONSTRAINT alert_occurrences_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT alert_occurrences_incident FOREIGN KEY (tenant_id, incident_id) REFERENCES incidents (tenant_id, id)
    DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT alert_occurrences_lag CHECK (lag_ns >= 0)
) WITH (fillfactor = 80);
CREATE INDEX alert_occurrences_incident ON alert_occurrences (tenant_id, incident_id, starts_at, id);
CREATE INDEX alert_occurrences_newest ON alert_occurrences (tenant_id, fingerprint, starts_at);
CREATE INDEX alert_occurrences_ends ON alert_occurrences (tenant_id, fingerprint, ends_at);
CREATE INDEX alert_occurrences_firing ON alert_occurrences (tenant_id, starts_at, id) WHERE ends_at = 'infinity';

-- scorings: every judgement that was made about an incident, with the versions that made it.
CREATE TABLE scorings (
  tenant_id       text COLLATE "C" NOT NULL DEFAULT ispvm_tenant(),
  incident_id     text COLLATE "C" NOT NULL,
  id              bigint GENERATED ALWAYS AS IDENTITY,
  scored_at       timestamptz      NOT NULL,
  weights_version text             NOT NULL,
  rules_version   text             NOT NULL,
  judgement       jsonb            NOT NULL,
  CONSTRAINT scorings_pkey PRIMARY KEY (tenant_id, incident_id, id),
  CONSTRAINT scorings_incident FOREIGN KEY (tenant_id, incident_id) REFERENCES incidents (tenant_id, id)
    DEFERRABLE INITIALLY DEFERRED
);

ALTER TABLE incidents ENABLE ROW LEVEL SECURITY;
ALTER TABLE incidents FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON incidents TO ispvm_app USING (tenant_id = ispvm_tenant()) WITH CHECK (tenant_id = ispvm_tenant());
GRANT SELECT, INSERT, UPDATE ON incidents TO ispvm_app;

ALTER TABLE incident_reach ENABLE ROW LEVEL SECURITY;
ALTER TABLE incident_reach FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON incident_reach TO ispvm_app USING (tenant_id = ispvm_tenant()) WITH CHECK (tenant_id = ispvm_tenant());
GRANT SELECT, INSERT, UPDATE, DELETE ON incident_reach TO ispvm_app;

ALTER TABLE incident_entities ENABLE ROW LEVEL SECURITY;
ALTER TABLE incident_entities FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON incident_entities TO ispvm_app USING (tenant_id = ispvm_tenant()) WITH CHECK (tenant_id = ispvm_tenant());
GRANT SELECT, INSERT, DELETE ON incident_entities TO ispvm_app;

ALTER TABLE alert_occurrences ENABLE ROW LEVEL SECURITY;
ALTER TABLE alert_occurrences FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON alert_occurrences TO ispvm_app USING (tenant_id = ispvm_tenant()) WITH CHECK (tenant_id = ispvm_tenant());
GRANT SELECT, INSERT, UPDATE ON alert_occurrences TO ispvm_app;

ALTER TABLE scorings ENABLE ROW LEVEL SECURITY;
ALTER TABLE scorings FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON scorings TO ispvm_app USING (tenant_id = ispvm_tenant()) WITH CHECK (tenant_id = ispvm_tenant());
GRANT SELECT, INSERT ON scorings TO ispvm_app;

-- +goose Down
DROP TABLE scorings, alert_occurrences, incident_entities, incident_reach, incidents;
