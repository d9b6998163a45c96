-- Runs of fingerprints, failed readings, and the config changes between runs.

-- +goose Up

-- runs: maximal stretches of sightings of one stream (device, category, road, exporter) with one
-- fingerprint. A sighting that changes nothing moves last_seen and trail, which no index knows, so the
-- row's new version stays on its page (HOT); the fill factor leaves it room there. Runs of one stream
-- do not overlap: the newest by first_seen is the newest by last_seen.
CREATE TABLE runs (
  tenant_id         text COLLATE "C" NOT NULL DEFAULT ispvm_tenant(),
  id                text COLLATE "C" NOT NULL,
  device            text COLLATE "C" NOT NULL,
  category          text COLLATE "C" NOT NULL,
  source            text COLLATE "C" NOT NULL,
  exporter          text COLLATE "C" NOT NULL,
  fingerprint       text COLLATE "C" NOT NULL,
  sha256            text COLLATE "C" NOT NULL,
  allowlist_version integer          NOT NULL,
  first_seen        timestamptz      NOT NULL,
  last_seen         timestamptz      NOT NULL,
  trail             bytea            NOT NULL,
  sections          json,
  actor             jsonb,
  -- The least time from a sighting to its arrival; below zero where the observer's clock is ahead.
  delay_ns          bigint           NOT NULL,
  CONSTRAINT runs_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT runs_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id),
  CONSTRAINT runs_fingerprint CHECK (fingerprint ~ '^[0-9a-f]{12}$'),
  CONSTRAINT runs_order CHECK (first_seen <= last_seen)
) WITH (fillfactor = 60);
CREATE INDEX runs_stream ON runs (tenant_id, device, category, source, exporter, first_seen);

-- streams: which streams a device has, so that its newest runs are found without walking its history.
CREATE TABLE streams (
  tenant_id text COLLATE "C" NOT NULL DEFAULT ispvm_tenant(),
  device    text COLLATE "C" NOT NULL,
  category  text COLLATE "C" NOT NULL,
  source    text COLLATE "C" NOT NULL,
  exporter  text COLLATE "C" NOT NULL,
  CONSTRAINT streams_pkey PRIMARY KEY (tenant_id, device, category, source, exporter),
  CONSTRAINT streams_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id)
);

-- observation_failures: the newest failed reading of a stream.
CREATE TABLE observation_failures (
  tenant_id   text COLLATE "C" NOT NULL DEFAULT ispvm_tenant(),
  device      text COLLATE "C" NOT NULL,
  category    text COLLATE "C" NOT NULL,
  source      text COLLATE "C" NOT NULL,
  exporter    text COLLATE "C" NOT NULL,
  observed_at timestamptz      NOT NULL,
  reason      text             NOT NULL,
  CONSTRAINT observation_failures_pkey PRIMARY KEY (tenant_id, device, category, source, exporter),
  CONSTRAINT observation_failures_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id)
) WITH (fillfactor = 60);

-- config_changes: the boundaries between runs. Each happened somewhere in (not_before, not_after].
CREATE TABLE config_changes (
  tenant_id         text COLLATE "C" NOT NULL DEFAULT ispvm_tenant(),
  id                text COLLATE "C" NOT NULL,
  device            text COLLATE "C" NOT NULL,
  category          text COLLATE "C" NOT NULL,
  not_before        timestamptz      NOT NULL,
  not_after         timestamptz      NOT NULL,
  old_fingerprint   text COLLATE "C" NOT NULL,
  new_fingerprint   text COLLATE "C" NOT NULL,
  old_hash          text COLLATE "C" NOT NULL,
  new_hash          text COLLATE "C" NOT NULL,
  planned_change_id text COLLATE "C",
  in_blackout_id    text COLLATE "C",
  actor             jsonb,
  summary           text[]           NOT NULL,
  detected_at       timestamptz      NOT NULL,
  revision          bigint           NOT NULL,
  -- not_after again, for what is asked of all devices. The two indexes would otherwise begin alike, and a
  -- planner without statistics takes the one over all devices for a question about one.
  listed_at         timestamptz      NOT NULL GENERATED ALWAYS AS (not_after) STORED,
  -- How wide the interval is: up to a day, up to thirty, wider (a router that was long out of sight). Looked
  -- up apart, the few wide ones do not force a search for what overlaps a range to walk on to the present:
  -- those of a class that begin before the range's end have ended by its end plus their width.
  span              smallint         NOT NULL GENERATED ALWAYS AS (CASE
    WHEN not_after - not_before <= interval '24 hours' THEN 0
    WHEN not_after - not_before <= interval '720 hours' THEN 1 ELSE 2 END) STORED,
  CONSTRAINT config_changes_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT config_changes_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id),
  CONSTRAINT config_changes_planned FOREIGN KEY (tenant_id, planned_change_id) REFERENCES changes (tenant_id, id),
  CONSTRAINT config_changes_blackout FOREIGN KEY (tenant_id, in_blackout_id) REFERENCES blackout_windows (tenant_id, id),
  CONSTRAINT config_changes_order CHECK (not_before <= not_after)
);
CREATE INDEX config_changes_time ON config_changes (tenant_id, span, listed_at, id) INCLUDE (not_before, category);
CREATE INDEX config_changes_device ON config_changes (tenant_id, device, span, not_after, id) INCLUDE (not_before, category);

ALTER TABLE runs ENABLE ROW LEVEL SECURITY;
ALTER TABLE runs FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON runs TO ispvm_app USING (tenant_id = ispvm_tenant()) WITH CHECK (tenant_id = ispvm_tenant());
GRANT SELECT, INSERT, UPDATE ON runs TO ispvm_app;

ALTER TABLE streams ENABLE ROW LEVEL SECURITY;
ALTER TABLE streams FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON streams TO ispvm_app USING (tenant_id = ispvm_tenant()) WITH CHECK (tenant_id = ispvm_tenant());
GRANT SELECT, INSERT ON streams TO ispvm_app;

ALTER TABLE observation_failures ENABLE ROW LEVEL SECURITY;
ALTER TABLE observation_failures FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON observation_failures TO ispvm_app USING (tenant_id = ispvm_tenant()) WITH CHECK (tenant_id = ispvm_tenant());
GRANT SELECT, INSERT, UPDATE ON observation_failures TO ispvm_app;

ALTER TABLE config_changes ENABLE ROW LEVEL SECURITY;
ALTER TABLE config_changes FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON config_changes TO ispvm_app USING (tenant_id = ispvm_tenant()) WITH CHECK (tenant_id = ispvm_tenant());
GRANT SELECT, INSERT, UPDATE, DELETE ON config_changes TO ispvm_app;

-- +goose Down
DROP TABLE config_changes, observation_failures, streams, runs;
