-- The roles that all work runs as. Roles belong to the whole cluster, so they may be there already,
-- made by an administrator or for another database of the same cluster, and the way down leaves them.

-- +goose Up
-- +goose StatementBegin
DO $$
DECLARE
  wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['ispvm_app', 'ispvm_system'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
      EXCEPTION
        -- Two databases of one cluster can be migrated at the same moment.
        WHEN duplicate_object OR unique_violation THEN NULL;
      END;
    END IF;
    IF NOT pg_has_role(current_user, wanted, 'MEMBER') THEN
      EXECUTE format('GRANT %I TO %I', wanted, current_user);
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = wanted AND (rolsuper OR rolbypassrls)) THEN
      RAISE EXCEPTION 'role % bypasses row-level security', wanted
        USING HINT = format('as a superuser run: ALTER ROLE %I NOSUPERUSER NOBYPASSRLS', wanted);
    END IF;
  END LOOP;
EXCEPTION
  WHEN insufficient_privilege THEN
    RAISE EXCEPTION 'role % may not create the roles of the service', current_user
      USING HINT = format('as a superuser run: CREATE ROLE ispvm_app NOLOGIN; CREATE ROLE ispvm_system NOLOGIN; GRANT ispvm_app, ispvm_system TO %I WITH ADMIN OPTION', current_user);
END
$$;
-- +goose StatementEnd

-- tenant() is the tenant of this transaction, NULL when it forgot to say. After a transaction a
-- setting reads as '' and not as NULL. Stable: it is computed once for an index scan.
-- +goose StatementBegin
CREATE FUNCTION ispvm_tenant() RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN NULLIF(current_setting('ispvm.tenant', true), '');
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION ispvm_tenant();
