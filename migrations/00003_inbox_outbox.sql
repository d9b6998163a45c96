-- What comes in and what goes out: the journal of inputs, timers, the outbox.

-- +goose Up

-- inputs: everything that was accepted, in the order in which it was applied. The payload is the input
-- as lines of the recorded-timeline format (one, or one for each observation of a batch). The passing of
-- time is not among them: timers fire at their own instants whenever the inputs are applied again.
CREATE TABLE inputs (
  tenant_id   text COLLATE "C" NOT NULL DEFAULT ispvm_tenant(),
  seq         bigint      NOT NULL,
  received_at timestamptz NOT NULL,
  kind        text        NOT NULL,
  payload     text        NOT NULL,
  CONSTRAINT inputs_pkey PRIMARY KEY (tenant_id, seq),
  CONSTRAINT inputs_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id),
  CONSTRAINT inputs_kind CHECK (kind IN ('inventory', 'settings', 'observation', 'observation_failed',
    'webhook', 'alerts', 'change', 'maintenance', 'blackout', 'operator'))
);
CREATE INDEX inputs_received ON inputs (tenant_id, received_at, seq);

-- timers: what the engine wants to be woken for. The kinds' numbers are the engine's, in firing order.
CREATE TABLE timers (
  tenant_id text COLLATE "C" NOT NULL DEFAULT ispvm_tenant(),
  kind      smallint         NOT NULL,
  subject   text COLLATE "C" NOT NULL,
  due       timestamptz      NOT NULL,
  CONSTRAINT timers_pkey PRIMARY KEY (tenant_id, kind, subject),
  CONSTRAINT timers_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id)
);
CREATE INDEX timers_due ON timers (tenant_id, due, kind, subject);

-- outbox: events that the world must hear of, written in the transaction that made them true.
CREATE TABLE outbox (
  tenant_id       text COLLATE "C" NOT NULL DEFAULT ispvm_tenant(),
  id              bigint GENERATED ALWAYS AS IDENTITY,
  key             text COLLATE "C" NOT NULL,
  type            text        NOT NULL,
  occurred_at     timestamptz NOT NULL,
  payload         jsonb       NOT NULL,
  attempts        integer     NOT NULL DEFAULT 0,
  -- When it may be handed on (again): a claim moves it on, so that a claimant that dies gives it back.
  next_attempt_at timestamptz NOT NULL DEFAULT '-infinity',
  last_error      text,
  published_at    timestamptz,
  CONSTRAINT outbox_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT outbox_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id),
  CONSTRAINT outbox_key UNIQUE (tenant_id, key)
);
CREATE INDEX outbox_waiting ON outbox (next_attempt_at, id) WHERE published_at IS NULL;
CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL;

-- outbox_dead_letters: events that nobody took after many tries, kept for a person to look at.
CREATE TABLE outbox_dead_letters (
  tenant_id   text COLLATE "C" NOT NULL,
  id          bigint      NOT NULL,
  key         text COLLATE "C" NOT NULL,
  type        text        NOT NULL,
  occurred_at timestamptz NOT NULL,
  payload     jsonb       NOT NULL,
  attempts    integer     NOT NULL,
  last_error  text        NOT NULL,
  died_at     timestamptz NOT NULL,
  CONSTRAINT outbox_dead_letters_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT outbox_dead_letters_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id)
);

ALTER TABLE inputs ENABLE ROW LEVEL SECURITY;
ALTER TABLE inputs FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON inputs TO ispvm_app USING (tenant_id = ispvm_tenant()) WITH CHECK (tenant_id = ispvm_tenant());
CREATE POLICY system ON inputs TO ispvm_system USING (true);
-- A journal is appended to and, when its time is over, pruned by the system role; nobody rewrites it.
GRANT SELECT, INSERT ON inputs TO ispvm_app;
GRANT SELECT, DELETE ON inputs TO ispvm_system;

ALTER TABLE timers ENABLE ROW LEVEL SECURITY;
ALTER TABLE timers FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON timers TO ispvm_app USING (tenant_id = ispvm_tenant()) WITH CHECK (tenant_id = ispvm_tenant());
GRANT SELECT, INSERT, UPDATE, DELETE ON timers TO ispvm_app;

ALTER TABLE outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE outbox FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON outbox TO ispvm_app USING (tenant_id = ispvm_tenant()) WITH CHECK (tenant_id = ispvm_tenant());
CREATE POLICY system ON outbox TO ispvm_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON outbox TO ispvm_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON outbox TO ispvm_system;

ALTER TABLE outbox_dead_letters ENABLE ROW LEVEL SECURITY;
ALTER TABLE outbox_dead_letters FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON outbox_dead_letters FOR SELECT TO ispvm_app USING (tenant_id = ispvm_tenant());
CREATE POLICY system ON outbox_dead_letters TO ispvm_system USING (true) WITH CHECK (true);
GRANT SELECT ON outbox_dead_letters TO ispvm_app;
GRANT SELECT, INSERT, DELETE ON outbox_dead_letters TO ispvm_system;

-- +goose Down
DROP TABLE outbox_dead_letters, outbox, timers, inputs;
